"""One chunk's way through the tree: lists of ids carried from step to step inside one transaction.

A constant number of statements per step visited, whatever the size of the chunk. An enrollment is
written once, where it comes to rest: of seven moves six are saved, each of which would have to change
the due index (ENGINE.md §3: 1.2 times hand-written SQL per step, 192 times a loop over people).

The walk is a planner: all it asks and writes goes through its ``book``.
"""

import datetime as dt
import heapq

from django.db import InterfaceError, OperationalError

from wagtail_automation import flow
from wagtail_automation.objects import MissingReference
from wagtail_automation.rules.binding import bind

from . import reasons, screening
from .book import Book, LiveBook
from .outcomes import Outcome
from .versions import Plan, PlannedStep
from .visits import Visit

#: Steps visited in one transaction; then people rest where they are, due at once (ways back).
MAX_HOPS = 100


class StepFailedError(Exception):
    """A step could not be done for these people. ``missing``: for nobody, since an object is gone."""

    def __init__(self, step: PlannedStep, ids: list[int], cause: BaseException):
        self.step, self.ids, self.cause = step, ids, cause
        #: everybody who was claimed with them, filled in by the engine
        self.claimed: list[int] = []
        self.missing = isinstance(cause, MissingReference)
        super().__init__(f"{step.type} {step.uuid}: {cause!r}")


class Walk:
    """Takes the people claimed at one step as far as they can go now.

    Visit numbers need not be dense, only grow: at a step somebody's number is the one at the start plus
    the distance of the two steps in topological order (plus one length of the plan per way back). So
    people who meet again go on as one group, however many steps each has behind them.

    ``hold``: ``{step: reason}`` of steps at which nobody may pass, found by earlier attempts.
    """

    def __init__(
        self,
        plan: Plan,
        start: int,
        people: list[tuple[int, int, dt.datetime | None]],
        now: dt.datetime,
        hold: dict[int, str] | None = None,
        book: Book | None = None,
    ):
        self.plan, self.start, self.now = plan, plan[start], now
        self.book = book or LiveBook(plan, now)
        self.people = [pk for pk, _lead, _deadline in people]
        self.deadlines = {pk: deadline for pk, _lead, deadline in people if deadline is not None}
        self.hold_at = hold or {}
        self.groups: dict[tuple[int, int], list[int]] = {}
        self.queue: list[tuple[int, int]] = []
        #: True while the people of the group in hand are at the step where they were claimed
        self.at_rest = True

    def run(self) -> int:
        """Walk until everybody rests; returns how many visits of people to steps it took."""
        self._send(self.start.pk, 0, self.people)
        visits = hops = 0
        while self.queue:
            lap, position = heapq.heappop(self.queue)
            step = self.plan.steps[position]
            ids = self.groups.pop((lap, position))
            self.at_rest = hops == 0
            if hops >= MAX_HOPS:
                self.book.rest(step, self.offset(step, lap), ids, due_at=self.now, deadline_at=None)
                continue
            hops += 1
            visits += len(ids)
            self._visit(step, lap, ids)
        self.book.close()
        return visits

    def _visit(self, step: PlannedStep, lap: int, ids: list[int]) -> None:
        self.book.arrive(step, ids, at_rest=self.at_rest)
        try:
            if reason := self.hold_at.get(step.pk):
                self.hold(step, lap, ids, reason)
            elif ids := screening.let_out(self, step, lap, ids):
                self._do(step, lap, ids)
        except (OperationalError, InterfaceError, StepFailedError):
            raise  # the database's trouble is nobody's fault
        except Exception as error:  # an activity may fail in any way: its people are set apart
            raise StepFailedError(step, ids, error) from error

    def _do(self, step: PlannedStep, lap: int, ids: list[int]) -> None:
        block = step.block()
        if step.kind == "activity":
            value = bind(block, step.config)
            if block.messages:
                ids = screening.let_write(self, step, lap, ids)
            if ids:
                self.book.act(step, block, value, ids, self.offset(step, lap))
                self.send_on(step, lap, ids, Outcome.DONE, step.next)
        elif isinstance(block, flow.FlowStep):
            block.visit(Visit(self, step, lap, ids))
        else:
            self.hold(step, lap, ids, reasons.not_installed(step.type))

    # -- where people go ------------------------------------------------------------------------------
    def offset(self, step: PlannedStep, lap: int) -> int:
        """How much visit numbers have grown at a step since the walk began."""
        return lap * len(self.plan) + step.position - self.start.position

    def _send(self, target: int, lap: int, ids: list[int]) -> None:
        place = (lap, self.plan[target].position)
        if place not in self.groups:
            heapq.heappush(self.queue, place)
        self.groups.setdefault(place, []).extend(ids)

    def send_on(
        self,
        step: PlannedStep,
        lap: int,
        ids: list[int],
        outcome: Outcome,
        target: int | None,
        *,
        branch: str = "",
        reason: str = "",
        detail: dict | None = None,
    ) -> None:
        """Note what happened and send people on, or out where the branch ends."""
        if not ids:
            return
        offset = self.offset(step, lap)
        self.book.log(step, offset, ids, outcome, branch=branch, reason=reason, detail=detail)
        if target is None:
            self.book.leave(offset + 1, ids, "finished")
            return
        back = self.plan[target].position <= step.position
        self._send(target, lap + 1 if back else lap, ids)

    def hold(self, step: PlannedStep, lap: int, ids: list[int], reason: str) -> None:
        """Keep people at a step that cannot be done until the campaign is published again."""
        if not ids:
            return
        offset = self.offset(step, lap)
        self.book.log(step, offset, ids, Outcome.HELD, reason="held", detail={"why": reason})
        columns = {} if self.at_rest else {"deadline_at": None}
        self.book.rest(step, offset + 1, ids, due_at=None, held_reason=reason, **columns)

    def delay(self, step, lap: int, moments: dict[int, dt.datetime], reason: str) -> None:
        """Let people come to a step again later, each at its own moment."""
        offset, ids = self.offset(step, lap), list(moments)
        self.book.log(step, offset, ids, Outcome.DELAYED, reason=reason)
        self.book.rest(step, offset + 1, ids, due_at=moments, deadline_at=None)

    def leave(self, step, lap: int, ids: list[int], reason: str, *, detail=None, said: str = "") -> None:
        """Let people out of the campaign at a step, with the reason in log and enrollment."""
        if not ids:
            return
        offset = self.offset(step, lap)
        self.book.log(step, offset, ids, Outcome.LEFT, reason=reason, detail=detail)
        self.book.leave(offset + 1, ids, reasons.leaving(reason, said))
