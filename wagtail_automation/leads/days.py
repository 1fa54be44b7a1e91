"""Days as people live them: what day it is where a lead lives, and birthdays.

Somewhere on earth it is nearly always another day. A question about "today" is therefore asked once for each
day that it is somewhere – three at most – and each lead is asked with the day of their own zone.
"""

import datetime as dt
import zoneinfo
from collections.abc import Callable
from functools import lru_cache

from django.db.models import Q
from django.utils import timezone

#: Zones are asked what day it is this often: no zone changes its day between two quarters of an hour.
STEP = dt.timedelta(minutes=15)


def site_day(now: dt.datetime) -> dt.date:
    """The day in the site's zone."""
    return now.astimezone(timezone.get_default_timezone()).date()


@lru_cache(maxsize=64)
def _zones_by_day(quarter: dt.datetime, here: dt.date) -> dict[dt.date, tuple[str, ...]]:
    found: dict[dt.date, list[str]] = {}
    for name in sorted(zoneinfo.available_timezones()):
        try:
            day = quarter.astimezone(zoneinfo.ZoneInfo(name)).date()
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OverflowError):
            continue  # a name without data: its leads count as living in the site's zone
        if day != here:
            found.setdefault(day, []).append(name)
    return {day: tuple(names) for day, names in found.items()}


def elsewhere(now: dt.datetime) -> dict[dt.date, tuple[str, ...]]:
    """``{day: zones}`` where it is another day than in the site's zone."""
    moment = now.astimezone(dt.UTC)
    quarter = moment - (moment - dt.datetime.min.replace(tzinfo=dt.UTC)) % STEP
    return _zones_by_day(quarter, site_day(now))


def on_their_day(scope, ask: Callable[[dt.date], Q]) -> Q:
    """``ask(today)`` with each lead's own today. Leads without a (valid) zone live in the site's.

    No query; ``ask`` must not answer NULL.
    """
    here, others = ask(site_day(scope.now)), elsewhere(scope.now)
    if not others:
        return here
    abroad = [name for names in others.values() for name in names]
    q = ~scope.lead(time_zone__in=abroad) & here
    for day, names in others.items():
        q |= scope.lead(time_zone__in=names) & ask(day)
    return q


# -- the calendar ------------------------------------------------------------------------------------------


def is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def born_by(today: dt.date, years: int) -> dt.date:
    """The last birth date of people who are at least ``years`` old today.

    Those born on 29 February have their birthday on the 28th in other years. Raises ValueError for years
    before the calendar begins.
    """
    year = today.year - years
    if today.month == 2 and today.day >= 28:
        last = today.day == 29 or not is_leap(today.year)
        return dt.date(year, 2, 29 if last and is_leap(year) else 28)
    return today.replace(year=year)


def anniversary_window(today: dt.date, days: int) -> list[tuple[str, str]]:
    """The month-days (``"02-28"``) of anniversaries at most ``days`` from today, as one or two ranges.

    29 February is celebrated on the 28th in years that have none.
    """
    if days >= 183:
        return [("01-01", "12-31")]
    first, last = today - dt.timedelta(days=days), today + dt.timedelta(days=days)
    low, high = f"{first:%m-%d}", f"{last:%m-%d}"
    if high == "02-28" and not is_leap(last.year):
        high = "02-29"
    return [(low, high)] if first.year == last.year else [(low, "12-31"), ("01-01", high)]
