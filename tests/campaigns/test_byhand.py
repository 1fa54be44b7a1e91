"""Moving, skipping, beginning again, taking out: by hand, by API, in the admin, and while a worker walks."""

import datetime as dt
import os
import threading

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import ModelLogEntry

from wagtail_automation import jobs
from wagtail_automation.campaigns import actions, api, byhand, moves, trace
from wagtail_automation.campaigns.models import Campaign, Enrollment, Outcome, StepLog
from wagtail_automation.campaigns.versions import plan_of
from wagtail_automation.campaigns.walk import Walk
from wagtail_automation.leads.models import Lead
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.models import Event

from .pieces import NOW, Tree

pytestmark = pytest.mark.django_db


def later(**delta):
    return test_clock.freeze(NOW + dt.timedelta(**delta))


def line() -> Tree:
    return Tree().do(1, name="a").wait(5, name="w").do(10, name="b").wait(5, name="w2").do(100, name="c")


def scores() -> list[int]:
    return sorted(Lead.objects.values_list("score", flat=True))


@pytest.fixture
def running(campaign, people, walk):
    """``running(3)``: a campaign with so many people at the step w, and its steps by name."""

    def make(count: int, tree: Tree | None = None, **fields):
        tree = tree or line()
        made = campaign(tree.json, **fields)
        actions.enroll(campaign=made, leads=[lead.pk for lead in people(count)])
        walk()
        return made, tree.ids

    return make


def test_moving_everybody_at_a_step(running, walk, admin_user):
    made, ids = running(3)
    people = byhand.people_at(made, ids["w"])
    assert api.move(campaign=made, people=people, to=ids["w2"], user=admin_user, reason=" sold  out ") == 3
    walk()
    assert scores() == [1, 1, 1], "the wait of the step they came to begins"
    with later(days=5):
        walk()
    assert scores() == [101, 101, 101]
    entry = ModelLogEntry.objects.get(action="wagtail_automation.people_move")
    assert (entry.user, entry.data["count"], entry.data["reason"]) == (admin_user, 3, "sold out")
    assert entry.message == "3 people were moved: sold out"
    (way,) = trace.for_lead(Lead.objects.first())
    assert (way.entries[1].outcome, way.entries[1].name) == (Outcome.BY_HAND, "w")
    assert way.entries[1].reason == "Moved to “w2” (by admin): sold out"


def test_skipping_the_wait_does_the_next_step_now(running, walk):
    made, ids = running(2)
    assert api.skip(campaign=made, people=byhand.people_at(made, ids["w"])) == 2
    walk()
    assert scores() == [11, 11]
    assert api.skip(campaign=made, people=byhand.people_at(made, ids["w"])) == 0, "nobody is there any more"


def test_skipping_the_last_step_comes_to_the_end(running, walk):
    made, ids = running(1, Tree().do(1).wait(5, name="w"))
    assert api.skip(campaign=made, people=byhand.people_at(made, ids["w"])) == 1
    assert Enrollment.objects.get().left_reason == "finished"


def test_skipping_a_decision_takes_the_chosen_way(running, walk):
    tree = Tree().ask("test_clicked", 3, name="ask")
    tree.do(1, parent="ask", branch="yes").do(10, parent="ask", branch="no")
    made, ids = running(2, tree)
    people = byhand.people_at(made, ids["ask"])
    for branch in ("", "maybe"):
        with pytest.raises(ValidationError, match="choose the way"):
            api.skip(campaign=made, people=people, branch=branch)
    api.skip(campaign=made, people=people, branch="no")
    walk()
    assert scores() == [10, 10]


def test_a_way_at_a_step_that_has_none_is_refused(running):
    made, ids = running(1)
    with pytest.raises(ValidationError, match="does not divide"):
        api.skip(campaign=made, people=byhand.people_at(made, ids["w"]), branch="yes")


def test_beginning_again(running, walk):
    made, _ids = running(1)
    lead = Lead.objects.get()
    with later(hours=1):
        assert api.restart(campaign=made, people=api.people_of(made, [lead.pk])) == 1
        walk()
    assert scores() == [2]
    enrollment = Enrollment.objects.get()
    assert enrollment.since_at == NOW + dt.timedelta(hours=1)
    assert enrollment.entered_at == NOW
    assert StepLog.objects.count() == len(set(StepLog.objects.values_list("visit", flat=True)))


def test_taking_out_is_an_event_with_its_reason(running, walk):
    made, ids = running(2)
    assert api.remove(campaign=made, people=byhand.people_at(made, ids["w"]), reason="asked for it") == 2
    assert set(Enrollment.objects.values_list("step", "left_reason")) == {(None, "by_hand")}
    assert {event.data["reason"] for event in Event.objects.filter(name="campaign_left")} == {"by_hand"}
    (way,) = trace.for_lead(Lead.objects.first())
    assert way.status == "Was taken out by hand."
    assert way.entries[-1].reason == "Taken out: asked for it"


def test_those_who_are_held_go_on(running, walk):
    tree = Tree().do(1).add("do_test_poison", {"company": ""}, name="sick").do(10, name="b")
    made, ids = running(1, tree)
    assert Enrollment.objects.get().due_at is None
    api.skip(campaign=made, people=byhand.people_at(made, ids["sick"]))
    walk()
    assert scores() == [11]


def test_where_nobody_can_be_put(running, campaign, people):
    made, ids = running(1)
    people_there = byhand.people_at(made, ids["w"])
    for to in ("nonsense", "6b1f1f0e-0000-4000-8000-000000000000"):
        with pytest.raises(ValidationError, match="does not have this step"):
            api.move(campaign=made, people=people_there, to=to)
    with pytest.raises(ValidationError, match="never published"):
        api.restart(campaign=Campaign.objects.create(name="Draft"), people=people_there)
    other, _ids = running(1)
    assert api.remove(campaign=other, people=people_there) == 0, "people of another campaign"


def test_paused_people_are_moved_and_stay(running, walk):
    made, ids = running(1)
    actions.pause(campaign=made)
    api.move(campaign=made, people=byhand.people_at(made, ids["w"]), to=ids["c"])
    walk()
    assert scores() == [1]
    actions.resume(campaign=made)
    walk()
    assert scores() == [101]


def test_as_many_statements_for_many_as_for_few(running):
    counts = []
    for count in (2, 60):
        made, ids = running(count)
        with CaptureQueriesContext(connection) as queries:
            api.move(campaign=made, people=byhand.people_at(made, ids["w"]), to=ids["c"])
        counts.append(len(queries))
    assert counts[0] == counts[1] < 25


def test_large_groups_in_chunks(running, monkeypatch, walk):
    monkeypatch.setattr(moves, "BATCH", 7)
    made, ids = running(30)
    assert api.restart(campaign=made, people=byhand.people_at(made, ids["w"])) == 30
    walk()
    assert scores() == [2] * 30


# -- the admin -----------------------------------------------------------------------------------------
def act_url(made, act, **query):
    return (
        reverse("wagtail_automation_campaigns_act", args=[made.pk, act])
        + "?"
        + ("&".join(f"{key}={value}" for key, value in query.items()))
    )


@pytest.fixture
def marketer(db, client):
    user = User.objects.create_user("marketer")
    user.user_permissions.add(
        Permission.objects.get(codename="access_admin"),
        *Permission.objects.filter(codename__in=["change_campaign", "view_lead", "view_all_leads"]),
    )
    client.force_login(user)
    return user


def test_the_page_asks_and_acts(running, walk, client, marketer):
    made, ids = running(3)
    url = act_url(made, "move", step=ids["w"])
    page = client.get(url).content.decode()
    assert "3 people are at the step “w”" in page
    assert ids["w2"] in page and f'value="{ids["w"]}"' not in page, "not to where they are"
    assert Enrollment.objects.filter(step__uuid=ids["w"]).count() == 3
    answer = client.post(url, {"to": ids["w2"], "reason": "sold out"}, follow=True)
    assert "3 people were moved." in answer.content.decode()
    assert Enrollment.objects.filter(step__uuid=ids["w2"]).count() == 3
    again = client.post(act_url(made, "remove", step=ids["w"]), {}, follow=True)
    assert "Nobody was there any more" in again.content.decode()


def test_one_person_from_the_trace(running, client, marketer):
    made, _ids = running(2)
    enrollment = Enrollment.objects.first()
    trace_url = reverse("wagtail_automation_campaigns_trace", args=[made.pk, enrollment.pk])
    url = act_url(made, "remove", enrollment=enrollment.pk)
    assert url.replace("&", "&amp;") in client.get(trace_url).content.decode()
    page = client.get(url).content.decode()
    assert str(enrollment.lead) in page
    client.post(url, {"visit": enrollment.visit})
    assert Enrollment.objects.inside().count() == 1
    assert "has left the campaign" in client.get(url).content.decode()
    assert url not in client.get(trace_url).content.decode()


def test_somebody_who_went_on_meanwhile_is_left_alone(running, walk, client, marketer):
    """The page was open while the person walked to the next step: that one must not be skipped."""
    made, ids = running(1)
    enrollment = Enrollment.objects.get()
    with later(days=5):
        walk()
    answer = client.post(
        act_url(made, "skip", enrollment=enrollment.pk), {"visit": enrollment.visit}, follow=True
    )
    assert "Nobody was there any more" in answer.content.decode()
    assert Enrollment.objects.get().step.uuid.hex == ids["w2"].replace("-", "")


def test_the_list_of_people_offers_it(running, client, marketer):
    made, ids = running(2)
    url = reverse("wagtail_automation_campaigns_people", args=[made.pk])
    page = client.get(url).content.decode()
    assert f"enrollment={Enrollment.objects.first().pk}" in page
    assert "Everybody at this step" not in page
    page = client.get(f"{url}?step={ids['w']}").content.decode()
    assert "Everybody at this step" in page and f"act/restart/?step={ids['w']}" in page


@pytest.mark.parametrize(
    ("act", "query", "status"),
    [
        ("burn", {"step": "w"}, 404),
        ("move", {"step": "nonsense"}, 404),
        ("move", {"step": "6b1f1f0e-0000-4000-8000-000000000000"}, 404),
        ("move", {}, 404),
        ("remove", {"enrollment": "x"}, 404),
        ("remove", {"enrollment": "99999999"}, 404),
    ],
)
def test_bad_addresses(running, client, marketer, act, query, status):
    made, _ids = running(1)
    assert client.get(act_url(made, act, **query)).status_code == status
    assert client.post(act_url(made, act, **query)).status_code == status


def test_bad_forms(running, client, marketer):
    made, ids = running(1)
    for act, data in (
        ("move", {}),
        ("move", {"to": "nonsense"}),
        ("remove", {"reason": "x" * 201}),
    ):
        answer = client.post(act_url(made, act, step=ids["w"]), data)
        assert answer.status_code == 200
        assert Enrollment.objects.filter(step__uuid=ids["w"]).count() == 1


def test_only_those_who_may_change_campaigns_and_only_their_leads(running, client, marketer):
    made, ids = running(3)
    mine = Lead.objects.first()
    Lead.objects.filter(pk=mine.pk).update(owner=marketer)
    marketer.user_permissions.remove(Permission.objects.get(codename="view_all_leads"))
    marketer = User.objects.get(pk=marketer.pk)
    client.force_login(marketer)
    assert "1 person is at the step" in client.get(act_url(made, "remove", step=ids["w"])).content.decode()
    foreign = Enrollment.objects.exclude(lead=mine).first()
    assert client.post(act_url(made, "remove", enrollment=foreign.pk)).status_code == 404
    client.post(act_url(made, "remove", step=ids["w"]), {})
    assert [row.lead_id for row in Enrollment.objects.filter(step=None)] == [mine.pk]
    marketer.user_permissions.remove(Permission.objects.get(codename="change_campaign"))
    marketer.user_permissions.add(Permission.objects.get(codename="view_campaign"))
    client.force_login(User.objects.get(pk=marketer.pk))
    answer = client.get(act_url(made, "remove", step=ids["w"]))
    assert answer.status_code in (302, 403)
    people = reverse("wagtail_automation_campaigns_people", args=[made.pk])
    assert "act/remove" not in client.get(f"{people}?step={ids['w']}").content.decode()


# -- while a worker walks ------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(os.environ.get("WA_TEST_DB") != "postgres", reason="SQLite has one writer")
@pytest.mark.parametrize("first", ["walker", "hand"])
def test_a_worker_has_the_same_person_in_hand(campaign, people, walk, monkeypatch, first):
    """Whoever comes second sees what the first has done: the wait is over or skipped, never both."""
    monkeypatch.setattr(jobs, "enqueue", lambda *args, **options: None)
    tree = line()
    made = campaign(tree.json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in people(4)])
    walk()
    moved: list[int] = []

    def by_hand():
        try:
            moved.append(
                api.move(campaign=made, people=byhand.people_at(made, tree.ids["w"]), to=tree.ids["w2"])
            )
        finally:
            connections.close_all()

    with later(days=5):
        thread = threading.Thread(target=by_hand)
        if first == "walker":
            with transaction.atomic():
                made.refresh_from_db()
                plan = plan_of(made.current_version_id, made.current_version.uuid)
                step = made.identities.get(uuid=tree.ids["w"]).pk
                claimed = Enrollment.objects.claim(step, NOW + dt.timedelta(days=5), 3)
                assert len(claimed) == 3
                thread.start()
                thread.join(1)
                assert thread.is_alive(), "it waits for those in the worker's hands"
                Walk(plan, step, claimed, NOW + dt.timedelta(days=5)).run()
            thread.join(30)
            assert moved == [1], "the three who walked on are left alone"
            assert scores() == [1, 11, 11, 11]
        else:
            with transaction.atomic():
                api.move(campaign=made, people=byhand.people_at(made, tree.ids["w"]), to=tree.ids["w2"])
                walked = threading.Thread(target=lambda: (walk(), connections.close_all()))
                walked.start()
                walked.join(30)
                assert not walked.is_alive(), "the worker passes over those who are being moved"
            assert scores() == [1, 1, 1, 1]
        walk()
    visits = list(StepLog.objects.values_list("enrollment", "visit"))
    assert len(visits) == len(set(visits))
    assert set(Enrollment.objects.values_list("step__uuid", flat=True)) == {
        made.identities.get(uuid=tree.ids["w2"]).uuid
    }
