"""The operators that conditions share – number, text, date – each written and translated once.

A comparison is a block inside a condition's form and a function that puts the question together from the few
things a target can answer, so that every column, JSON value and total is compared alike::

    class PagesTotal(Condition):
        count = NumberComparison(whole=True, label=_("Pages"))

        def q(self, value, scope):
            return number_q(value["count"], lambda op, number: …) or scope.nobody()

Targets never answer NULL. A missing number or date is never compared; a missing text is not anything, so that
"is not" and "does not contain" are true of it.
"""

import datetime as dt
import math
import re
from collections.abc import Callable

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.formats import date_format, number_format
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError

from .days import anniversary_window
from .field_types import MAX_NUMBER, DayInput
from .folding import fold

#: Alternatives of "one of".
MAX_ALTERNATIVES = 200
#: Days that anybody may count from today: two hundred years.
MAX_DAYS = 73_000


class Comparison(blocks.StructBlock):
    """An operator and what it compares with. Fields that an operator does not use are hidden by the rule
    editor's style sheet, and ignored."""

    #: operator -> fields it needs
    needs: dict[str, tuple[str, ...]] = {}

    class Meta:
        form_classname = "struct-block wa-comparison"

    def clean(self, value):
        result = super().clean(value)
        errors = {}
        for name in self.needs.get(result.get("operator"), ()):
            if result.get(name) in (None, ""):
                errors[name] = ValidationError(gettext("This field is required."))
        if errors and not getattr(self, "is_deferred_validation", False):
            raise StructBlockValidationError(errors)
        return result


def _operator(choices: dict, default: str) -> blocks.ChoiceBlock:
    return blocks.ChoiceBlock(choices=list(choices.items()), default=default, label=_("Comparison"))


# -- numbers -----------------------------------------------------------------------------------------------

NUMBER_OPERATORS = {
    "gte": _("at least"),
    "lte": _("at most"),
    "gt": _("more than"),
    "lt": _("less than"),
    "eq": _("exactly"),
    "ne": _("other than"),
    "between": _("between"),
}


class NumberComparison(Comparison):
    """``whole``: counts, which are whole numbers from 0. ``operators``: those that make sense here."""

    needs = {key: ("value", "to") if key == "between" else ("value",) for key in NUMBER_OPERATORS}

    def __init__(self, local_blocks=None, *, whole=False, operators=tuple(NUMBER_OPERATORS), **kwargs):
        number = blocks.IntegerBlock if whole else blocks.FloatBlock
        bounds = {"min_value": 0 if whole else -MAX_NUMBER, "max_value": 10**9 if whole else MAX_NUMBER}
        own = [
            ("operator", _operator({key: NUMBER_OPERATORS[key] for key in operators}, operators[0])),
            ("value", number(required=False, label=_("Number"), **bounds)),
            ("to", number(required=False, label=_("and"), **bounds)),
        ]
        super().__init__([*own, *(local_blocks or [])], **kwargs)


def _number(value) -> int | float | None:
    """Whole numbers as such; None for what is no number anybody wrote in a form."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not math.isfinite(value) or abs(value) > MAX_NUMBER:
        return None
    return int(value) if value == int(value) else value


def number_q(value: dict | None, ask: Callable[[str, int | float], Q | None]) -> Q | None:
    """The comparison as a filter; None if it is incomplete.

    ``ask(op, number)`` answers for "exact", "gt", "gte", "lt" and "lte"; rows without a number match none.
    """
    value = value or {}
    operator, low = value.get("operator"), _number(value.get("value"))
    if low is None:
        return None
    if operator == "between":
        high = _number(value.get("to"))
        if high is None:
            return None
        return _both(ask("gte", min(low, high)), ask("lte", max(low, high)))
    if operator == "ne":
        return _either(ask("lt", low), ask("gt", low))
    if operator == "eq":
        return ask("exact", low)
    return ask(operator, low) if operator in NUMBER_OPERATORS else None


def whole_bound(op: str, number) -> tuple[str, int] | None:
    """``(op, whole number)`` for a column of whole numbers; None if nothing can equal the number."""
    if isinstance(number, int):
        return op, number
    if op == "exact":
        return None
    if op in ("gt", "lte"):
        return op, math.floor(number)
    return op, math.ceil(number)


def _both(one: Q | None, other: Q | None) -> Q | None:
    return None if one is None or other is None else one & other


def _either(one: Q | None, other: Q | None) -> Q | None:
    return one or other if one is None or other is None else one | other


def number_words(what: str, value: dict | None) -> str:
    """“Pages: at least 5”, in the active language; only ``what`` if it is incomplete."""
    value = value or {}
    low, high, operator = _number(value.get("value")), _number(value.get("to")), value.get("operator")
    if low is None or operator not in NUMBER_OPERATORS or (operator == "between" and high is None):
        return what
    sentences = {
        "gte": _("%(what)s: at least %(number)s"),
        "lte": _("%(what)s: at most %(number)s"),
        "gt": _("%(what)s: more than %(number)s"),
        "lt": _("%(what)s: less than %(number)s"),
        "eq": _("%(what)s: exactly %(number)s"),
        "ne": _("%(what)s: other than %(number)s"),
        "between": _("%(what)s: between %(number)s and %(to)s"),
    }
    words = {"what": what, "number": number_format(low), "to": "" if high is None else number_format(high)}
    return str(sentences[operator]) % words


# -- text --------------------------------------------------------------------------------------------------

TEXT_OPERATORS = {
    "contains": _("contains"),
    "is": _("is"),
    "starts": _("starts with"),
    "ends": _("ends with"),
    "one_of": _("is one of"),
    "not_contains": _("does not contain"),
    "is_not": _("is not"),
    "empty": _("is empty"),
    "not_empty": _("is not empty"),
}
_ASKED = {
    "is": "exact", "is_not": "exact", "contains": "contains", "not_contains": "contains",
    "starts": "startswith", "ends": "endswith",
}  # fmt: skip


class TextComparison(Comparison):
    """Without case and accents on every database."""

    needs = {key: () if key in ("empty", "not_empty") else ("text",) for key in TEXT_OPERATORS}

    operator = _operator(TEXT_OPERATORS, "contains")
    text = blocks.CharBlock(
        required=False,
        max_length=1000,
        label=_("Text"),
        help_text=_("Capitals and accents make no difference. Separate several with commas."),
    )

    def clean(self, value):
        result = super().clean(value)
        text = result.get("text") or ""
        if text and self.needs.get(result["operator"]) and not alternatives(text):
            raise StructBlockValidationError({"text": ValidationError(gettext("This field is required."))})
        return result


def alternatives(text: str) -> list[str]:
    """The parts of a list that somebody typed, folded; empty parts left out."""
    parts = (fold(part).strip() for part in re.split(r"[,;\n]", text))
    return list(dict.fromkeys(part for part in parts if part))[:MAX_ALTERNATIVES]


def text_q(value: dict | None, ask: Callable[[str, str], Q | None]) -> Q | None:
    """The comparison as a filter; None if it is incomplete.

    ``ask(op, folded text)`` answers for exact, contains, startswith, endswith and "filled" (has any text).
    """
    value = value or {}
    operator, text = value.get("operator"), str(value.get("text") or "")
    if operator in ("empty", "not_empty"):
        filled = ask("filled", "")
        return filled if filled is None or operator == "not_empty" else ~filled
    if operator == "one_of":
        q = None
        for part in alternatives(text):
            q = _either(q, ask("exact", part))
        return q
    folded = fold(text).strip()
    if not folded or operator not in _ASKED:
        return None
    q = ask(_ASKED[operator], folded)
    return ~q if q is not None and operator in ("is_not", "not_contains") else q


def column_text(name: str) -> Callable[[str, str], Q]:
    """``ask`` for a column that holds folded text, NOT NULL and empty where there is none."""

    def ask(op: str, text: str) -> Q:
        return ~Q(**{name: ""}) if op == "filled" else Q(**{f"{name}__{op}": text})

    return ask


def text_words(what: str, value: dict | None) -> str:
    """“Company contains “bois””, in the active language; only ``what`` if it is incomplete."""
    value = value or {}
    operator, text = value.get("operator"), value.get("text") or ""
    if operator not in TEXT_OPERATORS or (not text and TextComparison.needs[operator]):
        return what
    sentences = {
        "contains": _("%(what)s contains “%(text)s”"),
        "is": _("%(what)s is “%(text)s”"),
        "starts": _("%(what)s starts with “%(text)s”"),
        "ends": _("%(what)s ends with “%(text)s”"),
        "one_of": _("%(what)s is one of: %(text)s"),
        "not_contains": _("%(what)s does not contain “%(text)s”"),
        "is_not": _("%(what)s is not “%(text)s”"),
        "empty": _("%(what)s is empty"),
        "not_empty": _("%(what)s is not empty"),
    }
    return str(sentences[operator]) % {"what": what, "text": text}


# -- dates -------------------------------------------------------------------------------------------------

DATE_OPERATORS = {
    "on": _("on"),
    "before": _("before"),
    "after": _("after"),
    "between": _("between"),
    "last": _("in the last days"),
    "next": _("in the next days"),
    "ago": _("so many days ago"),
    "in": _("in so many days"),
    "anniversary": _("anniversary"),
}
#: operators that count from today
RELATIVE = frozenset({"last", "next", "ago", "in", "anniversary"})


class DayBlock(blocks.DateBlock):
    """A day, by the browser's own picker (Wagtail's needs an inline script)."""

    @cached_property
    def field(self):
        return forms.DateField(widget=DayInput(), **self.field_options)


class DateComparison(Comparison):
    """With a day, or with a number of days from today."""

    needs = {
        "on": ("date",), "before": ("date",), "after": ("date",), "between": ("date", "to"),
        "last": ("days",), "next": ("days",), "ago": ("days",), "in": ("days",),
    }  # fmt: skip

    operator = _operator(DATE_OPERATORS, "before")
    date = DayBlock(required=False, label=_("Date"))
    to = DayBlock(required=False, label=_("and"))
    days = blocks.IntegerBlock(
        required=False,
        min_value=0,
        max_value=MAX_DAYS,
        label=_("Days"),
        help_text=_("For an anniversary: so many days before or after it count too."),
    )


class DayTarget:
    """Something that happens on a day, as ``date_q`` asks it. Rows without a day match nothing."""

    def between(self, first: dt.date | None, last: dt.date | None) -> Q:
        """The day lies between these two, both included; None: open."""
        raise NotImplementedError

    def month_day(self, low: str, high: str) -> Q:
        """Month and day (``"02-28"``) lie between these two, both included."""
        raise NotImplementedError


def date_q(value: dict | None, today: dt.date, target: DayTarget) -> Q | None:
    """The comparison as a filter; None if it is incomplete. Raises OverflowError for absurd days."""
    value = value or {}
    operator, day, days = value.get("operator"), value.get("date"), value.get("days")
    if operator in RELATIVE:
        if operator == "anniversary":
            days = days or 0
        if not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= MAX_DAYS:
            return None
        span = dt.timedelta(days=days)
        if operator == "anniversary":
            q = None
            for low, high in anniversary_window(today, days):
                q = _either(q, target.month_day(low, high))
            return q
        first, last = {
            "last": (today - span, today),
            "next": (today, today + span),
            "ago": (today - span, today - span),
            "in": (today + span, today + span),
        }[operator]
        return target.between(first, last)
    if not isinstance(day, dt.date):
        return None
    if operator == "on":
        return target.between(day, day)
    if operator == "before":
        return target.between(None, day - dt.timedelta(days=1))
    if operator == "after":
        return target.between(day + dt.timedelta(days=1), None)
    to = value.get("to")
    if operator == "between" and isinstance(to, dt.date):
        return target.between(min(day, to), max(day, to))
    return None


def is_relative(value: dict | None) -> bool:
    """The answer changes by the passing of time."""
    return (value or {}).get("operator") in RELATIVE


def date_words(what: str, value: dict | None) -> str:
    """“Renewal in the next 7 days”, in the active language; only ``what`` if it is incomplete."""
    value = value or {}
    operator, day, to, days = (value.get(name) for name in ("operator", "date", "to", "days"))
    if operator in RELATIVE:
        if operator == "anniversary" and not days:
            return gettext("%(what)s: anniversary today") % {"what": what}
        if not isinstance(days, int):
            return what
        sentence = {
            "last": ngettext("%(what)s in the last %(days)d day", "%(what)s in the last %(days)d days", days),
            "next": ngettext("%(what)s in the next %(days)d day", "%(what)s in the next %(days)d days", days),
            "ago": ngettext("%(what)s %(days)d day ago", "%(what)s %(days)d days ago", days),
            "in": ngettext("%(what)s in %(days)d day", "%(what)s in %(days)d days", days),
            "anniversary": ngettext(
                "%(what)s: anniversary at most %(days)d day away",
                "%(what)s: anniversary at most %(days)d days away",
                days,
            ),
        }[operator]
        return sentence % {"what": what, "days": days}
    if not isinstance(day, dt.date) or (operator == "between" and not isinstance(to, dt.date)):
        return what
    sentences = {
        "on": _("%(what)s on %(date)s"),
        "before": _("%(what)s before %(date)s"),
        "after": _("%(what)s after %(date)s"),
        "between": _("%(what)s between %(date)s and %(to)s"),
    }
    if operator not in sentences:
        return what
    return str(sentences[operator]) % {
        "what": what,
        "date": date_format(day),
        "to": date_format(to) if isinstance(to, dt.date) else "",
    }
