"""Splits, waits, jumps and other campaigns, through a published campaign and the real engine."""

import datetime as dt
import uuid
from collections import Counter

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from wagtail_automation.campaigns import actions, entering, stats, trace
from wagtail_automation.campaigns.models import Enrollment, Outcome, StepLog
from wagtail_automation.campaigns.plan import compile_tree
from wagtail_automation.leads.models import Lead
from wagtail_automation.signals import facts_changed
from wagtail_automation.testing import clock as test_clock

from .pieces import NOW, Tree

pytestmark = pytest.mark.django_db


def paths(*weights, names="ABCDE") -> dict:
    return {
        "paths": [
            {"type": "item", "id": str(uuid.uuid4()), "value": {"name": name, "weight": weight}}
            for name, weight in zip(names, weights, strict=False)
        ]
    }


def split_tree(config) -> Tree:
    tree = Tree().add("split", config, name="split")
    for number, path in enumerate(config["paths"]):
        tree.do(10**number, name=path["value"]["name"], parent="split", branch=path["id"])
    return tree


def words(tree) -> str:
    return " ".join(text for _uuid, text in compile_tree(tree).refusals)


def later(**delta):
    return test_clock.freeze(NOW + dt.timedelta(**delta))


# -- split ---------------------------------------------------------------------------------------------
def test_a_split_gives_each_branch_its_share(campaign, people, walk):
    config = paths(50, 30, 20)
    people(1000)
    made = campaign(split_tree(config).json)
    actions.enroll(campaign=made, leads=Lead.objects.all())
    with CaptureQueriesContext(connection) as queries:
        walk()
    assert len(queries) < 50
    share = Counter(Lead.objects.values_list("score", flat=True))
    assert share[1] == pytest.approx(500, abs=60)
    assert share[10] == pytest.approx(300, abs=60)
    assert share[100] == pytest.approx(200, abs=60)
    shown = stats.for_campaign(made)["branches"]
    step = split_tree(config)  # only its keys matter
    assert step and sorted(shown.values()) == sorted(share.values())
    by_branch = Counter(StepLog.objects.exclude(branch="").values_list("branch", flat=True))
    assert by_branch == {path["id"]: share[10**n] for n, path in enumerate(config["paths"])}


def test_the_same_people_go_the_same_way_again_and_renaming_keeps_the_branch(campaign, people, walk):
    config = paths(50, 50)
    leads = people(60)
    tree = split_tree(config)
    made = campaign(tree.json, reentry="each")
    actions.enroll(campaign=made, leads=[lead.pk for lead in leads], key="one")
    walk()
    first = dict(Lead.objects.values_list("pk", "score"))
    assert set(first.values()) == {1, 10}
    config["paths"][0]["value"]["name"] = "Renamed"
    made.tree = made.tree.stream_block.to_python(tree.json)
    actions.publish(campaign=made)
    actions.enroll(campaign=made, leads=[lead.pk for lead in leads], key="two")
    walk()
    assert dict(Lead.objects.values_list("pk", "score")) == {pk: score * 2 for pk, score in first.items()}


def test_splits_are_independent_of_each_other(campaign, people, walk):
    leads = people(400)
    one, two = paths(50, 50), paths(50, 50)
    tree = Tree().add("split", one, name="s")
    for number, path in enumerate(one["paths"]):
        inner = paths(50, 50)
        tree.add("split", inner, name=f"s{number}", parent="s", branch=path["id"])
        tree.do(10**number, parent=f"s{number}", branch=inner["paths"][0]["id"])
        tree.do(10 ** (number + 2), parent=f"s{number}", branch=inner["paths"][1]["id"])
    assert two
    actions.enroll(campaign=campaign(tree.json), leads=[lead.pk for lead in leads])
    walk()
    share = Counter(Lead.objects.values_list("score", flat=True))
    assert set(share) == {1, 10, 100, 1000}
    assert min(share.values()) > 60


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (paths(50, 40), "add up to 90"),
        (paths(0, 100), "at least 1"),
        (paths(-50, 150), "at least 1"),
        (paths(100), "two to five"),
        ({"paths": []}, "two to five"),
        ({}, "two to five"),
        (paths(20, 20, 20, 20, 10, 10, names="ABCDEF"), "two to five"),
        ({"paths": [{"type": "item", "id": "x", "value": {"name": n, "weight": 50}} for n in "AB"]}, "apart"),
        ({"paths": [{"name": "A", "weight": 50}, {"name": "B", "weight": 50}]}, "apart"),
        (
            {"paths": [{"type": "item", "id": "x", "value": {"name": "A", "weight": "much"}}]},
            "cannot be read",
        ),
        ({"paths": "none"}, "two to five"),
    ],
)
def test_splits_that_cannot_divide_are_refused_at_their_step(config, said):
    tree = Tree().do(name="a").add("split", config, name="bad split")
    refusals = compile_tree(tree.json).refusals
    assert said in words(tree.json)
    assert [step for step, _words in refusals] == [tree.ids["bad split"]]
    assert "bad split" in refusals[0][1]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"match": "all", "items": [{"type": "test_score", "value": {}}] * 101}, "at most 100 conditions"),
        ({"match": "most", "items": []}, "damaged"),
        ({"match": "all", "items": ["nothing"]}, "damaged"),
        ("yes", "damaged"),
    ],
)
@pytest.mark.parametrize("kind", ["decision", "wait_for"])
def test_questions_that_are_none_are_refused_at_their_step(rule, said, kind):
    tree = Tree().do(name="a").add(kind, {"rule": rule, "patience": 1, "unit": "days"}, name="bad question")
    refusals = compile_tree(tree.json).refusals
    assert [step for step, _words in refusals] == [tree.ids["bad question"]]
    assert said in refusals[0][1] and "bad question" in refusals[0][1]


def test_a_rule_of_a_hundred_conditions_is_walked(campaign, people, walk):
    (lead,) = people(1, score=50)
    items = [{"id": str(n), "type": "test_score", "value": {"above": n % 40}} for n in range(100)]
    config = {"rule": {"match": "all", "items": items}, "patience": 0, "unit": "days"}
    tree = Tree().add("decision", config, name="q").do(1, parent="q", branch="yes")
    actions.enroll(campaign=campaign(tree.json), leads=[lead.pk])
    walk()
    lead.refresh_from_db()
    assert lead.score == 51


def test_a_branch_of_a_split_that_does_not_exist():
    tree = Tree().add("split", paths(50, 50), name="split").do(name="lost", parent="split", branch="yes")
    assert "has no branch for “lost”" in words(tree.json)


# -- waiting -------------------------------------------------------------------------------------------
def test_a_random_wait_spreads_people_in_one_statement(campaign, people, walk):
    people(200)
    made = campaign(Tree().add("wait_random", {"days": 2}, name="w").do(1).json)
    counts = []
    for limit in (5, 20, 200):
        actions.enroll(campaign=made, leads=Lead.objects.order_by("pk")[:limit].values_list("pk", flat=True))
        with CaptureQueriesContext(connection) as queries:
            walk()
        counts.append(len(queries))
    due = sorted(Enrollment.objects.values_list("due_at", flat=True))
    assert len(set(due)) > 190
    assert due[0] > NOW and due[-1] < NOW + dt.timedelta(days=2)
    assert due[100] - NOW == pytest.approx(dt.timedelta(days=1), abs=dt.timedelta(hours=6))
    assert counts[1] == counts[2]
    with later(days=2):
        walk()
    assert Counter(Lead.objects.values_list("score", flat=True)) == {1: 200}


def test_dates_of_many_people_cost_as_many_statements_as_of_few(campaign, people, walk):
    step = {"days": 1, "field": "birth_date", "time": "09:00", "past": "leave"}
    made = campaign(Tree().add("wait_after_date", step).do(1).json)
    counts = []
    for size in (3, 3, 40):
        leads = [people(1, birth_date=dt.date(2026, 4, 1 + n % 28))[0].pk for n in range(size)]
        actions.enroll(campaign=made, leads=leads)
        with CaptureQueriesContext(connection) as queries:
            walk()
        counts.append(len(queries))
    assert counts[1] == counts[2]
    days = set(Enrollment.objects.values_list("due_at", flat=True))
    assert len(days) == 28 and dt.datetime(2026, 4, 29, 9, tzinfo=dt.UTC) in days


def test_wait_for_goes_on_when_it_is_true_or_time_is_over(campaign, people, walk):
    tree = Tree().ask("test_score", 2, value={"above": 10}, name="w")
    tree.json[0]["type"] = "wait_for"
    tree.do(1, name="yes", parent="w", branch="true").do(2, name="no", parent="w", branch="timed_out")
    made = campaign(tree.json)
    at_once, woken, never = people(1, score=50)[0], *people(2)
    actions.enroll(campaign=made, leads=[at_once.pk, woken.pk, never.pk])
    walk()
    Lead.objects.filter(pk=woken.pk).update(score=20)
    facts_changed.send(sender=Lead, leads=[woken.pk], facts=frozenset({"field:score"}), now=NOW)
    walk()
    assert Lead.objects.get(pk=woken.pk).score == 21
    assert Enrollment.objects.inside().get().lead_id == never.pk
    with later(days=2):
        walk()
    assert dict(Lead.objects.values_list("pk", "score")) == {at_once.pk: 51, woken.pk: 21, never.pk: 2}
    entry = trace.for_lead(never)[0].entries[0]
    assert entry.outcome == Outcome.NO and "Not true when the waiting ended" in entry.reason


def test_waiting_for_something_needs_a_positive_rule_and_patience(tree_block):
    step = {
        "id": str(uuid.uuid4()),
        "type": "wait_for",
        "value": {"parent": "", "branch": "main", "name": ""},
    }
    rule = {"match": "none", "items": [{"id": "1", "type": "test_score", "value": {"above": 1}}]}
    for config in (
        {"rule": rule, "patience": 2, "unit": "days"},
        {"rule": {}, "patience": 2, "unit": "days"},
    ):
        step["value"]["config"] = config
        with pytest.raises(ValidationError):
            tree_block.clean(tree_block.to_python([step]))


# -- jumps ---------------------------------------------------------------------------------------------
def test_a_way_back_is_walked_so_many_times_and_then_left(campaign, people, walk):
    (lead,) = people(1)
    tree = Tree().do(1, name="round").minutes(10, name="pause")
    tree.add("go_to", {"step": tree.ids["round"], "most": 3}, name="again")
    actions.enroll(campaign=campaign(tree.json), leads=[lead.pk])
    for minutes in range(0, 100, 10):
        with later(minutes=minutes):
            walk()
    lead.refresh_from_db()
    assert lead.score == 4
    assert Enrollment.objects.get().left_reason == "loop_limit"
    (way,) = trace.for_lead(lead)
    assert way.entries[-1].reason == way.status == "Came round too often."


def test_leaving_with_a_reason(campaign, people, walk):
    (lead,) = people(1)
    tree = Tree().do(1).add("exit", {"reason": "not interested"}, name="out")
    actions.enroll(campaign=campaign(tree.json), leads=[lead.pk])
    walk()
    assert Enrollment.objects.get().left_reason == "exit:not interested"
    (way,) = trace.for_lead(lead)
    assert (way.status, way.entries[-1].reason) == ("not interested", "not interested")


def test_nothing_can_follow_a_step_that_leaves():
    tree = Tree().add("exit", {}, name="out").do(name="never")
    assert "Nobody comes to “never”" in words(tree.json)


# -- other campaigns -----------------------------------------------------------------------------------
def test_entering_another_campaign(campaign, people, walk):
    once, again = people(2)
    other = campaign(Tree().do(100).wait(1).json)
    made = campaign(Tree().add("campaign_enter", {"campaign": other.pk}, name="enter").do(1).json)
    actions.enroll(campaign=other, leads=[again.pk])
    actions.enroll(campaign=made, leads=[once.pk, again.pk])
    walk()
    assert Counter(Enrollment.objects.filter(campaign=other).values_list("lead", flat=True)) == {
        once.pk: 1,
        again.pk: 1,
    }
    assert set(Lead.objects.values_list("score", flat=True)) == {101}
    reasons = dict(
        StepLog.objects.filter(step__uuid=made_step(made)).values_list("enrollment__lead", "reason")
    )
    assert reasons == {once.pk: "", again.pk: "not_let_in"}


def made_step(campaign) -> str:
    return campaign.current_version.steps.order_by("position").first().identity.uuid


@pytest.mark.parametrize("closing", ["stop", "unpublish"])
def test_a_campaign_that_is_closed_lets_nobody_in(campaign, people, walk, closing):
    (lead,) = people(1)
    other = campaign(Tree().do(100).json)
    if closing == "stop":
        actions.stop(campaign=other)
    else:
        other.unpublish()
    made = campaign(Tree().add("campaign_enter", {"campaign": other.pk}).do(1).json)
    actions.enroll(campaign=made, leads=[lead.pk])
    walk()
    lead.refresh_from_db()
    assert lead.score == 1
    assert not Enrollment.objects.filter(campaign=other).exists()


def test_two_campaigns_that_send_people_to_each_other_end(campaign, people, walk):
    (lead,) = people(1)
    one = campaign(Tree().do(1).json, reentry="each")
    two = campaign(Tree().add("campaign_enter", {"campaign": one.pk}).json, reentry="each")
    one.tree = one.tree.stream_block.to_python(Tree().do(1).add("campaign_enter", {"campaign": two.pk}).json)
    actions.publish(campaign=one)
    actions.enroll(campaign=one, leads=[lead.pk], key="first")
    assert walk() is False
    lead.refresh_from_db()
    assert lead.score == entering.ENTRIES_A_DAY
    with later(days=2):
        walk()
    lead.refresh_from_db()
    assert lead.score == entering.ENTRIES_A_DAY


def test_taking_out_of_another_campaign_and_of_this(campaign, people, walk):
    inside, outside = people(2)
    other = campaign(Tree().wait(5).json)
    actions.enroll(campaign=other, leads=[inside.pk])
    walk()
    tree = Tree().add("campaign_leave", {"campaign": other.pk}).do(1)
    tree.add("campaign_leave", {"campaign": None}, name="self").do(1)
    made = campaign(tree.json)
    actions.enroll(campaign=made, leads=[inside.pk, outside.pk])
    walk()
    assert set(Enrollment.objects.values_list("left_reason", flat=True)) == {"taken_out"}
    assert Enrollment.objects.get(campaign=other).left_reason == "taken_out"
    assert set(Lead.objects.values_list("score", flat=True)) == {1}
    assert StepLog.objects.filter(reason="not_inside").count() == 1
