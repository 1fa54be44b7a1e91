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
    # fold=0 reads a time in the gap with the offset before the change, which lands after the gap
    return wall.replace(tzinfo=tz, fold=0).astimezone(dt.UTC)
