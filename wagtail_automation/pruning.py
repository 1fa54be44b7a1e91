"""What is kept no longer than promised: each app registers what it prunes; a beat does it once a day."""

import datetime as dt
from collections.abc import Callable

from . import clock, jobs

EVERY = dt.timedelta(hours=24)

_pruners: list[Callable[[dt.datetime], dict[str, int]]] = []


def register(function: Callable[[dt.datetime], dict[str, int]]) -> Callable:
    """Let ``function(now)`` delete what is too old, in small batches, and return counts by name.

    A repeat deletes only what has become too old since.
    """
    if function not in _pruners:
        _pruners.append(function)
    return function


def prune(now: dt.datetime | None = None) -> dict[str, int]:
    """Run every pruner; counts of deleted rows by name."""
    now = now or clock.now()
    counts: dict[str, int] = {}
    for function in _pruners:
        for name, count in function(now).items():
            counts[name] = counts.get(name, 0) + count
    jobs.heartbeat("prune")
    return counts


def prune_daily() -> str:
    """The beat: prunes when the last time is a day ago."""
    last = jobs.last_heartbeat("prune")
    if last is not None and clock.now() - last < EVERY:
        return "not due"
    return str(prune() or "nothing")


jobs.register_beat(prune_daily)
