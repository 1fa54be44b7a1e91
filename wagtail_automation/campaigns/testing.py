"""Cases: what a registered class does to people in a published campaign, walked by the real engine.

For this package's own tests and for yours. A case is one function, declared beside its key::

    @condition("score_above")
    def more_than_not_as_many(world):
        return Asked({"value": 10}, yes=[world.lead(score=11)], no=[world.lead(score=10)])

    @activity("list_add")
    def stands_on_the_list(world):
        clients, ada = LeadList.objects.create(name="Clients"), world.lead()
        yield Step({"list": clients.pk}, [ada])
        assert clients.memberships.filter(lead=ada).exists()

``run_case(case)`` runs one; ``answers(cases)`` runs any number of conditions in one walk.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import transaction

from wagtail_automation.leads.models import CustomField, Lead
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.actions import record_event

from . import actions, engine
from .models import Campaign, Enrollment, Outcome, Reentry, StepLog

#: When people come to the question: a Tuesday at nine, in winter, UTC.
NOW = dt.datetime(2026, 3, 10, 9, 0, tzinfo=dt.UTC)
#: "Since entry" counts from here.
ENTERED = NOW - dt.timedelta(days=1)


# -- declaring -------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Case:
    """One declared case. ``kind``: trigger, condition, activity or flow."""

    kind: str
    key: str
    function: Callable

    def __str__(self):
        return f"{self.kind}-{self.key}-{self.function.__name__}"


#: Every declared case, in the order of declaration.
CASES: list[Case] = []


def _declare(kind: str, keys: tuple[str, ...]):
    def add(function):
        CASES.extend(Case(kind, key, function) for key in keys)
        return function

    return add


def condition(*keys: str):
    """Decorator for ``function(world) -> Asked``: who is sent to Yes, and who to No."""
    return _declare("condition", keys)


def activity(*keys: str):
    """Decorator for a generator that yields one ``Step`` and then asserts what happened to its leads."""
    return _declare("activity", keys)


def flow(*keys: str):
    """Decorator for a generator that gets a ``Run`` for the ``Step`` it yields: where people stand now."""
    return _declare("flow", keys)


def trigger(*keys: str):
    """Decorator for a generator: ``run = yield Step(config)``, make it happen, assert ``run.entered(…)``."""
    return _declare("trigger", keys)


@dataclass
class Asked:
    """A question with these parameters (as stored), and the people who answer it.

    ``match``: "all", or "none" to ask the negation. Both sides must be there over all cases of a key.
    """

    value: dict
    yes: list[Lead] = field(default_factory=list)
    no: list[Lead] = field(default_factory=list)
    match: str = "all"


@dataclass
class Step:
    """A step with this configuration (as stored), and the people who are taken through it.

    ``before``: ``(type, config)`` of steps that stand above it; ``"@0"`` in ``config`` means the first.
    """

    config: dict = field(default_factory=dict)
    leads: list[Lead] = field(default_factory=list)
    since: dt.datetime = ENTERED
    before: list[tuple[str, dict]] = field(default_factory=list)


# -- the world -------------------------------------------------------------------------------------
class World:
    """People and facts to ask about. Time stands at ``now`` unless a run moves it."""

    now, entered = NOW, ENTERED
    #: moments on both sides of the entry
    before, after = ENTERED - dt.timedelta(hours=3), ENTERED + dt.timedelta(hours=3)

    def __init__(self):
        # nobody's enrollment has the number of its lead, so that mistaking one for the other shows
        for _stranger in range(3):
            self.lead()

    def lead(self, **fields) -> Lead:
        """A person, known for a month; ``attributes={…}`` for custom fields (stored values)."""
        fields.setdefault("created_at", NOW - dt.timedelta(days=30))
        fields.setdefault("status", Lead.Status.KNOWN)
        return Lead.objects.create(**fields)

    def custom_field(self, key: str, type_: str, **fields) -> CustomField:
        """The custom field of that key, made if there is none."""
        defaults = {"label": key.capitalize(), "type": type_, **fields}
        return CustomField.objects.get_or_create(key=key, defaults=defaults)[0]

    def event(self, name: str, lead: Lead, *, at: dt.datetime | None = None, **fields):
        """A fact about a lead; after the entry unless ``at`` says otherwise."""
        return record_event(name=name, lead=lead, at=at or self.after, **fields)


class Run:
    """A published campaign with one step to try, and where its people stand."""

    def __init__(self, campaign: Campaign, step: str):
        self.campaign, self.step = campaign, step

    def _enrollments(self, lead: Lead):
        return Enrollment.objects.filter(campaign=self.campaign, lead_id=lead.pk)

    def entered(self, lead: Lead) -> int:
        """How often the lead has entered."""
        return self._enrollments(lead).count()

    def _log(self, lead: Lead):
        rows = StepLog.objects.filter(enrollment__campaign=self.campaign, enrollment__lead_id=lead.pk)
        return rows.filter(step__uuid=self.step).order_by("-enrollment_id", "-visit")

    def branch(self, lead: Lead) -> str:
        """The branch that the lead took at the step; empty if it took none (yet)."""
        return self._log(lead).values_list("branch", flat=True).first() or ""

    def passed(self, lead: Lead) -> bool:
        """The step is behind the lead."""
        return self._log(lead).exclude(outcome__in=[Outcome.HELD, Outcome.DELAYED]).exists()

    def held(self, lead: Lead) -> str:
        """Why the lead is held at the step; empty if it is not."""
        return self._enrollments(lead).values_list("held_reason", flat=True).first() or ""

    def waits_until(self, lead: Lead) -> dt.datetime | None:
        """When it is the lead's turn again; None for those who have left."""
        return self._enrollments(lead).values_list("due_at", flat=True).first()

    def left(self, lead: Lead) -> str:
        """Why the lead left; empty while it is inside."""
        return self._enrollments(lead).values_list("left_reason", flat=True).first() or ""

    def walk(self) -> None:
        """Until nobody is due."""
        engine.run(60)

    @contextmanager
    def later(self, **delta) -> Iterator[dt.datetime]:
        """Time goes on (``days=3``) and everybody walks; inside the block it stands there."""
        moment = NOW + dt.timedelta(**delta)
        with test_clock.freeze(moment):
            self.walk()
            yield moment


# -- running ---------------------------------------------------------------------------------------
def publish(*steps: tuple[str, dict], name: str = "Case", **fields) -> Run:
    """A live campaign of these ``(type, config)`` in a row; the run is about the last one."""
    ids = [str(uuid.uuid4()) for _step in steps]
    named = {f"@{number}": key for number, key in enumerate(ids)}
    tree = []
    for key, (kind, config) in zip(ids, steps, strict=True):
        config = {name: named.get(str(value), value) for name, value in config.items()}
        branch = "start" if kind.startswith("on_") else "main"
        place = {"parent": "", "branch": branch, "name": "", "config": config}
        tree.append({"id": key, "type": kind, "value": place})
    campaign = Campaign.objects.create(name=name[:80], tree=tree, **fields)
    actions.publish(campaign=campaign)
    return Run(campaign, ids[-1])


def _enroll(run: Run, leads: list[Lead], since: dt.datetime) -> None:
    ids = [lead.pk for lead in leads]
    if ids:
        entered = actions.enroll(campaign=run.campaign, leads=ids, since=since, now=NOW)
        if entered != len(set(ids)):
            raise AssertionError(f"{len(set(ids)) - entered} people could not enter")


def _decision(key: str, asked: Asked) -> Run:
    rule = {"match": asked.match, "items": [{"id": "c", "type": key, "value": asked.value}]}
    run = publish(("decision", {"rule": rule, "patience": 0, "unit": "days"}), name=key)
    _enroll(run, [*asked.yes, *asked.no], ENTERED)
    return run


@dataclass(frozen=True)
class Answer:
    """What came of a condition's case: ``problem`` is empty if nothing; ``sides`` it speaks for."""

    problem: str
    sides: frozenset[str] = frozenset()


def answers(cases: list[Case]) -> dict[Case, Answer]:
    """All these conditions in one walk of the engine.

    Each has a campaign of its own, so that one that cannot be asked holds no other's people.
    """
    world, found, runs = World(), {}, {}
    with test_clock.freeze(NOW):
        for case in cases:
            try:
                with transaction.atomic():
                    asked = case.function(world)
                    runs[case] = (asked, _decision(case.key, asked))
            except Exception as error:  # noqa: BLE001  a case that cannot be built is that case's failure
                found[case] = Answer(f"could not be asked: {error!r}")
        engine.run(120)
        for case, (asked, run) in runs.items():
            sides = {"yes": asked.yes, "no": asked.no}
            found[case] = Answer(_problem(sides, run), frozenset(side for side in sides if sides[side]))
    return found


def _problem(sides: dict[str, list[Lead]], run: Run) -> str:
    for side, leads in sides.items():
        for position, lead in enumerate(leads):
            branch = run.branch(lead)
            if branch != side:
                return f"{side}[{position}] went to {branch or run.held(lead) or 'nowhere'!r}"
    return "" if any(sides.values()) else "asks nobody"


def run_case(case: Case) -> None:
    """Run one case of any kind. Raises AssertionError for what is not as it says."""
    if case.kind == "condition":
        if problem := answers([case])[case].problem:
            raise AssertionError(f"{case}: {problem}")
        return
    with test_clock.freeze(NOW):
        story = case.function(World())
        step = next(story)
        again = {"reentry": Reentry.EACH} if case.kind == "trigger" else {}
        prefix = {"trigger": "on_", "activity": "do_", "flow": ""}[case.kind]
        steps = [*step.before, (f"{prefix}{case.key}", step.config)]
        if case.kind == "trigger":
            steps.append(("wait_days", {"amount": 900, "unit": "days"}))  # who came stays to be counted
        run = publish(*steps, name=str(case), **again)
        _enroll(run, step.leads, step.since)
        run.walk()
        for lead in step.leads:
            if case.kind == "activity" and (reason := run.held(lead)):
                raise AssertionError(f"{case}: {lead} is held: {reason}")
            lead.refresh_from_db()
        try:
            story.send(run)
        except StopIteration:
            return
        raise AssertionError(f"{case}: a case yields once")
