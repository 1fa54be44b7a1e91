"""Dates as files write them: ISO, day or month first, and the serial numbers of spreadsheets."""

import datetime as dt
import re

from django import forms
from django.utils import translation
from django.utils.translation import gettext_lazy as _

#: days counted by spreadsheets: 1 January 1900 (with their leap year that was none) or 1904
EPOCHS = {1900: dt.datetime(1899, 12, 30), 1904: dt.datetime(1904, 1, 1)}  # noqa: DTZ001  a wall clock
LAST_SERIAL = 2_958_465  # 31 December 9999
_SHORT = re.compile(
    r"\A(\d{1,2})[./\- ](\d{1,2})[./\- ](\d{4}|\d{2})(?:[ T,]+(\d{1,2})[:h](\d{2})(?::(\d{2}))?)?\Z"
)


def order_field() -> forms.ChoiceField:
    """The question how 03/04/2026 is meant; the answer of the person's own language comes first."""
    language = (translation.get_language() or "en").lower()
    return forms.ChoiceField(
        label=_("Dates such as 03/04/2026"),
        choices=[("day", _("Day first: 3 April")), ("month", _("Month first: 4 March"))],
        initial="month" if language in {"en", "en-us"} else "day",
    )


def normal(text: str, run) -> str:
    """ISO form of a date that is written otherwise; text that is none comes back as it is."""
    if found := _SHORT.match(text):
        first, second, year, hour, minute, second_of = found.groups()
        day, month = (second, first) if run.options.get("day_first") == "month" else (first, second)
        if len(year) == 2:  # POSIX: 69–99 are the last century
            year = f"{'19' if int(year) >= 69 else '20'}{year}"
        written = f"{year}-{int(month):02d}-{int(day):02d}"
        return f"{written} {int(hour):02d}:{minute}:{second_of or '00'}" if hour else written
    if run.format.get("kind") == "xlsx" and re.fullmatch(r"\d{1,7}(\.\d{1,12})?", text):
        days = float(text)
        if 1 <= days <= LAST_SERIAL:
            moment = EPOCHS[run.format.get("epoch", 1900)] + dt.timedelta(seconds=round(days * 86400))
            return moment.date().isoformat() if days.is_integer() else moment.isoformat(" ")
    return text
