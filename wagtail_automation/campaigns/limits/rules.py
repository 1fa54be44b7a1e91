"""Quiet hours, business days and the frequency cap as a value; pure arithmetic."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache

import holidays

from wagtail_automation.campaigns import calendar

EVERY_DAY = "0123456"
#: Rounds of looking for an open moment; two years of closed days are an error in the settings.
LONGEST = 800


@dataclass(frozen=True)
class ContactRules:
    """When (in the zone where somebody lives) and how often people may be written to.

    ``cap``: messages in ``cap_days`` days, 0 for any number. ``weekdays``: digits, Monday is 0.
    """

    cap: int = 0
    cap_days: int = 7
    quiet_begin: dt.time | None = None
    quiet_end: dt.time | None = None
    weekdays: str = EVERY_DAY
    holidays_country: str = ""
    holidays_own: bool = False

    @classmethod
    def of(cls, source) -> "ContactRules":
        """From an object or mapping with these names; times may be ISO text."""
        get = source.get if isinstance(source, Mapping) else lambda name: getattr(source, name)
        values = {field.name: get(field.name) for field in fields(cls)}
        for name in ("quiet_begin", "quiet_end"):
            if isinstance(values[name], str):
                values[name] = dt.time.fromisoformat(values[name])
        return cls(**values)

    def as_json(self) -> dict:
        return {
            field.name: value.isoformat() if isinstance(value, dt.time) else value
            for field in fields(self)
            for value in (getattr(self, field.name),)
        }

    @property
    def has_hours(self) -> bool:
        """Some moments are closed."""
        quiet = self.quiet_begin is not None and self.quiet_end is not None
        return quiet or self.has_closed_days

    @property
    def has_closed_days(self) -> bool:
        return set(self.weekdays) != set(EVERY_DAY) or bool(self.holidays_country) or self.holidays_own

    def next_moment(self, now: dt.datetime, tz: dt.tzinfo, country: str = "") -> tuple[dt.datetime, str]:
        """``(the first open moment from now on, why not now)``; "" for the reason where it is now."""
        moment, reason = now, ""
        for _round in range(LONGEST):
            later = self._after_quiet(moment, tz)
            if later > moment:
                reason = reason or "quiet_hours"
            day = calendar.local_date(later, tz)
            if self._is_closed(day, country):
                reason = reason or "business_days"
                later = calendar.at_wall(day + dt.timedelta(days=1), dt.time.min, tz)
            if later == moment:
                return moment, reason
            moment = later
        return now + dt.timedelta(days=1), reason

    def _after_quiet(self, moment: dt.datetime, tz: dt.tzinfo) -> dt.datetime:
        if self.quiet_begin is None or self.quiet_end is None:
            return moment
        today = calendar.local_date(moment, tz)
        for day in (today - dt.timedelta(days=1), today):
            begins, ends = calendar.window(day, self.quiet_begin, self.quiet_end, tz)
            if begins <= moment < ends:
                return ends
        return moment

    def _is_closed(self, day: dt.date, country: str) -> bool:
        if str(day.weekday()) not in self.weekdays:
            return True
        where = (country if self.holidays_own else "") or self.holidays_country
        return bool(where) and day in holidays_of(where.upper(), day.year)


NONE = ContactRules()


@lru_cache(maxsize=512)
def holidays_of(country: str, year: int) -> frozenset[dt.date]:
    """Public holidays of a country (ISO 3166); none for a country that ``holidays`` does not know."""
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        return frozenset()


@lru_cache(maxsize=1)
def known_countries() -> frozenset[str]:
    """Countries whose holidays are known."""
    return frozenset(code for code in holidays.list_supported_countries() if len(code) == 2)
