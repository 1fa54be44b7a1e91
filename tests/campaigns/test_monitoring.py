"""The overview of what runs, the people who are held, and how they try again."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import ModelLogEntry

from wagtail_automation import contact, jobs
from wagtail_automation.campaigns import actions, tasks
from wagtail_automation.campaigns.models import Campaign, Enrollment, Outcome, StepLog
from wagtail_automation.campaigns.monitoring import overview, trouble
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging.models import EmailVersion, Message
from wagtail_automation.outbox import State
from wagtail_automation.sql import counts_up_to
from wagtail_automation.testing import clock as test_clock

from .pieces import NOW, Tree

pytestmark = pytest.mark.django_db
MONITORING = "wagtail_automation_campaigns_monitoring"
HELD = "wagtail_automation_campaigns_held"
RETRY = "wagtail_automation_campaigns_try_again"


def later(**delta):
    return test_clock.freeze(NOW + dt.timedelta(**delta))


def sick() -> Tree:
    return Tree().do(1, name="before").add("do_test_poison", name="sick").do(3, name="after")


def numbers(client) -> dict[str, overview.Line]:
    table = client.get(reverse(MONITORING)).context["table"]
    return {line.campaign.name: line for line in table.data}


def message(lead, campaign, state, n, **fields):
    version, _new = EmailVersion.objects.get_or_create(
        name="Email",
        translation_key=campaign.uuid,
        language="en",
        defaults={"subject": "", "created_at": NOW},
    )
    fields = {"not_before": NOW, "created_at": NOW, **fields}
    return Message.objects.create(
        key=f"k{n}", lead=lead, email_version=version, origin=f"campaign:{campaign.pk}", state=state, **fields
    )


def test_the_overview_counts_what_is_so(as_role, campaign, people, walk):
    client = as_role("Marketer")
    made = campaign(Tree().do(1).wait(5).do(1).json)
    Campaign.objects.filter(pk=made.pk).update(name="Busy")
    quiet = campaign(Tree().do(1).json)
    Campaign.objects.filter(pk=quiet.pk).update(name="Quiet")
    yesterday, today = people(3), people(2)
    with later(days=-1):
        actions.enroll(campaign=made, leads=[lead.pk for lead in yesterday])
        walk()
    actions.enroll(campaign=made, leads=[lead.pk for lead in today])
    walk()
    message(today[0], made, State.SENT, 1, sent_at=NOW)
    message(today[1], made, State.SENT, 2, sent_at=NOW - dt.timedelta(days=1))
    message(today[0], made, State.QUEUED, 3, not_before=NOW + dt.timedelta(hours=2))
    message(today[0], made, State.QUEUED, 4, not_before=NOW + dt.timedelta(days=3))
    message(today[0], made, State.FAILED, 5)
    message(today[0], made, State.DOUBTFUL, 6)
    line, other = numbers(client)["Busy"], numbers(client)["Quiet"]
    shown = {
        name: str(getattr(line, name))
        for name in ("inside", "entered", "reached", "sent", "planned", "held", "failed", "doubtful")
    }
    assert shown == {
        "inside": "5",
        "entered": "2",
        "reached": "2",
        "sent": "1",
        "planned": "1",
        "held": "0",
        "failed": "1",
        "doubtful": "1",
    }
    assert line.percent == 50
    assert str(other.inside) == "0"
    # each number leads to as many
    page = client.get(line.inside.url)
    assert page.context["paginator"].count == 5
    assert (
        len([e for e in client.get(line.entered.url).context["object_list"] if e.what.startswith("Ent")]) == 2
    )
    assert len(client.get(line.reached.url).context["object_list"]) == 2
    for number in (line.failed, line.doubtful):
        assert client.get(number.url).context["result_count"] == 1
    assert client.get(line.sent.url).status_code == 200
    assert client.get(line.planned.url).status_code == 200


def test_more_than_so_many_are_not_counted(as_role, campaign, people, walk, monkeypatch):
    monkeypatch.setattr(overview, "LIMIT", 3)
    client = as_role("Marketer")
    made = campaign(Tree().do(1).wait(5).json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in people(5)])
    walk()
    line = numbers(client)["Test"]
    assert str(line.inside) == "more than 3"
    assert str(line.reached) == "more than 3"
    assert "more than 3" in client.get(reverse(MONITORING)).content.decode()


def test_the_overview_takes_the_same_statements_for_any_number(as_role, campaign, people, walk):
    client = as_role("Marketer")

    def price():
        numbers(client)
        with CaptureQueriesContext(connection) as asked:
            numbers(client)
        return len(asked)

    leads = [lead.pk for lead in people(2)]
    for _n in range(2):
        actions.enroll(campaign=campaign(Tree().do(1).wait(5).json), leads=leads)
    walk()
    few = price()
    for _n in range(6):
        actions.enroll(campaign=campaign(Tree().do(1).wait(5).json), leads=[p.pk for p in people(3)])
    walk()
    assert price() == few


def test_a_draft_is_not_watched_a_paused_one_is(as_role, campaign):
    client = as_role("Analyst")
    Campaign.objects.create(name="Draft", live=False)
    made = campaign(Tree().do(1).json)
    actions.pause(campaign=made)
    assert list(numbers(client)) == ["Test"]


def test_who_sees_own_leads_counts_own_leads(as_role, campaign, people, walk):
    client = as_role("Salesperson")
    own, foreign = people(1, owner=client.user), people(3)
    made = campaign(Tree().do(1).wait(5).json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in [*own, *foreign]])
    walk()
    message(foreign[0], made, State.DOUBTFUL, 1)
    line = numbers(client)["Test"]
    assert (line.inside.count, line.entered.count, line.reached.count, line.doubtful.count) == (1, 1, 1, 0)
    assert client.get(reverse(MONITORING)).context["engine"].doubtful.count == 0


def test_the_state_of_the_engine(as_role, campaign, people, walk):
    client = as_role("Marketer")

    def engine():
        return client.get(reverse(MONITORING)).context["engine"]

    assert not engine().is_alive
    assert "never" in client.get(reverse(MONITORING)).content.decode()
    jobs.heartbeat("beat")
    assert engine().is_alive
    made = campaign(Tree().do(1).json)
    leads = people(3)
    actions.enroll(campaign=made, leads=[leads[0].pk])
    with later(minutes=-10):
        actions.enroll(campaign=made, leads=[lead.pk for lead in leads[1:]])
    state = engine()
    assert (state.due.count, state.late.count, state.late.is_bad) == (3, 2, True)
    # who waits in a paused campaign is not late
    actions.pause(campaign=made)
    assert engine().late.count == 0
    actions.resume(campaign=made)
    walk()
    assert (engine().due.count, engine().late.count) == (0, 0)
    message(leads[0], made, State.DOUBTFUL, 1)
    assert engine().doubtful.count == 1
    with later(minutes=4):
        assert not engine().is_alive


# -- people held ------------------------------------------------------------------------------------
@pytest.fixture
def held(campaign, people, walk):
    made = campaign(sick().json)
    good, bad = people(3), people(2, company="poison")
    actions.enroll(campaign=made, leads=[lead.pk for lead in [*good, *bad]])
    walk()
    return made, bad


def cure(*leads):
    Lead.objects.filter(pk__in=[lead.pk for lead in leads]).update(company="", folded={})


def test_people_held_are_listed_with_step_reason_and_time(as_role, held):
    client = as_role("Marketer")
    made, bad = held
    assert numbers(client)["Test"].held.count == 2
    assert numbers(client)["Test"].held.is_bad
    response = client.get(numbers(client)["Test"].held.url)
    rows = list(response.context["table"].data)
    assert {row.lead_id for row in rows} == {lead.pk for lead in bad}
    assert {row.step_words for row in rows} == {"sick"}
    assert {row.held_since for row in rows} == {NOW}
    page = response.content.decode()
    assert "It failed: no antidote." in page
    assert reverse(RETRY, args=[made.pk]) in page
    assert reverse("wagtail_automation_campaigns_people", args=[made.pk]) in page
    # and every one of them can be skipped or taken out
    for row in rows:
        for act in ("skip", "remove"):
            address = reverse("wagtail_automation_campaigns_act", args=[made.pk, act])
            assert f"{address}?enrollment={row.pk}" in page


@pytest.mark.parametrize(("act", "scores"), [("skip", {1, 4}), ("remove", {1})])
def test_who_is_held_skips_the_step_or_is_taken_out(as_role, held, walk, act, scores):
    client = as_role("Marketer")
    made, bad = held
    row = Enrollment.objects.get(lead=bad[0])
    address = reverse("wagtail_automation_campaigns_act", args=[made.pk, act])
    response = client.post(f"{address}?enrollment={row.pk}", {"reason": "", "visit": row.visit})
    assert response.status_code == 302
    walk()
    people = Lead.objects.filter(pk__in=[lead.pk for lead in bad])
    assert set(people.values_list("score", flat=True)) == scores
    assert list(Enrollment.objects.held().values_list("lead", flat=True)) == [bad[1].pk]


def test_one_person_tries_again(as_role, held, walk):
    client = as_role("Marketer")
    made, (first, second) = held
    cure(first, second)
    row = Enrollment.objects.get(lead=first)
    address = f"{reverse(RETRY, args=[made.pk])}?person={row.pk}"
    page = client.get(address)
    assert str(first) in page.content.decode()
    assert Enrollment.objects.held().count() == 2
    client.post(address)
    walk()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.score, second.score) == (104, 1)
    entry = ModelLogEntry.objects.get(action=trouble.TRY_AGAIN)
    assert (entry.user, entry.data) == (client.user, {"people": 1})
    # once more changes nothing
    client.post(address)
    walk()
    first.refresh_from_db()
    assert first.score == 104
    assert ModelLogEntry.objects.filter(action=trouble.TRY_AGAIN).count() == 1


def test_everybody_held_in_a_campaign_tries_again(as_role, held, campaign, people, walk):
    client = as_role("Marketer")
    made, bad = held
    other = campaign(sick().json)
    (elsewhere,) = people(1, company="poison")
    actions.enroll(campaign=other, leads=[elsewhere.pk])
    walk()
    cure(*bad, elsewhere)
    client.post(reverse(RETRY, args=[made.pk]))
    walk()
    assert set(Lead.objects.filter(pk__in=[lead.pk for lead in bad]).values_list("score", flat=True)) == {104}
    assert list(Enrollment.objects.held().values_list("lead", flat=True)) == [elsewhere.pk]


def test_who_fails_again_is_held_again(as_role, held, walk):
    client = as_role("Marketer")
    made, _bad = held
    client.post(reverse(RETRY, args=[made.pk]))
    walk()
    assert Enrollment.objects.held().count() == 2
    assert StepLog.objects.filter(outcome=Outcome.HELD).count() == 4


def test_only_who_may_change_campaigns_lets_people_try_again(as_role, held):
    client = as_role("Analyst")
    made, _bad = held
    assert client.get(reverse(RETRY, args=[made.pk])).status_code == 302
    client.post(reverse(RETRY, args=[made.pk]))
    assert Enrollment.objects.held().count() == 2
    assert reverse(RETRY, args=[made.pk]) not in client.get(reverse(HELD)).content.decode()


def test_nobody_acts_on_people_out_of_sight(as_role, held, people, walk):
    from django.contrib.auth.models import Permission

    client = as_role("Salesperson")
    client.user.user_permissions.add(Permission.objects.get(codename="change_campaign"))
    made, (first, second) = held
    Lead.objects.filter(pk=first.pk).update(owner=client.user)
    cure(first, second)
    foreign = Enrollment.objects.get(lead=second)
    assert client.get(f"{reverse(RETRY, args=[made.pk])}?person={foreign.pk}").status_code == 404
    assert [row.lead for row in client.get(reverse(HELD)).context["table"].data] == [first]
    client.post(reverse(RETRY, args=[made.pk]))
    assert [row.lead for row in Enrollment.objects.held()] == [second]


@pytest.mark.parametrize("person", ["x", "-1", "9" * 30, "0"])
def test_a_bad_person_is_nobody(as_role, held, person):
    client = as_role("Marketer")
    made, _bad = held
    assert client.post(f"{reverse(RETRY, args=[made.pk])}?person={person}").status_code == 404
    assert Enrollment.objects.held().count() == 2


@pytest.mark.parametrize(
    "query", [{"campaign": "x"}, {"campaign": "0"}, {"p": "x"}, {"ordering": "lead__email"}]
)
def test_bad_filters_of_the_list_of_people_held(as_role, held, query):
    assert as_role("Marketer").get(reverse(HELD), query).status_code == 200


# -- by itself --------------------------------------------------------------------------------------
def test_an_error_is_tried_again_a_few_times_and_then_waits_for_the_team(held):
    _made, (first, second) = held
    tries = lambda: StepLog.objects.filter(outcome=Outcome.HELD, enrollment__lead=first).count()  # noqa: E731
    tasks.beat()
    assert tries() == 1
    with later(minutes=9):
        tasks.beat()
        assert tries() == 1
    with later(minutes=10):
        tasks.beat()
        tasks.beat()
        assert tries() == 2
    with later(minutes=30):
        tasks.beat()
        assert tries() == 2
    cure(second)
    with later(minutes=70):
        tasks.beat()
        assert tries() == 3
        second.refresh_from_db()
        assert second.score == 104
    with later(hours=8):
        tasks.beat()
        assert tries() == 4
    for days in (1, 2, 30):
        with later(days=days):
            tasks.beat()
    assert tries() == 4
    assert list(Enrollment.objects.held().values_list("lead", flat=True)) == [first.pk]


def test_a_step_that_is_ill_is_not_tried_again_by_itself(held, monkeypatch):
    monkeypatch.setattr(trouble, "ILL", 1)
    with later(days=1):
        assert trouble.try_again_by_itself() == 0
    monkeypatch.setattr(trouble, "ILL", 2)
    with later(days=1):
        assert trouble.try_again_by_itself() == 2
        assert trouble.try_again_by_itself() == 0


def test_what_is_missing_is_not_tried_again_by_itself(held):
    Enrollment.objects.held().update(held_reason="missing:app.Model:1")
    with later(days=1):
        assert trouble.try_again_by_itself() == 0


def test_counts_stop_at_the_limit(people):
    people(5)
    leads = Lead.objects.all()
    questions = [(leads, "pk"), (leads.none(), "pk"), (leads.filter(pk=0), "pk"), (leads, "score")]
    found = [(c.rows, c.distinct, c.more) for c in counts_up_to(questions, 3)]
    assert found == [(3, 3, True), (0, 0, False), (0, 0, False), (3, 1, True)]
    with CaptureQueriesContext(connection) as asked:
        counts_up_to(questions, 100)
    assert len(asked) == 1
    assert counts_up_to([], 3) == []


def test_a_channel_that_cannot_tell_says_nothing():
    class Pigeons(contact.Source):
        def recent(self, since):
            return Lead.objects.none()

        def reached(self, origin, since=None):
            return Lead.objects.none()

    assert Pigeons().of_day("campaign:1", NOW, NOW) == {}
    assert Pigeons().doubtful() is None
    assert Pigeons().list_url() == ""
