"""What is kept no longer than promised: each app registers what it prunes; a beat does it once a day.

A *kind* has a name, a default in days and a function that deletes in small batches; the site changes the days
with ``RETENTION_DAYS`` and sees all kinds in the admin.
"""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.functional import Promise

from . import clock, conf, jobs, signals

EVERY = dt.timedelta(hours=24)
#: How long the beat prunes before it lets others work and queues itself again.
BUDGET_SECONDS = 15


@dataclass(frozen=True)
class Kind:
    """``default``: days, None for ever, or the name of an older setting that holds them. ``function(before)``
    yields the number of rows of each batch that it deleted, each in a transaction of its own; None: the
    function was registered otherwise, or nothing is ever pruned and that is to be shown."""

    key: str
    label: str | Promise
    default: int | str | None
    function: Callable[[dt.datetime], Iterator[int]] | None = None
    #: what is measured, in words
    rule: str | Promise = ""

    @property
    def days(self) -> int | None:
        if isinstance(self.default, str):
            return conf.get(self.default)
        return conf.get("RETENTION_DAYS").get(self.key, self.default)


_pruners: list[Callable[[dt.datetime], dict[str, int]]] = []
_kinds: dict[str, Kind] = {}


def register(function: Callable[[dt.datetime], dict[str, int]]) -> Callable:
    """Let ``function(now)`` delete what is too old, in small batches, and return counts by name.

    A repeat deletes only what has become too old since.
    """
    if function not in _pruners:
        _pruners.append(function)
    return function


def register_kind(kind: Kind) -> Kind:
    """Publish a kind; one of the same key takes its place."""
    _kinds[kind.key] = kind
    return kind


def kinds() -> list[Kind]:
    """All kinds, in the order of registration."""
    return list(_kinds.values())


def prune(now: dt.datetime | None = None, *, budget: float | None = None) -> dict[str, int]:
    """Prune everything; counts of deleted rows by name. ``budget``: seconds after which it stops between two
    batches, without a heartbeat; the next call goes on."""
    now = now or clock.now()
    started, counts, is_over = time.monotonic(), {}, True
    for name, count in _batches(now):
        counts[name] = counts.get(name, 0) + count
        if budget is not None and time.monotonic() - started > budget:
            is_over = False
            break
    signals.pruned.send(sender=Kind, counts={name: count for name, count in counts.items() if count}, now=now)
    if is_over:
        jobs.heartbeat("prune")
    return counts


def _batches(now: dt.datetime) -> Iterator[tuple[str, int]]:
    for function in _pruners:
        yield from function(now).items()
    for kind in kinds():
        if kind.function is not None and kind.days is not None:
            for count in kind.function(now - dt.timedelta(days=kind.days)):
                yield kind.key, count


def next_run() -> dt.datetime:
    """When the beat prunes next: a day after the last time that it came to an end."""
    last = jobs.last_heartbeat("prune")
    return clock.now() if last is None else last + EVERY


def prune_daily() -> str:
    """The beat: prunes when the last time is a day ago, and goes on with what it could not finish."""
    if next_run() > clock.now():
        return "not due"
    counts = prune(budget=BUDGET_SECONDS)
    if next_run() <= clock.now():
        jobs.enqueue(prune_daily)
    return str(counts or "nothing")


jobs.register_beat(prune_daily)
