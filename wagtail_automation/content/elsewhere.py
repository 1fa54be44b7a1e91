"""Forms that stand elsewhere: ours in other web sites, and other people's whose answers are taken as ours."""

from urllib.parse import urlsplit

from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from wagtail_automation import conf
from wagtail_automation.content import form_building
from wagtail_automation.content.form_fields import typed_fields

SALT = "wagtail_automation.content.embed"
MAX_ORIGINS = 20
MAX_VALUE = 20_000


def clean_origins(text: str) -> list[str]:
    """The origins of a text, one a line: ``https://example.org`` or with a port. Raises ValidationError."""
    origins = []
    for line in (text or "").splitlines():
        if not line.strip():
            continue
        parts = urlsplit(line.strip())
        try:
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            port = None
        host = parts.hostname or ""
        has_more = parts.path.strip("/") or parts.query or parts.fragment or parts.username
        plain = all(letter.isalnum() or letter in ".-" for letter in host) and host.isascii()
        if parts.scheme not in ("http", "https") or not host or port is None or has_more or not plain:
            message = gettext("“%(line)s” is no address such as https://www.example.org.")
            raise ValidationError(message % {"line": line.strip()[:100]})
        origins.append(f"{parts.scheme}://{host}{port}")
    if len(origins) > MAX_ORIGINS:
        raise ValidationError(gettext("At most %(number)s web sites.") % {"number": MAX_ORIGINS})
    return list(dict.fromkeys(origins))


def origins(form) -> list[str]:
    """The web sites that may show this form: those of the form and of the settings."""
    try:
        own = clean_origins(form.embed_origins)
    except ValidationError:
        own = []
    return [*own, *(origin for origin in conf.get("EMBED_ORIGINS") if origin not in own)]


def embed_token(form) -> str:
    """Names a form in a snippet; made by the admin alone."""
    return signing.Signer(salt=SALT).sign(form.uuid.hex)


def embedded_uuid(token: str) -> str | None:
    """The UUID behind a snippet's token; None for a forged one."""
    try:
        return signing.Signer(salt=SALT).unsign(token[:200])
    except signing.BadSignature:
        return None


def names(form) -> list[str]:
    """The names that the mapping of a form looks for in another form."""
    return [
        value.get("html_name") or key
        for key, block, value in typed_fields(form)
        if block.is_visible and not block.is_file
    ]


def read(form, posted, *, referer: str = "") -> form_building.Answers | None:
    """What another form's answers say by the mapping of ``form``; None when nothing usable is there.

    ``posted``: name -> value, list of values or boolean. Names that the form does not map are never looked
    at; an answer that its field cannot take is left out, the others are kept. Files are not taken over.
    """
    data = {}
    for key, block, value in typed_fields(form):
        name = value.get("html_name") or key
        if not block.is_visible or block.is_file or name not in posted:
            continue
        given = posted.getlist(name) if hasattr(posted, "getlist") else posted[name]
        found = [_text(item) for item in (given if isinstance(given, list | tuple) else [given])]
        data[f"{form_building.PREFIX}-{key}"] = _as_asked(block, [item for item in found if item])
    if not any(data.values()):
        return None
    bound = form_building.build(form, data=form_building.as_posted(data))
    bound.conditions = {}
    for field in bound.fields.values():
        field.required = False
    bound.full_clean()
    answers = form_building.answers(form, bound, referer=referer)
    asked = {key for key, block, _value in typed_fields(form) if block.is_visible}
    if all(answers.data.get(key) in (None, "", [], False) for key in asked):
        return None
    return answers


def _text(item) -> str:
    if isinstance(item, bool):
        return "on" if item else ""
    return "" if item is None else str(item)[:MAX_VALUE]


def _as_asked(block, found: list[str]):
    if block.key == "multiple_choice":
        return found
    if block.key in ("boolean", "consent"):
        return "on" if found and found[-1].lower() not in ("false", "0", "off", "no") else ""
    return found[-1] if found else ""
