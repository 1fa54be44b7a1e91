"""MJML to HTML by ``mrml``, which trusts what it is given: bounds are set here."""

import re

import mrml
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

TAG = re.compile(r"<\s*(/?)\s*([a-zA-Z][\w:-]*)[^<>]*?(/?)>")
VOID = {"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
#: mrml descends without a bound and takes the process with it: 3,000 levels were enough
MAX_DEPTH = 100

_options = mrml.RenderOptions(fonts={})


def to_html(source: str) -> str:
    """Raises ValidationError for what cannot be read."""
    if depth(source) > MAX_DEPTH:
        raise ValidationError(_("The text is nested too deeply."))
    try:
        return mrml.to_html(source, None, _options).content
    except OSError as error:
        raise ValidationError(
            _("This MJML cannot be read: %(problem)s"), params={"problem": str(error).splitlines()[0]}
        ) from error


def depth(source: str) -> int:
    """How many elements are open at once, at most."""
    now = most = 0
    for closing, name, closed in TAG.findall(source):
        if closing:
            now = max(0, now - 1)
        elif not closed and name.lower() not in VOID:
            now += 1
            most = max(most, now)
    return most


def is_balanced(source: str) -> bool:
    """Whether what MJML opens is closed here, in order, and nothing else is."""
    is_open: list[str] = []
    for closing, name, closed in TAG.findall(source):
        if not name.startswith("mj"):
            continue
        if not closing and not closed:
            is_open.append(name)
        elif closing and (not is_open or is_open.pop() != name):
            return False
    return not is_open
