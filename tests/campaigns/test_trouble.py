"""What cannot be done holds only those whom it concerns; the others go on."""

from collections import Counter

import pytest
from django.db import OperationalError

from wagtail_automation import activities
from wagtail_automation.activities import Activity
from wagtail_automation.campaigns import actions, engine
from wagtail_automation.campaigns import walk as walk_module
from wagtail_automation.campaigns.models import Enrollment, Outcome, StepLog, StepTally
from wagtail_automation.leads.models import Lead
from wagtail_automation.objects import MissingReference

from .pieces import Tree

pytestmark = pytest.mark.django_db


class Gone(Activity):
    """Refers to something that was deleted, while ``missing``."""

    key = "test_gone"
    missing = True

    class Meta:
        label = "Gone"

    def apply(self, value, cohort):
        if self.missing:
            raise MissingReference(Lead, 17)


@pytest.fixture
def gone(monkeypatch):
    with activities.activities.temporarily(Gone):
        yield Gone


def test_a_poison_lead_is_parked_with_its_reason_and_stops_nobody(campaign, people, walk, caplog):
    good, bad = people(12), people(2, company="poison")
    made = campaign(Tree().do(1).add("do_test_poison", name="sick").do(3).json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in [*good[:5], bad[0], *good[5:], bad[1]]])
    walk()
    # the log says in which line of whose code it failed, once
    assert [bool(record.exc_info) for record in caplog.records].count(True) == 1
    assert "pieces.py" in caplog.text
    # nothing happened to them at the sick step, everything before it did, once
    assert Counter(Lead.objects.values_list("company", "score")) == {("", 104): 12, ("poison", 1): 2}
    parked = Enrollment.objects.exclude(held_reason="")
    assert {row.lead_id for row in parked} == {lead.pk for lead in bad}
    assert {row.held_reason for row in parked} == {"error:no antidote"}
    assert {row.due_at for row in parked} == {None}
    held = StepLog.objects.filter(outcome=Outcome.HELD)
    assert [row.detail for row in held] == [{"why": "error:no antidote"}] * 2
    walk()
    assert StepLog.objects.filter(outcome=Outcome.HELD).count() == 2
    # published again, they try again
    Lead.objects.filter(company="poison").update(company="", folded={})
    actions.publish(campaign=made)
    walk()
    assert Counter(Lead.objects.values_list("score", flat=True)) == {104: 14}
    assert not Enrollment.objects.inside().exists()


def test_a_step_that_is_ill_for_all_is_found_out_soon(campaign, people, walk, monkeypatch):
    monkeypatch.setattr(engine, "PARK_LIMIT", 3)
    leads = people(64, company="poison")
    made = campaign(Tree().add("do_test_poison").json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in leads])
    attempts = []
    original = walk_module.Walk.run
    monkeypatch.setattr(walk_module.Walk, "run", lambda self: attempts.append(1) or original(self))
    walk()
    assert Enrollment.objects.filter(held_reason="error:no antidote").count() == 64
    assert len(attempts) < 40
    assert set(Lead.objects.values_list("score", flat=True)) == {0}


def test_people_whose_email_was_deleted_are_held_until_the_next_version(campaign, people, walk, gone):
    leads = people(5)
    made = campaign(Tree().do(1).add("do_test_gone", name="mail").do(2).json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in leads])
    walk()
    assert set(Enrollment.objects.values_list("held_reason", flat=True)) == {
        "missing:wagtail_automation_leads.Lead:17"
    }
    assert set(Lead.objects.values_list("score", flat=True)) == {1}
    gone.missing = False
    try:
        walk()
        assert set(Lead.objects.values_list("score", flat=True)) == {1}
        actions.publish(campaign=made)
        walk()
    finally:
        gone.missing = True
    assert set(Lead.objects.values_list("score", flat=True)) == {3}
    assert StepLog.objects.count() == 5 * 4


def test_a_step_whose_app_is_gone_holds_people(campaign, people, walk, gone):
    leads = people(2)
    made = campaign(Tree().add("do_test_gone").do(2).json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in leads])
    with activities.activities.without("test_gone"):
        walk()
    assert set(Enrollment.objects.values_list("held_reason", flat=True)) == {"not_installed:do_test_gone"}


@pytest.mark.parametrize(
    ("items", "why"),
    [
        ([{"id": "1", "type": "nowhere_installed", "value": {}}], "not installed: nowhere_installed"),
        ([{"id": "1", "type": "group", "value": {"match": "any", "items": []}}], "empty"),
        ([], "empty"),
    ],
)
def test_a_rule_that_cannot_be_asked_answers_nobody_not_even_no(campaign, people, walk, items, why):
    leads = people(2)
    tree = Tree().ask("test_score", name="ask").do(1, parent="ask", branch="no")
    tree.json[0]["value"]["config"]["rule"]["items"] = items
    made = campaign(tree.json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in leads])
    walk()
    assert set(Enrollment.objects.values_list("held_reason", flat=True)) == {f"rule:{why}"}
    assert set(Lead.objects.values_list("score", flat=True)) == {0}


def test_a_long_way_is_walked_in_several_transactions(campaign, people, walk, monkeypatch):
    monkeypatch.setattr(walk_module, "MAX_HOPS", 4)
    leads = people(3)
    tree = Tree()
    for number in range(11):
        tree.do(1, name=f"s{number}")
    made = campaign(tree.json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in leads])
    walk()
    assert set(Lead.objects.values_list("score", flat=True)) == {11}
    assert StepLog.objects.count() == 33
    assert set(Enrollment.objects.values_list("visit", flat=True)) == {11}


def test_ways_back_make_rounds_and_each_round_counts(campaign, people, walk):
    from datetime import timedelta

    from wagtail_automation.testing import clock as test_clock

    (lead,) = people(1)
    tree = Tree().do(1, name="round").minutes(10, name="pause").go_to("round", name="again")
    actions.enroll(campaign=campaign(tree.json), leads=[lead.pk])
    for minutes in range(0, 60, 10):
        with (
            test_clock.shift(timedelta(minutes=0)),
            test_clock.freeze(test_clock.clock.now() + timedelta(minutes=minutes)),
        ):
            walk()
    lead.refresh_from_db()
    assert lead.score == 6
    rows = list(StepLog.objects.order_by("visit").values_list("visit", flat=True))
    assert len(rows) == len(set(rows)) == 6 + 5 * 2


def test_a_loop_that_never_waits_is_cut_off_and_goes_on_later(campaign, people, monkeypatch):
    """Publishing refuses such a tree; if one gets in all the same, no transaction is endless."""
    from wagtail_automation.campaigns import plan

    monkeypatch.setattr(walk_module, "MAX_HOPS", 10)
    monkeypatch.setattr(plan, "_spinning", lambda ordered: [])
    (lead,) = people(1)
    tree = Tree().do(1, name="round").go_to("round", name="again")
    made = campaign(tree.json)
    actions.enroll(campaign=made, leads=[lead.pk])
    step = made.current_version.first_id
    from wagtail_automation.campaigns.versions import plan_of

    plan = plan_of(made.current_version_id, made.current_version.uuid)
    assert engine.advance(plan, step) == 1
    lead.refresh_from_db()
    assert lead.score == 5
    assert Enrollment.objects.get().visit == 10
    assert engine.advance(plan, step) == 1
    assert StepLog.objects.count() == 20


def test_deadlocks_are_tried_again_with_the_leads_locked_in_order(campaign, people, walk, monkeypatch):
    leads = people(3)
    made = campaign(Tree().do(1).json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in leads])
    calls = []
    original = engine._walk_chunk

    def unlucky(*args, ordered):
        calls.append(ordered)
        if len(calls) < 3:
            cause = Exception("deadlock detected")
            cause.sqlstate = "40P01"
            raise OperationalError("deadlock detected") from cause
        return original(*args, ordered=ordered)

    monkeypatch.setattr(engine, "_walk_chunk", unlucky)
    walk()
    assert calls == [False, True, True]
    assert set(Lead.objects.values_list("score", flat=True)) == {1}


def test_trouble_of_the_database_parks_nobody(campaign, people, walk, monkeypatch):
    leads = people(3)
    made = campaign(Tree().do(1).json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in leads])

    def broken(self, step, lap, ids):
        raise OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patch:
        patch.setattr(walk_module.Walk, "_do", broken)
        with pytest.raises(OperationalError):
            walk()
    assert Enrollment.objects.filter(held_reason="", due_at__isnull=False).count() == 3
    walk()
    assert set(Lead.objects.values_list("score", flat=True)) == {1}


def test_counts_are_of_what_was_committed(campaign, people, walk):
    good, bad = people(6), people(1, company="poison")
    made = campaign(Tree().do(1).add("do_test_poison").json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in [*good, *bad]])
    walk()
    tallied = Counter()
    for step, outcome, count in StepTally.objects.values_list("step", "outcome", "count"):
        tallied[step, outcome] += count
    logged = Counter(StepLog.objects.values_list("step", "outcome"))
    assert tallied == logged
