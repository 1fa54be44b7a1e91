"""What is planned, for calendars: every app tells what of its own happens between two moments."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One thing that happens at a moment (aware). ``kind``: what it is, in words; ``url``: its page in the
    admin, empty for those who may not see it."""

    at: dt.datetime
    title: str
    kind: str
    url: str = ""
    icon: str = "date"


#: ``source(start, end, user)``: the entries that the user may see, in a constant number of queries
Source = Callable[[dt.datetime, dt.datetime, object], Iterable[Entry]]

_sources: list[Source] = []


def register(source: Source) -> Source:
    """Decorator or call; the same function twice is one."""
    if source not in _sources:
        _sources.append(source)
    return source


def entries(start: dt.datetime, end: dt.datetime, user) -> list[Entry]:
    """Everything from ``start`` until before ``end``, in order."""
    found = [entry for source in _sources for entry in source(start, end, user)]
    return sorted(found, key=lambda entry: (entry.at, entry.title))
