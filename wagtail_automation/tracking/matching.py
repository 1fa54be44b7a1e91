"""What conditions and triggers compare alike: addresses and custom events – in SQL and, for a trigger that
has one event at hand, in Python."""

import math
import re

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.db.models.lookups import (
    Contains,
    EndsWith,
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
    StartsWith,
)
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import CharBlock, ChoiceBlock, ListBlock, StructBlock

from wagtail_automation.leads.folding import fold
from wagtail_automation.leads.operators import TEXT_OPERATORS, text_q

from . import addresses
from .querysets import PropertyNumber, PropertyText

PROPERTY = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,49}")
MAX_FILTERS = 20


# -- addresses ---------------------------------------------------------------------------------------------


def matches_pattern(pattern: str, url: str) -> bool:
    """``querysets.url_matches`` for one address: stars stand for anything, case does not count, and without a
    ``?`` the pattern is about the path."""
    body = ".*".join(re.escape(part) for part in pattern.split("*"))
    if "?" not in pattern and not pattern.endswith("*"):
        url = url.partition("?")[0]
    return re.fullmatch(body, url, re.IGNORECASE | re.DOTALL) is not None


def link_pattern(text: str | None) -> str:
    """A pattern for addresses of links: with the scheme as it is written, else anywhere ending so."""
    text = addresses.clean_text(text or "", 500)
    if not text:
        return ""
    if "://" in text or text.startswith("*"):
        return text
    return f"*{text}"


# -- custom events -----------------------------------------------------------------------------------------

NUMBER_LOOKUPS = {"gte": GreaterThanOrEqual, "lte": LessThanOrEqual, "gt": GreaterThan, "lt": LessThan}
FILTER_OPERATORS = {
    "is": TEXT_OPERATORS["is"],
    "contains": TEXT_OPERATORS["contains"],
    "starts": TEXT_OPERATORS["starts"],
    "ends": TEXT_OPERATORS["ends"],
    "one_of": TEXT_OPERATORS["one_of"],
    "is_not": TEXT_OPERATORS["is_not"],
    "not_contains": TEXT_OPERATORS["not_contains"],
    "gte": _("at least (number)"),
    "lte": _("at most (number)"),
    "gt": _("more than (number)"),
    "lt": _("less than (number)"),
}


class PropertyFilter(StructBlock):
    """One property of a custom event and what it must be."""

    property = CharBlock(max_length=50, label=_("Property"))
    operator = ChoiceBlock(choices=list(FILTER_OPERATORS.items()), default="is", label=_("Comparison"))
    value = CharBlock(max_length=255, label=_("Value"))

    class Meta:
        label = _("Property")
        icon = "list-ul"


class EventFilters(ListBlock):
    """Properties that a custom event must have, all of them."""

    def __init__(self, **kwargs):
        kwargs.setdefault("default", [])
        super().__init__(PropertyFilter(), max_num=MAX_FILTERS, required=False, **kwargs)


def _number(text) -> float | None:
    try:
        number = float(str(text).strip().replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def filters_q(filters) -> Q | None:
    """The filters as a question to events; an empty Q for none, None for one that cannot be asked."""
    whole = Q()
    for item in filters or []:
        q = _filter_q(item if isinstance(item, dict) else {})
        if q is None:
            return None
        whole &= q
    return whole


def _filter_q(item: dict) -> Q | None:
    name, operator, value = (item.get(key) for key in ("property", "operator", "value"))
    if not isinstance(name, str) or not PROPERTY.fullmatch(name) or operator not in FILTER_OPERATORS:
        return None
    if operator in NUMBER_LOOKUPS:
        number = _number(value)
        if number is None:
            return None
        # a missing number compares with none: neither more nor less
        missing = -math.inf if operator in ("gt", "gte") else math.inf
        stored = Coalesce(PropertyNumber(name), _bound(missing))
        return Q(NUMBER_LOOKUPS[operator](stored, number))

    def ask(op, text):
        lookup = {"exact": Exact, "contains": Contains, "startswith": StartsWith, "endswith": EndsWith}[op]
        q = Q(lookup(PropertyText(name), text))
        number = _number(text) if op == "exact" else None
        if number is not None:
            q |= Q(Exact(Coalesce(PropertyNumber(name), _bound(math.inf)), number))
        return q

    return text_q({"operator": operator, "text": value}, ask)


def _bound(number: float) -> float:
    """Infinity as a number that both databases can write."""
    return math.copysign(1e300, number) if math.isinf(number) else number


def has_properties(filters, properties: dict) -> bool:
    """The same for the properties of one event. Filters that cannot be asked match nothing."""
    return all(_has(item if isinstance(item, dict) else {}, properties) for item in filters or [])


def _has(item: dict, properties: dict) -> bool:
    name, operator, value = (item.get(key) for key in ("property", "operator", "value"))
    if not isinstance(name, str) or not PROPERTY.fullmatch(name) or operator not in FILTER_OPERATORS:
        return False
    stored = properties.get(name)
    own = stored if isinstance(stored, int | float) and not isinstance(stored, bool) else None
    if operator in NUMBER_LOOKUPS:
        number = _number(value)
        if number is None or own is None:
            return False
        return {"gte": own >= number, "lte": own <= number, "gt": own > number, "lt": own < number}[operator]
    said, wanted = fold(stored) if isinstance(stored, str) else "", fold(str(value or "")).strip()

    def equals(text: str) -> bool:
        number = _number(text)
        return said == text or (own is not None and number is not None and own == number)

    if operator == "one_of":
        from wagtail_automation.leads.operators import alternatives

        return any(equals(part) for part in alternatives(str(value or "")))
    if not wanted:
        return False
    return {
        "is": lambda: equals(wanted),
        "is_not": lambda: not equals(wanted),
        "contains": lambda: wanted in said,
        "not_contains": lambda: wanted not in said,
        "starts": lambda: said.startswith(wanted),
        "ends": lambda: said.endswith(wanted),
    }[operator]()


def filter_words(filters) -> str:
    """“plan is “pro”, amount at least 5”, in the active language."""
    parts = []
    for item in filters or []:
        if isinstance(item, dict) and item.get("operator") in FILTER_OPERATORS:
            parts.append(
                gettext("%(property)s %(operator)s “%(value)s”")
                % {
                    "property": item.get("property") or "?",
                    "operator": FILTER_OPERATORS[item["operator"]],
                    "value": item.get("value") or "",
                }
            )
    return ", ".join(parts)
