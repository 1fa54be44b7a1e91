"""Anonymous visitors in their own list: what it shows, filters, export, permissions; devices of a lead."""

import datetime as dt

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from wagtail_automation.leads import actions as leads
from wagtail_automation.leads.models import Lead
from wagtail_automation.tracking.agents import describe
from wagtail_automation.tracking.models import LeadTotals, Visit, Visitor

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 5, 5, 12, tzinfo=dt.UTC)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:120.0) Gecko/20100101 Firefox/120.0"


def visitor(number=0, **values):
    lead = Lead.objects.create(created_at=NOW, **values)
    at = NOW - dt.timedelta(days=number)
    found = Visitor.objects.create(lead=lead, created_at=at, last_seen_at=at)
    LeadTotals.objects.create(lead=lead, visits=2, pages=7 + number, first_seen_at=at, last_seen_at=at)
    for hours, source in ((2, "old"), (1, f"<b>ad{number}</b>")):
        Visit.objects.create(
            visitor=found,
            started_at=at,
            last_at=at - dt.timedelta(hours=hours),
            source=source,
            device="mobile" if number % 2 else "desktop",
            user_agent=FIREFOX,
        )
    return found


@pytest.fixture
def admin(admin_user, client, english):
    client.force_login(admin_user)
    return client


URL = "wagtail_automation_visitors"


def rows(response):
    return [row.pk for row in response.context["object_list"]]


def test_anonymous_people_last_seen_first_with_what_is_known(admin):
    older, newer = visitor(3), visitor(1, country="FR")
    known = visitor(0)
    leads.identify(lead=known.lead, identifiers={"email": "a@example.com"}, source="x", now=NOW)
    response = admin.get(reverse(URL))
    assert rows(response) == [newer.pk, older.pk]
    text = response.content.decode()
    for shown in ("&lt;b&gt;ad1&lt;/b&gt;", "Firefox · Windows", "France", "Mobile phone"):
        assert shown in text, shown
    assert "old" not in text.split("<tbody>")[1].split("</tbody>")[0]
    assert reverse("wagtail_automation_lead_identify", args=[newer.lead_id]) in text
    assert rows(admin.get(reverse(f"{URL}_results"))) == [newer.pk, older.pk]


def test_filters_and_export(admin):
    phone, desk = visitor(1, country="FR"), visitor(4)
    for query, expected in (
        ({"device": "mobile"}, [phone.pk]),
        ({"source": "AD4"}, [desk.pk]),
        ({"country": "FR"}, [phone.pk]),
        ({"last_seen_at_from": "2026-05-03"}, [phone.pk]),
        ({"ordering": "last_seen_at"}, [desk.pk, phone.pk]),
        ({"device": "nonsense", "country": "??", "last_seen_at_from": "x"}, [phone.pk, desk.pk]),
    ):
        assert rows(admin.get(reverse(URL), query)) == expected, query
    Visit.objects.filter(visitor=desk).update(source="=HYPERLINK(1)")
    exported = b"".join(admin.get(reverse(URL), {"export": "csv"}).streaming_content).decode()
    assert "'=HYPERLINK(1)" in exported
    assert "Firefox · Windows" in exported


def test_the_list_takes_the_same_statements_for_any_number(admin):
    visitor()
    admin.get(reverse(URL))
    counts = []
    for more in (2, 15):
        for number in range(more):
            visitor(number)
        with CaptureQueriesContext(connection) as queries:
            admin.get(reverse(URL))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_permissions(client, english):
    found = visitor()
    users = {}
    for name, codenames in {
        "looker": ["view_visitor", "view_lead", "view_all_leads"],
        "nobody": ["view_lead", "view_all_leads"],
        "seller": ["view_visitor", "view_lead", "change_lead"],
        "changer": ["view_visitor", "view_lead", "view_all_leads", "change_lead"],
    }.items():
        users[name] = get_user_model().objects.create_user(name, password="x")
        users[name].user_permissions.add(
            *Permission.objects.filter(codename__in=["access_admin", *codenames])
        )
    identify = reverse("wagtail_automation_lead_identify", args=[found.lead_id])
    client.force_login(users["looker"])
    assert identify not in client.get(reverse(URL)).content.decode()
    assert client.post(identify, {"email": "a@example.com"}).status_code in (302, 403)
    assert not Lead.objects.known().exists()
    client.force_login(users["nobody"])
    assert client.get(reverse(URL)).status_code == 302
    client.force_login(users["seller"])
    assert rows(client.get(reverse(URL))) == [], "nobody's visitors are not a salesperson's"
    assert client.post(identify, {"email": "a@example.com"}).status_code == 404
    client.force_login(users["changer"])
    assert identify in client.get(reverse(URL)).content.decode()
    client.post(identify, {"email": "a@example.com"})
    assert Lead.objects.known().get().pk == found.lead_id
    found.refresh_from_db()
    assert found.level == "anonymous", "what somebody else says proves nothing to the browser"


def test_devices_and_places_on_the_lead_page(admin):
    found = visitor(0, city="Lyon", country="FR", time_zone="Europe/Paris")
    Visitor.objects.create(lead=found.lead, created_at=NOW, last_seen_at=NOW, level="identified")
    page = reverse("wagtail_automation_lead:inspect", args=[found.lead_id])
    text = admin.get(page).content.decode()
    for shown in (
        "Desktop computer · Firefox · Windows",
        "Nobody said who uses this browser.",
        "Said who they are in this browser.",
        "&lt;b&gt;ad0&lt;/b&gt;",
        "Lyon, France",
        "local time, Europe/Paris",
        "Unknown device",
    ):
        assert shown in text, shown
    Lead.objects.filter(pk=found.lead_id).update(time_zone="Mars/Olympus", folded={})
    assert admin.get(page).status_code == 200


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (FIREFOX, "Firefox · Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17) Version/17 Mobile Safari/604",
            "Safari · iOS",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/120 Safari/537 Edg/120", "Edge · Linux"),
        ("", ""),
        ("nonsense", ""),
    ],
)
def test_agents_in_words(agent, expected):
    assert describe(agent) == expected
