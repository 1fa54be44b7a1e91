"""From ways to numbers: how many come to each step, at least and at most, and how many messages a day."""

import datetime as dt
from collections.abc import Callable, Iterable

from wagtail_automation.campaigns.outcomes import Outcome

from .running import Course
from .ways import Entry, Way

#: ``(at least, at most)``
Range = tuple[int, int]


def add(counts: dict, key, low: int, high: int) -> None:
    old = counts.get(key, (0, 0))
    counts[key] = (old[0] + low, old[1] + high)


def tally(entries: Iterable[Entry], marks: Callable[[Way], tuple[set, set]]) -> dict[object, Range]:
    """How many entries have each mark. ``marks`` gives, of one way, ``(sure marks, all marks)``.

    Each entry goes exactly one of its ways, so it counts at least where all of them have the mark.
    """
    counts: dict[object, Range] = {}
    for entry in entries:
        if not entry.ways:
            continue
        pairs = [marks(way) for way in entry.ways]
        certain = set.intersection(*(sure for sure, _all in pairs))
        for mark in set().union(*(every for _sure, every in pairs)):
            add(counts, mark, int(mark in certain), 1)
    return counts


def _places(way: Way) -> tuple[set, set]:
    sure, every = set(), set()
    for note in way.back():
        for mark in (note.step, (note.step, note.branch)) if note.branch else (note.step,):
            every.add(mark)
            if note.sure:
                sure.add(mark)
    if way.step is not None:
        every.add(way.step)
        if way.sure:
            sure.add(way.step)
    return sure, every


def people_at_steps(course: Course) -> dict[object, Range]:
    """``{step: range}`` of entries that come to each step, and ``{(step, branch): range}``."""
    return tally(course.entries, _places)


def _waiting(way: Way) -> tuple[set, set]:
    if way.step is None:
        return set(), set()
    return ({way.step} if way.sure else set()), {way.step}


def waiting_at_steps(course: Course) -> dict[object, Range]:
    """Those who are still at each step when the run ends."""
    return tally(course.entries, _waiting)


def _ends(way: Way) -> tuple[set, set]:
    inside = "held" if way.held else "inside"
    mark = way.left.partition(":")[0] if way.step is None else inside
    return ({mark} if way.sure else set()), {mark}


def ends(course: Course) -> dict[object, Range]:
    """How the ways end: reasons of leaving, "inside", "held"."""
    return tally(course.entries, _ends)


def _reasons(way: Way) -> tuple[set, set]:
    sure, every = set(), set()
    for note in way.back():
        if note.outcome in (Outcome.SKIPPED, Outcome.DELAYED, Outcome.LEFT, Outcome.HELD) or (
            note.outcome == Outcome.DONE and note.reason
        ):
            mark = (note.step, note.outcome, note.reason)
            every.add(mark)
            if note.sure:
                sure.add(mark)
    return sure, every


def reasons_at_steps(course: Course) -> dict[object, Range]:
    """``{(step, outcome, reason): range}`` of entries whom something kept, skipped or let out."""
    return tally(course.entries, _reasons)


def messages(course: Course, moment: Callable[[int, int, dt.datetime], dt.datetime | None]):
    """``(range of all messages, {day: range})``, days where the site is.

    ``moment(step, lead, written)``: when a message goes out; None if it does not. A message that waits for
    an answer may go on any day between the earliest and the latest: it counts on each of them at most.
    """
    from wagtail_automation.campaigns.calendar import local_date, site_zone

    zone, days = site_zone(), {}
    total_low = total_high = 0
    for entry in course.entries:
        # the n-th message of a step: its days on the ways that have it, and how many surely do
        found: dict[tuple[int, int], list] = {}
        numbers = []
        for way in entry.ways:
            sent, seen = 0, {}
            sure_counts = _sure_messages(way)
            for step, written in way.messages:
                number = seen[step] = seen.get(step, 0) + 1
                at = moment(step, entry.lead, written)
                if at is None:
                    continue
                sent += 1
                day = local_date(at, zone)
                slot = found.setdefault((step, number), [day, day, 0])
                slot[0], slot[1] = min(slot[0], day), max(slot[1], day)
                slot[2] += number <= sure_counts.get(step, 0)
            numbers.append((sent if way.sure else min(sent, sum(sure_counts.values())), sent))
        if numbers:
            total_low += min(low for low, _high in numbers)
            total_high += max(high for _low, high in numbers)
        for first, last, sure in found.values():
            certain = first == last and sure == len(entry.ways)
            day = first
            while day <= last:
                add(days, day, int(certain), 1)
                day += dt.timedelta(days=1)
    return (total_low, total_high), days


def _sure_messages(way: Way) -> dict[int, int]:
    """How many messages of each step are written before anything may let the person out."""
    steps = {step for step, _at in way.messages}
    sure: dict[int, int] = {}
    for note in way.back():
        if note.sure and note.step in steps and note.outcome == Outcome.DONE:
            sure[note.step] = sure.get(note.step, 0) + 1
    return sure
