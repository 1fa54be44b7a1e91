"""What Liquid in an email may name, checked when it is written rather than when it is sent."""

from collections.abc import Iterable
from contextlib import contextmanager
from contextvars import ContextVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from wagtail_automation import liquid
from wagtail_automation.leads.models import Lead

from .hyperlinks import OWN_VARIABLES

_any_name: ContextVar[bool] = ContextVar("any_name", default=False)


@contextmanager
def names_of_callers(allowed: bool):
    """Inside it, ``check`` accepts names that only the site's own code brings (``send_transactional``)."""
    token = _any_name.set(allowed)
    try:
        yield
    finally:
        _any_name.reset(token)


def sample_lead() -> Lead:
    """Somebody who exists nowhere, for previews and checks."""
    return Lead(
        pk=0,
        status=Lead.Status.KNOWN,
        email="camille.moreau@example.com",
        first_name="Camille",
        last_name="Moreau",
        company="Atelier Moreau",
        city="Lyon",
        country="FR",
        language="fr",
    )


def check(source: str, own: Iterable[str] = (), *, choices: Iterable[str] = (), any_name=False) -> None:
    """Raises ValidationError for wrong Liquid and, unless ``any_name``, for names that nothing registered
    brings. ``own``, ``choices``: names that this email brings itself."""
    if not liquid.has_expressions(source):
        return
    try:
        names = liquid.parse(source).variables
    except liquid.TemplateError as error:
        raise ValidationError(str(error), code="liquid") from error
    if any_name or _any_name.get():
        return
    addresses = dict.fromkeys((*OWN_VARIABLES, *own), "https://example.com/")
    sample = {**liquid.contexts([sample_lead()])[0], "site": {"name": "", "url": ""}, **addresses}
    sample["sender"] = dict.fromkeys(("name", "email", "role", "signature", "photo"), "")
    if choices:
        sample["chosen"] = dict.fromkeys(choices, "")
    for name in sorted(names):
        if not _reaches(sample, name.split("[")[0].split(".")):
            raise ValidationError(
                _("“%(name)s” is not known. Choose a value from the list."),
                code="liquid",
                params={"name": name},
            )
    try:
        liquid.parse(source).render(sample)  # unknown filters show only when used
    except liquid.TemplateError as error:
        raise ValidationError(str(error), code="liquid") from error


def _reaches(data, path: list[str]) -> bool:
    for part in path:
        if not isinstance(data, dict):
            return True  # a property of a value, such as .size
        if part not in data:
            return False
        data = data[part]
    return True


def examples(data: dict, *sources: str) -> dict:
    """``data`` and, for names that only the site's own code brings, the names themselves in brackets.

    Raises liquid.TemplateError for wrong Liquid.
    """
    found = dict(data)
    for name in sorted({name for source in sources for name in liquid.parse(source).variables}):
        path = name.split("[")[0].split(".")
        if path[0] in ("lead", "site", "sender", *OWN_VARIABLES) or path[0].startswith("link_"):
            continue
        if _reaches(found, path) and not isinstance(found.get(path[0]), dict):
            continue
        place = found
        for step in path[:-1]:
            inner = place.get(step)
            place[step] = dict(inner) if isinstance(inner, dict) else {}
            place = place[step]
        place[path[-1]] = f"[{name}]"
    return found
