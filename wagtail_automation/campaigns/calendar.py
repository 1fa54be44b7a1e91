"""Time as people live it: adding days and months in somebody's zone, across clock changes."""

import calendar
import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo | None:
    """The zone of this name; None for an empty or invalid one."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a path that is a folder, such as "Europe"
        return None


def site_zone() -> dt.tzinfo:
    """The zone of people who have none: the site's."""
    return zone(settings.TIME_ZONE) or dt.UTC


def add_calendar(moment: dt.datetime, *, days: int = 0, months: int = 0, tz: dt.tzinfo) -> dt.datetime:
    """The same wall-clock time some days or months later in ``tz``, as aware UTC.

    The 31st becomes the last day of a shorter month. A time that the clock change leaves out moves on by
    the length of the gap (02:30 → 03:30); of a time that comes twice the first is meant.
    """
    wall = moment.astimezone(tz).replace(tzinfo=None)
    if months:
        index = wall.year * 12 + wall.month - 1 + months
        year, month = divmod(index, 12)
        month += 1
        wall = wall.replace(year=year, month=month, day=min(wall.day, calendar.monthrange(year, month)[1]))
    wall += dt.timedelta(days=days)
    return _of_wall(wall, tz)


def _of_wall(wall: dt.datetime, tz: dt.tzinfo) -> dt.datetime:
    # fold=0 reads a time in the gap with the offset before the change, which lands after the gap
    return wall.replace(tzinfo=tz, fold=0).astimezone(dt.UTC)


def at_wall(day: dt.date, time: dt.time, tz: dt.tzinfo) -> dt.datetime:
    """This time of this day in ``tz`` as aware UTC, with the same rules for clock changes."""
    return _of_wall(dt.datetime.combine(day, time.replace(tzinfo=None)), tz)


def local_date(moment: dt.datetime, tz: dt.tzinfo) -> dt.date:
    return moment.astimezone(tz).date()


def window(day: dt.date, begin: dt.time, end: dt.time, tz: dt.tzinfo) -> tuple[dt.datetime, dt.datetime]:
    """The window that begins on ``day``, as aware UTC; one that does not end later goes on to the next day,
    and lasts a whole day where both times are the same."""
    last = day if end > begin else day + dt.timedelta(days=1)
    return at_wall(day, begin, tz), at_wall(last, end, tz)


def next_opening(
    now: dt.datetime, weekdays: set[int], begin: dt.time, end: dt.time, tz: dt.tzinfo
) -> dt.datetime:
    """``now`` if a window of one of these weekdays (Monday 0) is open in ``tz``, else when the next opens.

    A window that the clock change swallows whole does not open that day.
    """
    today = local_date(now, tz)
    for ahead in range(-1, 15):
        day = today + dt.timedelta(days=ahead)
        if day.weekday() in weekdays:
            opens, closes = window(day, begin, end, tz)
            if opens < closes and now < closes:
                return max(now, opens)
    raise ValueError("no weekday was chosen")


def anniversary(day: dt.date, year: int) -> dt.date:
    """The same day of another year; 29 February is 28 February in a year that has none."""
    if (day.month, day.day) == (2, 29) and not calendar.isleap(year):
        return dt.date(year, 2, 28)
    return day.replace(year=year)


def read_date(stored, tz: dt.tzinfo) -> dt.date | None:
    """The day that a lead's field holds: a date, a moment (the day it is in ``tz``), or their JSON text."""
    if isinstance(stored, str):
        try:
            stored = dt.date.fromisoformat(stored) if len(stored) == 10 else dt.datetime.fromisoformat(stored)
        except ValueError:
            return None
    if isinstance(stored, dt.datetime):
        return local_date(stored if stored.tzinfo else stored.replace(tzinfo=dt.UTC), tz)
    return stored
