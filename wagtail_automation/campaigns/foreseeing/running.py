"""The walk through the days: a clock that is an argument, from one moment at which somebody is due to the
next. Nothing is written and nobody sleeps."""

import datetime as dt
import heapq
from dataclasses import dataclass

from wagtail_automation.campaigns import reasons
from wagtail_automation.campaigns.versions import Plan
from wagtail_automation.campaigns.walk import StepFailedError, Walk

from .book import ForeseenBook
from .ways import Entry, Way

#: So many moments are looked at as they are; later ones are gathered to full hours, then to parts of days.
EXACT_MOMENTS, HOURLY_MOMENTS = 60, 160
#: Visits of ways to steps after which a run stops and says up to when it came.
MAX_VISITS = 300_000
#: Ways of one walk, which is one statement each.
CHUNK = 2000


@dataclass
class Course:
    """What came of a run. ``stopped_at``: how far it came, if not to the end."""

    book: ForeseenBook
    start: dt.datetime
    end: dt.datetime
    visits: int = 0
    stopped_at: dt.datetime | None = None

    @property
    def entries(self) -> list[Entry]:
        return self.book.entries


def run(
    plan: Plan,
    entries: list[Entry],
    *,
    start: dt.datetime,
    end: dt.datetime,
    open_after: dt.datetime | None,
    exact: int | None = None,
) -> Course:
    """Let these people (in the order of their entering) go through the plan until ``end``.

    The number of statements depends on the steps and on the moments at which somebody is due, not on the
    number of people. ``exact``: moments that are looked at as they are, instead of ``EXACT_MOMENTS``.
    """
    book = ForeseenBook(plan, entries, open_after=open_after, campaign=plan.campaign_pk)
    course = Course(book, start, end)
    clock, waiting, due = (
        _Clock(start, EXACT_MOMENTS if exact is None else exact),
        list(reversed(entries)),
        _Due(),
    )
    while True:
        upcoming = [entry.at for entry in waiting[-1:]] + due.first()
        if not upcoming or min(upcoming) > end:
            return course
        now = book.now = min(clock.at(min(upcoming)), end)
        while waiting and waiting[-1].at <= now:
            _enter(book, plan, waiting.pop())
        due.note(book)
        while groups := due.take(now):
            for step, ways in groups:
                course.visits += _walk(book, plan, step, ways, now)
            due.note(book)
            if course.visits > MAX_VISITS:
                course.stopped_at = now
                return course


class _Clock:
    """The moments to look at: exact at first, then coarser, so that their number has a bound."""

    def __init__(self, start: dt.datetime, exact: int):
        self.start, self.exact, self.seen = start, exact, 0

    def at(self, moment: dt.datetime) -> dt.datetime:
        self.seen += 1
        if self.seen <= self.exact:
            return moment
        grid = dt.timedelta(hours=1 if self.seen <= HOURLY_MOMENTS else 6)
        return self.start + -((self.start - moment) // grid) * grid


class _Due:
    """Who is due when."""

    def __init__(self):
        self.heap: list[tuple[dt.datetime, int, Way]] = []

    def note(self, book: ForeseenBook) -> None:
        for way in book.moved:
            if way.due is not None and way.step is not None:
                heapq.heappush(self.heap, (way.due, way.pk, way))
        book.moved = []

    def first(self) -> list[dt.datetime]:
        while self.heap and self.heap[0][0] != self.heap[0][2].due:
            heapq.heappop(self.heap)  # it went on meanwhile
        return [self.heap[0][0]] if self.heap else []

    def take(self, now: dt.datetime) -> list[tuple[int, list[Way]]]:
        """Those due, by step in the order of the plan; of a lead who is inside twice only one entry, as an
        activity acts on a lead once per cohort."""
        ready: dict[int, Way] = {}
        while self.heap and self.heap[0][0] <= now:
            due, _pk, way = heapq.heappop(self.heap)
            if way.due == due:
                ready[way.pk] = way
        groups: dict[int, list[Way]] = {}
        entries: dict[tuple[int, int], Entry] = {}
        for way in ready.values():
            if entries.setdefault((way.step, way.entry.lead), way.entry) is way.entry:
                groups.setdefault(way.step, []).append(way)
            else:
                heapq.heappush(self.heap, (way.due, way.pk, way))
        return sorted(groups.items())


def _enter(book: ForeseenBook, plan: Plan, entry: Entry) -> None:
    if plan.first is not None and not entry.held_out:
        book.start(entry, plan.first, entry.at)


def _walk(book: ForeseenBook, plan: Plan, step: int, ways: list[Way], now: dt.datetime) -> int:
    visits = 0
    for begin in range(0, len(ways), CHUNK):
        part = ways[begin : begin + CHUNK]
        hold: dict[int, str] = {}
        for _attempt in range(len(plan) + 1):
            people = [(way.pk, way.entry.lead, way.deadline) for way in part]
            book.claim([way.pk for way in part])
            for way in part:
                way.due = None  # until it rests again
            try:
                visits += Walk(plan, step, people, now, hold, book).run()
                break
            except StepFailedError as failure:
                book.undo()
                hold = {**hold, failure.step.pk: reasons.of_error(failure.cause)}
    return visits
