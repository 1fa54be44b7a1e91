"""The walk: everybody once at every step, a constant number of statements, and what holds people."""

import datetime as dt
from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from wagtail_automation.campaigns import actions
from wagtail_automation.campaigns.models import Enrollment, Outcome, StepLog
from wagtail_automation.leads.models import Lead
from wagtail_automation.testing import clock as test_clock

from .pieces import Tree

pytestmark = pytest.mark.django_db


def visits(lead) -> list[str]:
    """Names of the steps that happened to a lead, in order."""
    from wagtail_automation.campaigns.models import Step

    names = dict(Step.objects.values_list("identity_id", "name"))
    rows = StepLog.objects.filter(enrollment__lead=lead).order_by("enrollment_id", "visit")
    return [f"{names[row.step_id]}{'/' + row.branch if row.branch else ''}" for row in rows]


def test_everybody_passes_every_step_once(campaign, people, walk):
    leads = people(7)
    tree = Tree().do(5, name="a").do(7, name="b").json
    assert actions.enroll(campaign=campaign(tree), leads=[lead.pk for lead in leads]) == 7
    assert walk() is False
    assert Counter(Lead.objects.values_list("score", flat=True)) == {12: 7}
    assert visits(leads[0]) == ["a", "b"]
    assert Enrollment.objects.filter(step=None, left_reason="finished", visit=2).count() == 7
    walk()
    assert StepLog.objects.count() == 14


def diamond() -> Tree:
    """A question whose branches meet again after different numbers of steps."""
    tree = Tree().do(0, name="first").ask("test_score", value={"above": 10}, name="ask")
    tree.do(1, name="y1", parent="ask", branch="yes").do(1, name="y2", parent="ask", branch="yes")
    tree.do(100, name="meet", parent="ask", branch="yes")
    tree.go_to("meet", name="jump", parent="ask", branch="no")
    return tree


def test_branches_that_meet_go_on_as_one(campaign, people, walk):
    rich, poor = people(3, score=50), people(4)
    made = campaign(diamond().json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in [*rich, *poor]])
    with CaptureQueriesContext(connection) as queries:
        walk()
    assert visits(rich[0]) == ["first", "ask/yes", "y1", "y2", "meet"]
    assert visits(poor[0]) == ["first", "ask/no", "jump", "meet"]
    assert sorted(Lead.objects.values_list("score", flat=True)) == [100] * 4 + [152] * 3
    acts = [q for q in queries if q["sql"].startswith(f'UPDATE "{Lead._meta.db_table}" ')]
    assert len(acts) == 4  # first, y1, y2, and "meet" once for both branches


@pytest.mark.parametrize("build", [diamond, lambda: Tree().do().do().wait().do()])
def test_the_number_of_statements_does_not_depend_on_the_number_of_people(campaign, people, walk, build):
    made = campaign(build().json)
    counts = []
    for size in (2, 2, 60):  # the first makes the lease
        group = people(size // 2) + people(size // 2, score=50)
        actions.enroll(campaign=made, leads=[lead.pk for lead in group])
        with CaptureQueriesContext(connection) as queries:
            walk()
        counts.append(len(queries))
    assert counts[1] == counts[2]
    steps = StepLog.objects.values("step").distinct().count()
    assert (
        counts[2] <= 6 * steps + 12
    )  # around the steps: who is due, notes, claim, counts, lease, begin, commit


def test_waiting_in_the_zone_of_the_lead(campaign, people, walk):
    (paris,) = people(1, time_zone="Europe/Paris")
    (nowhere,) = people(1, time_zone="Mars/Olympus")
    made = campaign(Tree().wait(19, name="w").do(name="after").json)
    actions.enroll(campaign=made, leads=[paris.pk, nowhere.pk])
    walk()
    # the clock changes on 29 March: the same time of day is an hour earlier in UTC
    due = dict(Enrollment.objects.values_list("lead", "due_at"))
    assert due[paris.pk] == dt.datetime(2026, 3, 29, 8, tzinfo=dt.UTC)
    assert due[nowhere.pk] == dt.datetime(2026, 3, 29, 9, tzinfo=dt.UTC)
    walk()
    assert StepLog.objects.count() == 0
    with test_clock.freeze(dt.datetime(2026, 3, 29, 8, 0, 1, tzinfo=dt.UTC)):
        walk()
    assert visits(paris) == ["w", "after"]
    assert visits(nowhere) == []


def test_a_decision_waits_is_woken_and_gives_up(campaign, people, walk):
    tree = Tree().do(0, name="a").ask("test_score", 3, value={"above": 10}, name="ask")
    tree.do(1, name="yes", parent="ask", branch="yes").do(2, name="no", parent="ask", branch="no")
    at_once, later, never = people(1, score=50)[0], *people(2)
    made = campaign(tree.json)
    actions.enroll(campaign=made, leads=[at_once.pk, later.pk, never.pk])
    walk()
    assert visits(at_once) == ["a", "ask/yes", "yes"]
    assert visits(later) == ["a"]
    rest = Enrollment.objects.get(lead=never)
    assert rest.due_at == rest.deadline_at == test_clock.clock.now() + dt.timedelta(days=3)

    from wagtail_automation.signals import facts_changed

    Lead.objects.filter(pk=later.pk).update(score=11)
    for lead in (later, never):  # asked again, the answer may still be "not yet"
        facts_changed.send(
            sender=Lead, leads=[lead.pk], facts=frozenset({"field:score"}), now=test_clock.clock.now()
        )
    walk()
    assert visits(later) == ["a", "ask/yes", "yes"]
    rest.refresh_from_db()
    assert rest.due_at == rest.deadline_at
    with test_clock.freeze(rest.deadline_at):
        walk()
    assert visits(never) == ["a", "ask/no", "no"]
    no = StepLog.objects.get(enrollment=rest, outcome=Outcome.NO)
    assert (no.reason, no.at) == ("waited", rest.deadline_at)
