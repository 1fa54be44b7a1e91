"""Fonts that emails ask for: a list of names, the first that a mail program has."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

FAMILIES = ("serif", "sans-serif", "monospace", "system-ui", "cursive", "fantasy")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,59}")
MOST = 8
HELP = gettext_lazy(
    "Names with commas, the one you like best first; empty: the choice above. Mail programs load no fonts, "
    "they take the first one that the reader has. Nearly everybody has Arial, Verdana, Tahoma, Trebuchet MS, "
    "Georgia, Times New Roman, Palatino or Courier New. End with serif, sans-serif or monospace."
)


def names(stack: str) -> list[str]:
    """The names in a list as people write it, without quotes."""
    return [part.strip().strip("\"'").strip() for part in stack.split(",")]


def check(stack: str) -> None:
    """Raises ValidationError for what is no list of fonts that ends with a family every reader has."""
    found = names(stack)
    if len(found) > MOST:
        raise ValidationError(_("Name %(count)d fonts at most.") % {"count": MOST})
    for name in found:
        if not NAME.fullmatch(name):
            raise ValidationError(_("“%(name)s” is no name of a font.") % {"name": name})
    if found[-1].lower() not in FAMILIES:
        raise ValidationError(_("The list must end with serif, sans-serif or monospace."))


def css(stack: str, otherwise: str) -> str:
    """The value of ``font-family``, safe in an attribute with double quotes; ``otherwise`` for none, and for
    one that no form has checked."""
    if not stack.strip():
        return otherwise
    try:
        check(stack)
    except ValidationError:
        return otherwise
    return ", ".join(
        name.lower() if name.lower() in FAMILIES else f"'{name}'" if " " in name else name
        for name in names(stack)
    )
