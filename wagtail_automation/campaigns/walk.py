"""One chunk's way through the tree: lists of ids carried from step to step inside one transaction.

A constant number of statements per step visited, whatever the size of the chunk. An enrollment is
written once, where it comes to rest: of seven moves six are saved, each of which would have to change
the due index (ENGINE.md §3: 1.2 times hand-written SQL per step, 192 times a loop over people).
"""

import datetime as dt
import heapq

from django.db import InterfaceError, OperationalError
from django.db.models import F, OuterRef

from wagtail_automation.objects import MissingReference
from wagtail_automation.rules.binding import bind
from wagtail_automation.rules.compiler import Unanswerable
from wagtail_automation.rules.compiler import _compile as compile_strictly
from wagtail_automation.rules.scope import Scope
from wagtail_automation.sql import insert_select
from wagtail_automation.testing import failpoints

from . import calendar, reasons
from .cohorts import EnrollmentCohort
from .flow_steps import GoTo, Wait
from .models import Enrollment, Outcome, StepLog, StepTally
from .versions import Plan, PlannedStep

#: Steps visited in one transaction; then people rest where they are, due at once (ways back).
MAX_HOPS = 100
#: Decisions that change by time alone are asked again this often.
ASK_AGAIN = dt.timedelta(minutes=10)


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
    ):
        self.plan, self.start, self.now = plan, plan[start], now
        self.people = [pk for pk, _lead, _deadline in people]
        self.deadlines = {pk: deadline for pk, _lead, deadline in people if deadline is not None}
        self.hold_at = hold or {}
        self.groups: dict[tuple[int, int], list[int]] = {}
        self.queue: list[tuple[int, int]] = []
        self.tallies: list[StepTally] = []
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
                self._rest(step, lap, ids, due_at=self.now, deadline_at=None)
                continue
            hops += 1
            visits += len(ids)
            self._visit(step, lap, ids)
        StepTally.objects.bulk_create(self.tallies)
        return visits

    def _visit(self, step: PlannedStep, lap: int, ids: list[int]) -> None:
        try:
            if reason := self.hold_at.get(step.pk):
                self._hold(step, lap, ids, reason)
            else:
                self._do(step, lap, ids)
        except (OperationalError, InterfaceError, StepFailedError):
            raise  # the database's trouble is nobody's fault
        except Exception as error:  # an activity may fail in any way: its people are set apart
            raise StepFailedError(step, ids, error) from error

    def _do(self, step: PlannedStep, lap: int, ids: list[int]) -> None:
        kind, block = step.kind, step.block()
        if kind == "activity":
            value = bind(block, step.config)
            cohort = EnrollmentCohort(
                campaign_pk=self.plan.campaign_pk, ids=ids, offset=self._offset(step, lap), now=self.now
            )
            block.apply(value, cohort)
            failpoints.reach("act")
            self._pass(step, lap, ids, Outcome.DONE, step.next)
        elif kind == "decision":
            self._decide(step, lap, ids)
        elif isinstance(block, Wait):
            self._wait(step, lap, ids, block)
        elif isinstance(block, GoTo):
            self._pass(step, lap, ids, Outcome.DONE, step.next)
        else:
            self._hold(step, lap, ids, reasons.not_installed(step.type))

    # -- the three kinds that hold or divide ------------------------------------------------------
    def _decide(self, step: PlannedStep, lap: int, ids: list[int]) -> None:
        scope = Scope(self.now, to_lead="lead", since=OuterRef("since_at"), mode="one")
        try:
            condition = compile_strictly(step.rule, scope)
        except Unanswerable as reason:
            # compile_rule() would answer "nobody": here that would send everybody to No
            self._hold(step, lap, ids, reasons.unanswerable(str(reason)))
            return
        true = set(Enrollment.objects.among(ids).filter(condition).values_list("pk", flat=True))
        yes = [pk for pk in ids if pk in true]
        others = [pk for pk in ids if pk not in true]
        fresh, waiting, over = self._by_deadline(others)
        if not step.patience:
            fresh, waiting, over = [], [], others
        if fresh:
            deadline = self.now + step.patience
            self._rest(step, lap, fresh, due_at=self._ask_at(step, deadline), deadline_at=deadline)
        if waiting:
            due = F("deadline_at")
            if step.changes_by_time:
                due = self._ask_at(step, min(self.deadlines[pk] for pk in waiting))
            self._rest(step, lap, waiting, due_at=due)
        self._pass(step, lap, yes, Outcome.YES, step.edges.get("yes"), branch="yes")
        reason = "waited" if step.patience else ""
        self._pass(step, lap, over, Outcome.NO, step.edges.get("no"), branch="no", reason=reason)

    def _wait(self, step: PlannedStep, lap: int, ids: list[int], block: Wait) -> None:
        fresh, waiting, over = self._by_deadline(ids)
        if fresh:
            value = bind(block, step.config)
            for until, group in self._ends(block, value, fresh).items():
                if until > self.now:
                    self._rest(step, lap, group, due_at=until, deadline_at=until)
                else:
                    over += group
        if waiting:
            self._rest(step, lap, waiting, due_at=F("deadline_at"))
        self._pass(step, lap, over, Outcome.DONE, step.next)

    def _ends(self, block: Wait, value, ids: list[int]) -> dict[dt.datetime, list[int]]:
        """People by the end of their wait: as many groups as zones differ, not as people."""
        here = calendar.site_zone()
        if not block.zoned:
            return {block.until(value, self.now, here): ids}
        ends: dict[str, dt.datetime] = {}
        groups: dict[dt.datetime, list[int]] = {}
        rows = Enrollment.objects.among(ids).order_by().values_list("pk", "lead__time_zone")
        for pk, name in rows:
            if name not in ends:
                ends[name] = block.until(value, self.now, calendar.zone(name) or here)
            groups.setdefault(ends[name], []).append(pk)
        return groups

    def _by_deadline(self, ids: list[int]) -> tuple[list[int], list[int], list[int]]:
        """People whose waiting here begins, goes on, is over."""
        if not self.at_rest:
            return list(ids), [], []
        fresh, waiting, over = [], [], []
        for pk in ids:
            deadline = self.deadlines.get(pk)
            (fresh if deadline is None else over if deadline <= self.now else waiting).append(pk)
        return fresh, waiting, over

    def _ask_at(self, step: PlannedStep, deadline: dt.datetime) -> dt.datetime:
        return min(deadline, self.now + ASK_AGAIN) if step.changes_by_time else deadline

    # -- writing ----------------------------------------------------------------------------------
    def _offset(self, step: PlannedStep, lap: int) -> int:
        return lap * len(self.plan) + step.position - self.start.position

    def _send(self, target: int, lap: int, ids: list[int]) -> None:
        place = (lap, self.plan[target].position)
        if place not in self.groups:
            heapq.heappush(self.queue, place)
        self.groups.setdefault(place, []).extend(ids)

    def _pass(
        self,
        step: PlannedStep,
        lap: int,
        ids: list[int],
        outcome: Outcome,
        target: int | None,
        *,
        branch: str = "",
        reason: str = "",
    ) -> None:
        """Note what happened and send people on, or out where the branch ends."""
        if not ids:
            return
        self._log(step, lap, ids, outcome, branch=branch, reason=reason)
        if target is None:
            self._write(
                ids,
                self._offset(step, lap) + 1,
                step=None,
                due_at=None,
                deadline_at=None,
                finished_at=self.now,
                left_reason="finished",
            )
            return
        back = self.plan[target].position <= step.position
        self._send(target, lap + 1 if back else lap, ids)

    def _rest(self, step: PlannedStep, lap: int, ids: list[int], **columns) -> None:
        self._write(ids, self._offset(step, lap), step=step.pk, **columns)

    def _hold(self, step: PlannedStep, lap: int, ids: list[int], reason: str) -> None:
        """Keep people at a step that cannot be done until the campaign is published again."""
        self._log(step, lap, ids, Outcome.HELD, reason="held", detail={"why": reason})
        columns = {} if self.at_rest else {"deadline_at": None}
        self._write(
            ids, self._offset(step, lap) + 1, step=step.pk, due_at=None, held_reason=reason, **columns
        )

    def _log(self, step, lap, ids, outcome, *, branch="", reason="", detail=None) -> None:
        insert_select(
            StepLog,
            {
                "enrollment": F("pk"),
                "visit": F("visit") + self._offset(step, lap),
                "step": step.pk,
                "outcome": outcome.value,
                "branch": branch,
                "reason": reason,
                "detail": detail,
                "at": self.now,
            },
            Enrollment.objects.among(ids),
        )
        self.tallies.append(StepTally(step_id=step.pk, outcome=outcome, branch=branch, count=len(ids)))
        failpoints.reach("log")

    def _write(self, ids: list[int], offset: int, **columns) -> None:
        if "step" in columns:
            columns["step_id"] = columns.pop("step")
        Enrollment.objects.among(ids).rest(offset=offset, version_id=self.plan.version_pk, **columns)
