"""The log of campaigns: who sees what of it, in which order, by which filter, and at what price."""

import datetime as dt

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Mod
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.users.models import UserProfile

from wagtail_automation.campaigns import actions
from wagtail_automation.campaigns.models import Enrollment, Outcome, StepLog
from wagtail_automation.campaigns.monitoring import bench, log, querysets
from wagtail_automation.campaigns.monitoring.querysets import Narrowed
from wagtail_automation.leads.logs import log_lead
from wagtail_automation.leads.models import Identifier, Lead
from wagtail_automation.sql import insert_select
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.actions import record_event
from wagtail_automation.tracking.models import Event

from .pieces import NOW, Tree

pytestmark = pytest.mark.django_db
ADDRESS = "wagtail_automation_campaigns_log"


@pytest.fixture
def boss(db):
    return User.objects.create_superuser("boss")


def entries(client, **query):
    response = client.get(reverse(ADDRESS), query)
    assert response.status_code == 200
    return response.context["object_list"]


def asking() -> Tree:
    tree = Tree().do(1, name="hello").ask("test_score", name="ask", value={"above": 0})
    tree.do(10, name="thanks", parent="ask", branch="yes").do(0, name="again", parent="ask", branch="no")
    return tree


def later(**delta):
    return test_clock.freeze(NOW + dt.timedelta(**delta))


def test_everything_is_there_in_one_order_of_time(as_role, campaign, people, walk):
    client = as_role("Marketer")
    (lead,) = people(1, status="known")
    made = campaign(asking().json)
    actions.enroll(campaign=made, leads=[lead.pk])
    with later(minutes=1):
        walk()
    with later(minutes=2):
        actions.pause(campaign=made, user=client.user)
    found = entries(client)
    shown = [(entry.kind, str(entry.what)) for entry in found]
    assert {("Step", "hello"), ("Step", "ask"), ("Step", "thanks")} <= set(shown)
    assert ("Event", "Entered a campaign") in shown
    assert ("Event", "Left a campaign") in shown
    assert ("Team", "Pause") in shown
    moments = [entry.at for entry in found]
    assert moments == sorted(moments, reverse=True)
    (asked,) = (entry for entry in found if entry.what == "ask")
    assert asked.outcome == "Yes"
    assert asked.why.startswith("True:")
    assert asked.lead == lead
    assert asked.campaign == made


def test_pages_hold_every_line_once(boss, campaign, people, walk):
    """All at the same moment: the order within it is what pages go by."""
    made = campaign(asking().json)
    leads = people(15)
    actions.enroll(campaign=made, leads=[lead.pk for lead in leads])
    walk()
    whole = log.page_of(Narrowed(boss), size=1000)
    assert whole.older == ""
    assert len(whole.entries) >= 15 * 3 + 15 * 2
    seen, cursor = [], ""
    for _page in range(100):
        page = log.page_of(Narrowed(boss), size=7, cursor=cursor)
        seen += page.entries
        cursor = page.older
        if not cursor:
            break
    key = lambda entry: (entry.at, entry.kind, entry.what, entry.lead, entry.said)  # noqa: E731
    assert list(map(key, seen)) == list(map(key, whole.entries))


@pytest.mark.parametrize("outcome", [Outcome.YES, Outcome.NO, Outcome.DONE])
def test_pages_of_a_filter_hold_every_line_once(boss, campaign, people, walk, outcome):
    made, other = campaign(asking().json), campaign(asking().json)
    leads = [*people(9), *people(6, score=-50)]
    for minutes, one in enumerate((made, other)):
        with later(minutes=minutes):
            actions.enroll(campaign=one, leads=[lead.pk for lead in leads])
            walk()
    rows = StepLog.objects.filter(outcome=outcome, step__campaign=made)
    expected = list(rows.order_by("-at", "-enrollment_id", "-visit").values_list("enrollment_id", "step"))
    assert expected
    seen, cursor = [], ""
    for _page in range(100):
        asked = Narrowed(boss, campaign=made, outcomes=(outcome.value,))
        page = log.page_of(asked, size=4, cursor=cursor)
        seen += page.entries
        cursor = page.older
        if not cursor:
            break
    assert [entry.enrollment for entry in seen] == [enrollment for enrollment, _step in expected]


def test_by_kind_campaign_lead_day_and_result(as_role, campaign, people, walk):
    client = as_role("Marketer")
    made, other = campaign(asking().json), campaign(asking().json, reentry="each")
    first, second = people(2, status="known")
    Identifier.objects.create(kind="email", value=first.email, lead=first)
    actions.enroll(campaign=made, leads=[first.pk, second.pk])
    walk()
    with later(days=2):
        actions.enroll(campaign=other, leads=[first.pk])
        walk()
        record_event(name="link_clicked", lead=second)
        assert {entry.what for entry in entries(client, kind="activity")} == {"hello", "thanks"}
        assert {entry.what for entry in entries(client, kind="decision")} == {"ask"}
        assert entries(client, kind="flow") == []
        assert {entry.kind for entry in entries(client, kind="events")} == {"Event"}
        assert [entry.what for entry in entries(client, kind="event:web")] == ["Link clicked"]
        assert {entry.campaign for entry in entries(client, kind="steps", campaign=other.pk)} == {other}
        assert {str(e.what) for e in entries(client, kind="event:campaign", campaign=made.pk)} == {
            "Entered a campaign",
            "Left a campaign",
        }
        for reference in (first.pk, first.uuid, first.email.upper()):
            assert {e.lead for e in entries(client, lead=reference)} == {first}
        assert {entry.outcome for entry in entries(client, outcome=Outcome.YES.value)} == {"Yes"}
        day = (NOW + dt.timedelta(days=2)).date().isoformat()
        assert {e.at.date().isoformat() for e in entries(client, day_from=day, day_to=day)} == {day}
        before = (NOW - dt.timedelta(days=9)).date().isoformat()
        assert entries(client, day_to=before) == []
        # nobody in this campaign on that day
        assert entries(client, campaign=made.pk, day_from=day, kind="steps") == []


def test_page_views_are_in_the_log_of_one_lead_only(as_role, people):
    client = as_role("Marketer")
    (lead,) = people(1, status="known")
    record_event(name="page_viewed", lead=lead, url="/shop/")
    assert entries(client, kind="event:web") == []
    assert [entry.what for entry in entries(client, lead=lead.pk, kind="event:web")] == ["Page viewed"]


def test_machines_are_not_people(as_role, people):
    (lead,) = people(1, status="known")
    record_event(name="link_clicked", lead=lead, human=False)
    assert entries(as_role("Marketer"), kind="events") == []


@pytest.mark.parametrize("limit", [querysets.FEW, 1])
def test_who_sees_own_leads_sees_their_lines(as_role, campaign, people, walk, monkeypatch, limit):
    monkeypatch.setattr(querysets, "FEW", limit)
    client = as_role("Salesperson")
    own, foreign = people(2, owner=client.user, status="known"), people(2, status="known")
    made = campaign(asking().json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in [*own, *foreign]])
    walk()
    log_lead(foreign[0], "wagtail.edit", user=client.user)
    found = entries(client)
    assert {entry.lead for entry in found if entry.lead} == set(own)
    assert not any(f"Lead {foreign[0].pk}" in entry.said for entry in found)
    assert {entry.lead for entry in entries(client, outcome=Outcome.YES.value)} == set(own)
    response = client.get(reverse(ADDRESS), {"lead": foreign[0].pk})
    assert response.context["object_list"] == []
    assert "There is no such lead." in response.content.decode()


def test_without_a_right_to_campaigns_nothing(client, site):
    user = User.objects.create_user("editor")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    for name in (ADDRESS, f"{ADDRESS}_results", "wagtail_automation_campaigns_monitoring"):
        assert client.get(reverse(name)).status_code == 302


@pytest.mark.parametrize(
    "query",
    [
        {"p": "rubbish"},
        {"p": "1.2"},
        {"p": "999999999999999999.9.1.1"},
        {"p": "999999999999999999.0.1.1"},
        {"p": "1.0.999999999999999999.99999999999"},
        {"p": "-1.0.1.1"},
    ],
)
def test_a_damaged_place_is_the_first_page(as_role, campaign, people, walk, query):
    client = as_role("Marketer")
    made = campaign(asking().json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in people(2)])
    walk()
    assert entries(client, **query) == entries(client)


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "nonsense"},
        {"campaign": "0"},
        {"campaign": "x"},
        {"outcome": "77"},
        {"day_from": "yesterday"},
        {"lead": "nobody@example.com"},
        {"lead": "9" * 40},
        {"lead": "x" * 900},
    ],
)
def test_a_bad_filter_is_said_and_shows_nothing(as_role, campaign, people, walk, query):
    client = as_role("Marketer")
    made = campaign(asking().json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in people(2)])
    walk()
    response = client.get(reverse(ADDRESS), query)
    assert response.status_code == 200
    assert response.context["object_list"] == []
    assert 'class="error-message"' in response.content.decode()


def test_the_price_does_not_depend_on_the_lines(as_role, campaign, people, walk):
    client = as_role("Marketer")
    made = campaign(asking().json)

    def price(**query):
        entries(client, **query)
        with CaptureQueriesContext(connection) as asked:
            entries(client, **query)
        assert not [row for row in asked.captured_queries if "COUNT(" in row["sql"] and "_log" in row["sql"]]
        return len(asked)

    actions.enroll(campaign=made, leads=[lead.pk for lead in people(2)])
    walk()
    queries = [{}, {"campaign": made.pk}, {"outcome": Outcome.YES.value}, {"kind": "events"}]
    few = [price(**query) for query in queries]
    actions.enroll(campaign=made, leads=[lead.pk for lead in people(60)])
    walk()
    assert all(price(**query) <= before for query, before in zip(queries, few, strict=True))
    assert max(few) < 40


def test_a_lead_leads_to_its_page_and_a_step_to_the_way(as_role, campaign, people, walk):
    client = as_role("Marketer")
    (lead,) = people(1, status="known")
    made = campaign(asking().json)
    actions.enroll(campaign=made, leads=[lead.pk])
    walk()
    page = client.get(reverse(ADDRESS)).content.decode()
    (row,) = Enrollment.objects.all()
    assert reverse("wagtail_automation_campaigns_trace", args=[made.pk, row.pk]) in page
    for entry in entries(client, lead=lead.pk, kind="steps"):
        assert client.get(entry.lead_url).status_code == 200


def test_in_french(as_role, campaign, people, walk):
    client = as_role("Marketer")
    made = campaign(asking().json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in people(1)])
    walk()
    UserProfile.objects.create(user=client.user, preferred_language="fr")
    page = client.get(reverse(ADDRESS)).content.decode()
    assert "Étape" in page
    assert "Result of a step" not in page


# -- the plans -------------------------------------------------------------------------------------
BIG = ("wagtail_automation_campaigns_steplog", "wagtail_automation_tracking_event")


@pytest.fixture
def heap(db, campaign, people):
    """Enough rows that PostgreSQL prefers an index where there is one."""
    if connection.vendor != "postgresql":
        pytest.skip("plans are those of PostgreSQL")
    made, rare = campaign(asking().json), campaign(asking().json)
    leads = people(200)
    actions.enroll(campaign=made, leads=[lead.pk for lead in leads])
    actions.enroll(campaign=rare, leads=[leads[0].pk])
    steps = list(made.identities.values_list("pk", flat=True))
    inside = Enrollment.objects.filter(campaign=made)
    for visit in range(150):
        insert_select(
            StepLog,
            {
                "enrollment": F("pk"),
                "visit": 1000 + visit,
                "step": steps[visit % len(steps)],
                "outcome": Mod(F("pk") + Value(visit), 3) + 1,
                "branch": "",
                "reason": "",
                "detail": None,
                "at": NOW - dt.timedelta(minutes=visit),
            },
            inside,
        )
        insert_select(
            Event,
            {
                "lead": F("lead_id"),
                "name": "link_clicked" if visit % 10 else "email_sent",
                "url": "",
                "data": {},
                "channel": "",
                "human": True,
                "at": NOW - dt.timedelta(minutes=visit),
            },
            inside,
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return made, rare


def _plans(act) -> list[str]:
    with CaptureQueriesContext(connection) as asked:
        act()
    plans = []
    for row in asked.captured_queries:
        sql = row["sql"]
        if sql.lstrip().upper().startswith(("SELECT", "WITH")):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {sql}")
                plans.append("\n".join(line for (line,) in cursor.fetchall()))
    return plans


def test_no_filter_reads_a_big_table_from_end_to_end(heap, boss):
    made, rare = heap
    lead = Lead.objects.first()
    window = {"since": NOW - dt.timedelta(minutes=40), "until": NOW - dt.timedelta(minutes=10)}
    asked = [
        ({}, ("", "steps", "activity", "events", "event:email", "acts")),
        (window, ("", "decision")),
        ({"campaign": made}, ("", "activity")),
        ({"campaign": rare, **window}, ("",)),
        ({"campaign": rare}, ("", "events")),
        ({"lead": lead.pk}, ("",)),
        ({"outcomes": (Outcome.HELD.value,)}, ("",)),
        ({"outcomes": (Outcome.DONE.value,), "campaign": made}, ("",)),
    ]
    for narrowed, kind in [(narrowed, kind) for narrowed, kinds in asked for kind in kinds]:
        first = log.page_of(Narrowed(boss, **narrowed), kind=kind, size=20)
        for cursor in {"", first.older}:
            found = _plans(
                lambda n=narrowed, k=kind, c=cursor: log.page_of(
                    Narrowed(boss, **n), kind=k, size=20, cursor=c
                )
            )
            assert found
            for plan in found:
                for table in BIG:
                    assert f"Seq Scan on {table}" not in plan, (narrowed, kind, plan)


def test_the_benchmark_measures_every_page(db):
    said = []
    figures = bench.suite(1000, said.append)
    assert figures["scale"] == 1000
    assert {"no filter", "campaign", "lead", "decisions", "overview of ten campaigns"} <= set(
        figures["pages"]
    )
    assert all(0 < page["statements"] < 40 for page in figures["pages"].values())
    assert StepLog.objects.count() == 1000
