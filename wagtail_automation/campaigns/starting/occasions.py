"""When a trigger that goes by the calendar is due, zone by zone: pure arithmetic, no table."""

import datetime as dt
import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from wagtail_automation.campaigns import calendar


@dataclass
class Occasion:
    """One day of a trigger, at the one moment at which it is due in these zones.

    ``everywhere_else``: also for people without a (valid) zone, who live in the site's.
    """

    moment: dt.datetime
    day: dt.date
    zones: list[str] = field(default_factory=list)
    everywhere_else: bool = False


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Every zone a lead may live in."""
    return tuple(sorted(name for name in zoneinfo.available_timezones() if calendar.zone(name)))


def due(
    since: dt.datetime, now: dt.datetime, time: dt.time, is_day: Callable[[dt.date], bool]
) -> Iterator[Occasion]:
    """What became due after ``since`` and until ``now``, in order: on the days that ``is_day`` accepts, at
    ``time`` where people live."""
    found: dict[tuple, Occasion] = {}
    first = since.date() - dt.timedelta(days=1)
    days = [first + dt.timedelta(days=n) for n in range((now.date() - first).days + 2)]
    days = [day for day in days if is_day(day)]
    site = calendar.site_zone()
    for name in (*zone_names(), None):
        tz = calendar.zone(name) if name else site
        for day in days:
            moment = calendar.at_wall(day, time, tz)
            if since < moment <= now:
                occasion = found.setdefault((moment, day), Occasion(moment, day))
                if name:
                    occasion.zones.append(name)
                else:
                    occasion.everywhere_else = True
    yield from (found[key] for key in sorted(found))
