"""One group of people at one step of a walk: what a flow step may ask, and how it disposes of them."""

import datetime as dt
from collections.abc import Callable, Iterator
from functools import cached_property

from wagtail_automation.rules.binding import BoundValue, bind

from . import calendar
from .outcomes import Outcome

#: Decisions that change by time alone are asked again this often.
ASK_AGAIN = dt.timedelta(minutes=10)


class Visit:
    """People (ids of enrollments, one per lead) who are at a step now.

    ``fresh``, ``waiting`` and ``over`` tell for whom a wait here begins, goes on, is over. Each person must
    be disposed of once: ``go``, ``rest``, ``stay``, ``hold`` or ``leave``; empty lists cost nothing.
    """

    def __init__(self, walk, step, lap: int, ids: list[int]):
        self.walk, self.step, self.lap, self.ids = walk, step, lap, ids
        self.plan, self.book, self.now = walk.plan, walk.book, walk.now
        self.offset = walk.offset(step, lap)

    @cached_property
    def value(self) -> BoundValue:
        """The step's parameters. Raises MissingReference when an object is gone."""
        return bind(self.step.block(), self.step.config)

    # -- who waits ---------------------------------------------------------------------------------
    @cached_property
    def _parts(self) -> tuple[list[int], list[int], list[int]]:
        if not self.walk.at_rest:
            return list(self.ids), [], []
        fresh, waiting, over = [], [], []
        for pk in self.ids:
            deadline = self.walk.deadlines.get(pk)
            (fresh if deadline is None else over if deadline <= self.now else waiting).append(pk)
        return fresh, waiting, over

    @property
    def fresh(self) -> list[int]:
        return self._parts[0]

    @property
    def waiting(self) -> list[int]:
        return self._parts[1]

    @property
    def over(self) -> list[int]:
        return self._parts[2]

    # -- what is known of them ----------------------------------------------------------------------
    def zones(self, ids: list[int]) -> Iterator[tuple[int, dt.tzinfo]]:
        """``(id, zone)``: the lead's own, else the site's."""
        here = calendar.site_zone()
        for pk, name in self.book.leads(ids, "time_zone"):
            yield pk, calendar.zone(name) or here

    def by_zone(self, ids: list[int], answer: Callable) -> dict[int, object]:
        """``{id: answer(zone)}``, asked once per zone."""
        known: dict[dt.tzinfo, object] = {}
        result = {}
        for pk, tz in self.zones(ids):
            if tz not in known:
                known[tz] = answer(tz)
            result[pk] = known[tz]
        return result

    def dates(self, ids: list[int], field) -> Iterator[tuple[int, dt.tzinfo, dt.date | None]]:
        """``(id, zone, date)`` of a date field of each lead; a moment counts as the day it is there."""
        here = calendar.site_zone()
        for pk, name, stored in self.book.leads(ids, "time_zone", field):
            tz = calendar.zone(name) or here
            yield pk, tz, calendar.read_date(stored, tz)

    def leads_back(self) -> bool:
        """True if the next step is one that people have already passed."""
        target = self.step.next
        return target is not None and self.plan[target].position <= self.step.position

    # -- disposing of them ----------------------------------------------------------------------------
    def go(
        self,
        ids: list[int],
        *,
        branch: str = "",
        outcome: Outcome = Outcome.DONE,
        reason: str = "",
        detail: dict | None = None,
    ) -> None:
        """Note what happened and send them on, along a branch where the step has some."""
        target = self.step.edges.get(branch) if branch else self.step.next
        self.walk.send_on(
            self.step, self.lap, ids, outcome, target, branch=branch, reason=reason, detail=detail
        )

    def rest(self, ends: dict[int, dt.datetime], *, ask_again: bool = False) -> None:
        """A wait begins: each until its own moment."""
        due = ends
        if ask_again:
            soon = self.now + ASK_AGAIN
            due = {pk: min(end, soon) for pk, end in ends.items()}
        self.book.rest(self.step, self.offset, list(ends), due_at=due, deadline_at=ends)

    def stay(self, ids: list[int], *, ask_again: bool = False) -> None:
        """The wait that began earlier goes on."""
        ends = {pk: self.walk.deadlines[pk] for pk in ids}
        if ask_again:
            soon = self.now + ASK_AGAIN
            ends = {pk: min(end, soon) for pk, end in ends.items()}
        self.book.rest(self.step, self.offset, ids, due_at=ends)

    def hold(self, ids: list[int], reason: str) -> None:
        """They cannot go on until the campaign is published again. ``reason``: a code of ``reasons``."""
        self.walk.hold(self.step, self.lap, ids, reason)

    def leave(self, ids: list[int], reason: str, *, detail: dict | None = None, said: str = "") -> None:
        """They leave the campaign. ``reason``: a code of ``reasons``; ``said``: the editor's own words."""
        self.walk.leave(self.step, self.lap, ids, reason, detail=detail, said=said)
