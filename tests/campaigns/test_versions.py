"""Publishing while people are inside, pausing, stopping, and who may enter."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from wagtail_automation.campaigns import actions, moves, stats
from wagtail_automation.campaigns.models import (
    Campaign,
    CampaignVersion,
    Enrollment,
    State,
    StepLog,
    TriggerSubscription,
)
from wagtail_automation.leads.models import Lead
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.actions import record_event

from .pieces import NOW, Tree

pytestmark = pytest.mark.django_db


def later(**delta):
    return test_clock.freeze(NOW + dt.timedelta(**delta))


def republish(campaign, tree):
    campaign.tree = tree
    campaign.save()
    return actions.publish(campaign=campaign)


def scores() -> list[int]:
    return sorted(Lead.objects.values_list("score", flat=True))


def test_publishing_through_wagtail_compiles(people, walk):
    campaign = Campaign(name="Hello", tree=Tree().on().do(3).json, live=False)
    campaign.save()
    campaign.save_revision().publish()
    campaign.refresh_from_db()
    assert campaign.live
    assert campaign.current_version.number == 1
    assert [row.event for row in TriggerSubscription.objects.all()] == ["page_viewed"]
    (lead,) = people(1)
    record_event(name="page_viewed", lead=lead)
    walk()
    assert scores() == [3]
    campaign.unpublish()
    assert not TriggerSubscription.objects.exists()
    record_event(name="page_viewed", lead=people(1)[0])
    assert Enrollment.objects.count() == 1


def test_an_old_draft_does_not_bring_back_an_old_state():
    campaign = Campaign.objects.create(name="Hello", tree=Tree().do(3).json)
    draft = campaign.save_revision()
    campaign.save_revision().publish()
    campaign.refresh_from_db()
    actions.pause(campaign=campaign)
    stale = Campaign.objects.get(pk=campaign.pk)
    actions.publish(campaign=campaign)
    stale.name = "Renamed"
    stale.save()
    draft.publish()
    campaign.refresh_from_db()
    assert campaign.state == State.PAUSED
    assert campaign.current_version.number == 3


def test_a_tree_that_cannot_run_leaves_the_version_before_it_running(campaign, people, walk):
    made = campaign(Tree().do(1).json)
    with pytest.raises(ValidationError):
        republish(made, Tree().do(1, name="a").go_to("a").json)
    assert CampaignVersion.objects.count() == 1
    made.refresh_from_db()
    assert made.current_version.number == 1


def test_publishing_such_a_tree_through_wagtail_changes_nothing(campaign):
    made = campaign(Tree().do(1).json)
    made.tree = Tree().do(1, name="a").go_to("a").json
    revision = made.save_revision(clean=False)
    with pytest.raises(ValidationError):
        revision.publish()
    made.refresh_from_db()
    assert (made.current_version.number, len(made.tree), made.has_unpublished_changes) == (1, 1, True)


def test_people_go_on_at_the_step_where_they_are(campaign, people, walk):
    tree = Tree().do(1, name="a").wait(1, name="w").do(10, name="b")
    made = campaign(tree.json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in people(3)])
    walk()
    changed = Tree()
    changed.do(1000, name="new").add("do_test_points", {"points": 1}, key=tree.ids["a"])
    changed.add("wait_days", {"amount": 1, "unit": "days"}, key=tree.ids["w"]).do(20, name="c")
    republish(made, changed.json)
    with later(days=1):
        walk()
    assert scores() == [21, 21, 21]
    assert set(Enrollment.objects.values_list("version__number", flat=True)) == {2}


def test_people_at_a_removed_step_go_to_the_next_that_is_left(campaign, people, walk):
    tree = Tree().do(1, name="a").wait(5, name="w1").wait(5, name="w2").do(10, name="b")
    made = campaign(tree.json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in people(3)])
    walk()
    kept = [step for step in tree.json if step["value"]["name"] in ("a", "b")]
    republish(made, kept)
    walk()
    assert scores() == [11, 11, 11]
    assert StepLog.objects.filter(reason="step_removed").count() == 3


def test_people_leave_when_no_step_is_left_for_them(campaign, people, walk):
    tree = Tree().do(1, name="a").wait(5, name="w")
    made = campaign(tree.json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in people(2)])
    walk()
    republish(made, tree.json[:1])
    assert set(Enrollment.objects.values_list("step", "left_reason")) == {(None, "step_removed")}


def test_who_comes_late_to_a_removed_step_is_moved_by_the_walker(campaign, people, walk, monkeypatch):
    """A walk under the older plan may bring people to a step after it was removed."""
    tree = Tree().do(1, name="a").wait(5, name="w").do(10, name="b")
    made = campaign(tree.json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in people(2)])
    walk()
    monkeypatch.setattr(moves, "relocate", lambda plan, removed: 0)
    republish(made, [step for step in tree.json if step["value"]["name"] != "w"])
    monkeypatch.undo()
    walk()
    assert scores() == [1, 1]
    with later(days=5):
        walk()
    assert scores() == [11, 11]


def test_pausing_keeps_everybody_and_resuming_goes_on(campaign, people, walk):
    made = campaign(Tree().do(1).minutes(10).do(10).json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in people(2)])
    walk()
    actions.pause(campaign=made)
    actions.enroll(campaign=made, leads=[people(1)[0].pk])
    with later(minutes=30):
        walk()
        assert scores() == [0, 1, 1]
        actions.resume(campaign=made)
        walk()
        assert scores() == [1, 11, 11]


def test_stopping_takes_everybody_out_and_lets_nobody_in(campaign, people, walk):
    made = campaign(Tree().on().do(1).minutes(10).do(10).json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in people(2)])
    walk()
    assert actions.stop(campaign=made) == 2
    assert actions.stop(campaign=made) == 0
    (late,) = people(1)
    assert actions.enroll(campaign=made, leads=[late.pk]) == 0
    record_event(name="page_viewed", lead=late)
    with later(days=1):
        walk()
    assert scores() == [0, 1, 1]
    assert set(Enrollment.objects.values_list("left_reason", flat=True)) == {"stopped"}


def test_never_again(campaign, people, walk):
    campaign(Tree().on().do(1).json)
    (lead,) = people(1)
    for _time in range(3):
        record_event(name="page_viewed", lead=lead)
        walk()
    assert scores() == [1]


def test_each_time_but_once_per_key(campaign, people, walk):
    made = campaign(Tree().on().do(1).json, reentry="each")
    (lead,) = people(1)
    for _time in range(3):
        record_event(name="page_viewed", lead=lead)
    walk()
    assert scores() == [3]  # though all three were due in one chunk
    for _time in range(2):
        actions.enroll(campaign=made, leads=[lead.pk], key="order-17")
    walk()
    assert scores() == [4]


def test_again_after_some_days(campaign, people, walk):
    made = campaign(Tree().do(1).json, reentry="after", reentry_days=7)
    (lead,) = people(1)
    entered = []
    for days in (0, 1, 6, 8, 9, 16):
        with later(days=days):
            entered.append(actions.enroll(campaign=made, leads=[lead.pk]))
            walk()
    assert entered == [1, 0, 0, 1, 0, 1]
    assert scores() == [3]


def test_a_machine_and_an_unknown_visitor_start_nothing(campaign, people):
    campaign(Tree().on().do(1).json)
    record_event(name="page_viewed", lead=people(1)[0], human=False)
    record_event(name="page_viewed")
    assert not Enrollment.objects.exists()


def test_since_entry_counts_the_event_that_started_it(campaign, people, walk):
    """However late the nudge: the click that brought the lead in is "since entry", the one before is not."""
    tree = Tree().on().ask("test_clicked", name="ask").do(1, parent="ask", branch="yes")
    campaign(tree.json)
    before, after = people(2)
    record_event(name="link_clicked", lead=before)
    with later(minutes=1):
        for lead in (before, after):
            record_event(name="page_viewed", lead=lead)
        record_event(name="link_clicked", lead=after)
    with later(hours=1):
        walk()
    assert dict(Lead.objects.values_list("pk", "score")) == {before.pk: 0, after.pk: 1}


def test_a_click_wakes_the_decision(campaign, people, walk, django_assert_num_queries):
    tree = Tree().do(0).ask("test_clicked", 3, name="ask").do(1, parent="ask", branch="yes")
    made = campaign(tree.json)
    one, other = people(2)
    actions.enroll(campaign=made, leads=[one.pk, other.pk])
    walk()
    with later(hours=1):
        record_event(name="link_clicked", lead=one)
        assert Enrollment.objects.get(lead=one).due_at > test_clock.clock.now()  # the walker wakes it
        walk()
    assert dict(Lead.objects.values_list("pk", "score")) == {one.pk: 1, other.pk: 0}
    with later(days=4):
        walk()
    assert not Enrollment.objects.inside().exists()


def test_the_cards_show_where_people_are(campaign, people, walk):
    tree = (
        Tree().do(0, name="a").ask("test_clicked", 3, name="ask").do(1, name="y", parent="ask", branch="yes")
    )
    made = campaign(tree.json)
    one, *_others = leads = people(5)
    actions.enroll(campaign=made, leads=[lead.pk for lead in leads])
    record_event(name="link_clicked", lead=one)
    walk()
    ids = tree.ids
    assert stats.for_campaign(made) == {
        "steps": {
            ids["a"]: {"waiting": 0, "passed": 5, "held": 0},
            ids["ask"]: {"waiting": 4, "passed": 1, "held": 0},
            ids["y"]: {"waiting": 0, "passed": 1, "held": 0},
        },
        "branches": {f"{ids['ask']}:yes": 1},
    }
    now = {"entered": 5, "inside": 4, "held": 0, "goal": 0, "finished": 1, "left": 0}
    assert stats.totals(made) == now
