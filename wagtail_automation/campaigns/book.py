"""What a walk asks and writes: the only hand it has on the database.

The walk itself (``walk``) is a planner: it decides who goes where and says so to its book. The dry run
uses the same planner with a book that writes nothing.
"""

import datetime as dt
from abc import ABC, abstractmethod

from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from wagtail_automation import contact, sql
from wagtail_automation.rules.compiler import _compile as compile_strictly
from wagtail_automation.rules.rule import Rule
from wagtail_automation.rules.scope import Scope
from wagtail_automation.sql import insert_select
from wagtail_automation.testing import failpoints

from . import happenings, stats
from .cohorts import EnrollmentCohort
from .limits.judging import site_rules
from .limits.rules import ContactRules
from .models import Enrollment, StepLog, StepTally
from .outcomes import Outcome
from .versions import Plan, PlannedStep

Moments = dict[int, dt.datetime] | dt.datetime | None


class Book(ABC):
    """One walk's questions and entries. Every method costs a constant number of statements.

    People are ids, one per lead. ``offset``: how much their visit number has grown since the walk began.
    """

    def arrive(self, step: PlannedStep, ids: list[int], *, at_rest: bool) -> None:  # noqa: B027
        """They are at this step now, and what follows is about it. ``at_rest``: they were claimed here."""

    # -- questions ----------------------------------------------------------------------------------
    @abstractmethod
    def leads(self, ids: list[int], *columns) -> list[tuple]:
        """``(id, …)`` with columns of the lead: names of columns, or ``leads.fields.LeadField``."""

    @abstractmethod
    def true_of(self, rule: Rule, ids: list[int]) -> set[int]:
        """Those of whom the rule is true. Raises ``rules.compiler.Unanswerable``."""

    @abstractmethod
    def times(self, ids: list[int], step: int) -> dict[int, int]:
        """How often each has been through a step."""

    @abstractmethod
    def contact_rules(self) -> ContactRules:
        """The limits for messages: the campaign's own, else the site's."""

    @abstractmethod
    def written_to(self, ids: list[int], cap: int, days: int) -> set[int]:
        """Those who got at least ``cap`` messages in so many days."""

    # -- entries ------------------------------------------------------------------------------------
    @abstractmethod
    def act(self, step: PlannedStep, block, value, ids: list[int], offset: int) -> None:
        """Let an activity act on them."""

    @abstractmethod
    def log(self, step: PlannedStep, offset: int, ids: list[int], outcome: Outcome, **about) -> None:
        """Note what came of their visit (``branch``, ``reason``, ``detail``)."""

    @abstractmethod
    def rest(self, step: PlannedStep, offset: int, ids: list[int], *, due_at: Moments, **columns) -> None:
        """They stay at a step until the engine looks again: at one moment, or each at its own.

        ``deadline_at``: when their wait ends (left as it is unless given); ``held_reason``.
        """

    @abstractmethod
    def leave(self, offset: int, ids: list[int], reason: str) -> None:
        """They are out of the campaign."""

    @abstractmethod
    def enter(self, ids: list[int], offset: int, campaign: int) -> set[int]:
        """Put them into another campaign; returns those who were let in."""

    @abstractmethod
    def take_out(self, ids: list[int], campaign: int) -> set[int]:
        """Take them out of another campaign; returns those who were in it."""

    @abstractmethod
    def close(self) -> None:
        """The walk is over."""


class LiveBook(Book):
    """The real one: rows of enrollments, in the engine's transaction."""

    def __init__(self, plan: Plan, now: dt.datetime):
        self.plan, self.now = plan, now
        self.tallies: list[StepTally] = []
        self.left: dict[str, list[int]] = {}
        self._contact_rules: ContactRules | None = None

    def leads(self, ids, *columns):
        paths = [_path(column) for column in columns]
        return list(Enrollment.objects.among(ids).order_by().values_list("pk", *paths))

    def true_of(self, rule, ids):
        scope = Scope(self.now, to_lead="lead", since=OuterRef("since_at"), mode="one")
        condition = compile_strictly(rule, scope)
        return set(Enrollment.objects.among(ids).filter(condition).values_list("pk", flat=True))

    def times(self, ids, step):
        rows = StepLog.objects.filter(enrollment_id__anyof=ids, step_id=step).order_by()
        return dict(rows.values_list("enrollment_id").annotate(n=Count("visit")))

    def contact_rules(self):
        if self._contact_rules is None:
            own = self.plan.rules.get("limits")
            self._contact_rules = ContactRules.of(own) if own is not None else site_rules()
        return self._contact_rules

    def written_to(self, ids, cap, days):
        since = self.now - dt.timedelta(days=days)
        counts = []
        for source in contact.sources():
            rows = source.recent(since).filter(lead_id=OuterRef("lead_id")).order_by().values("lead_id")
            counts.append(Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n")), 0))
        if not counts:
            return set()
        people = Enrollment.objects.among(ids).annotate(messages=sum(counts[1:], counts[0]))
        return set(people.filter(messages__gte=cap).values_list("pk", flat=True))

    def cohort(self, ids, offset) -> EnrollmentCohort:
        return EnrollmentCohort(campaign_pk=self.plan.campaign_pk, ids=ids, offset=offset, now=self.now)

    def act(self, step, block, value, ids, offset):
        block.apply(value, self.cohort(ids, offset))
        failpoints.reach("act")

    def log(self, step, offset, ids, outcome, *, branch="", reason="", detail=None):
        insert_select(
            StepLog,
            {
                "enrollment": F("pk"),
                "visit": F("visit") + offset,
                "step": step.pk,
                "outcome": outcome.value,
                "branch": branch,
                "reason": reason,
                "detail": detail,
                "at": self.now,
            },
            Enrollment.objects.among(ids),
        )
        self.tallies.append(
            StepTally(
                step_id=step.pk,
                outcome=outcome,
                branch=branch,
                reason=reason if outcome == Outcome.LEFT else "",
                day=stats.day_of(self.now),
                count=len(ids),
            )
        )
        failpoints.reach("log")

    def rest(self, step, offset, ids, *, due_at, **columns):
        if not ids:
            return
        columns["due_at"] = due_at
        for name in ("due_at", "deadline_at"):
            if isinstance(columns.get(name), dict):
                columns[name] = _moments(columns[name])
        self._write(ids, offset, step_id=step.pk, **columns)

    def leave(self, offset, ids, reason):
        self._write(
            ids, offset, step_id=None, due_at=None, deadline_at=None, finished_at=self.now, left_reason=reason
        )
        self.left.setdefault(reason.partition(":")[0], []).extend(ids)

    def _write(self, ids, offset, **columns):
        Enrollment.objects.among(ids).rest(offset=offset, version_id=self.plan.version_pk, **columns)

    def enter(self, ids, offset, campaign):
        from . import actions  # actions publish, which compiles the steps that this module serves

        return actions.enter_from_campaign(campaign=campaign, cohort=self.cohort(ids, offset))

    def take_out(self, ids, campaign):
        from . import actions

        return actions.take_out(campaign=campaign, cohort=self.cohort(ids, 0), reason="taken_out")

    def close(self):
        StepTally.objects.bulk_create(self.tallies)
        for reason, ids in self.left.items():
            happenings.left(self.plan.ref, ids, reason, self.now)


def _path(column):
    """A column of the lead, seen from an enrollment."""
    if isinstance(column, str):
        return f"lead__{column}"
    return KeyTextTransform(column.key, "lead__attributes") if column.is_custom else f"lead__{column.key}"


def _moments(ends: dict[int, dt.datetime]):
    """One moment where all are the same, else each person's own, still in one statement."""
    different = set(ends.values())
    return different.pop() if len(different) == 1 else sql.ByKey(ends)
