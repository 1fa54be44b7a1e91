"""The timeline: pages by keyset, constant queries, filters, machine traffic apart, nothing unescaped."""

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext

from wagtail_automation.leads import actions as leads
from wagtail_automation.tracking import actions, events, panels, timeline
from wagtail_automation.tracking.models import Event

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 5, 5, 12, tzinfo=dt.UTC)


@pytest.fixture
def person():
    return leads.create_anonymous(now=NOW)


def fill(lead, count, **values):
    defaults = {"name": events.PAGE_VIEWED, "human": True}
    Event.objects.bulk_create(
        [
            Event(lead=lead, at=NOW - dt.timedelta(seconds=n // 3), url=f"/{n}/", **{**defaults, **values})
            for n in range(count)
        ],
        batch_size=5000,
    )


def walk(lead, **options):
    seen, cursor = [], ""
    while True:
        page = timeline.page_of(lead.pk, cursor=cursor, **options)
        seen += [entry.event.pk for entry in page.entries]
        cursor = page.older
        if not cursor:
            return seen


def test_pages_neither_repeat_nor_lose_events_of_the_same_moment(person):
    fill(person, 60)
    fill(person, 31, name=events.EMAIL_OPENED)
    seen = walk(person, size=10)
    assert len(seen) == len(set(seen)) == 91
    expected = list(Event.objects.order_by("-at", "-pk").values_list("pk", flat=True))
    assert seen == expected


def test_queries_do_not_grow_and_every_page_reads_only_its_rows(person, site, pricing):
    counts = []
    for count in (30, 3000):
        Event.objects.all().delete()
        fill(person, count, object_kind=1, object_key=pricing.translation_key)
        with CaptureQueriesContext(connection) as queries:
            page = timeline.page_of(person.pk)
        counts.append(len(queries))
        assert len(page.entries) == timeline.PAGE_SIZE
        assert {entry.subject for entry in page.entries} == {"Pricing"}
    assert counts == [3, 3]


@pytest.mark.slow
def test_50000_events_are_read_by_the_index(person):
    fill(person, 50_000)
    names = [entry.name for entry in events.all_names()]
    with CaptureQueriesContext(connection) as queries:
        Event.objects.newest_ids(
            person.pk, names, human=True, before=(NOW - dt.timedelta(hours=1), 5), limit=26
        )
    (query,) = queries.captured_queries
    with connection.cursor() as cursor:
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        cursor.execute(f"{explain} {query['sql']}")
        plan = "\n".join(str(row) for row in cursor.fetchall())
    if connection.vendor == "sqlite":
        assert "SCAN wagtail_automation_tracking_event" not in plan
        assert "wa_event_lead" in plan
    else:
        assert "Seq Scan" not in plan


def test_machine_traffic_stands_apart(person):
    fill(person, 2)
    fill(person, 3, name=events.EMAIL_CLICKED, human=False)
    assert len(timeline.page_of(person.pk).entries) == 2
    assert len(timeline.page_of(person.pk, timeline.Wanted(machine=True)).entries) == 3


def test_groups_filter(person):
    fill(person, 2)
    fill(person, 3, name=events.EMAIL_CLICKED)
    assert len(timeline.page_of(person.pk, timeline.Wanted(group="email")).entries) == 3
    assert timeline.page_of(person.pk, timeline.Wanted(group="campaign")).entries == []


@pytest.mark.parametrize(
    "cursor", ["", ".", "x", "1.", ".1", "é.1", "9" * 60 + ".1", "zzzzzzzzzzzzzzz.zzzzzzzzzzzzz", "-1.-1"]
)
def test_a_damaged_cursor_is_harmless(person, cursor):
    fill(person, 2)
    assert len(timeline.page_of(person.pk, cursor=cursor).entries) in (0, 2)


def test_the_cursor_keeps_microseconds(person):
    event = Event(pk=7, at=NOW + dt.timedelta(microseconds=123457))
    assert timeline.read_cursor(timeline.write_cursor(event)) == (event.at, 7)


def render(person, rf, cls=panels.TimelinePanel, **query):
    request = rf.get("/", query)
    request.user = User(is_superuser=True)
    panel = cls(person, request)
    context = {"lead": person, "panel": panel, "request": request, **panel.get_context()}
    return render_to_string(panel.template_name, context, request)


def test_the_panel_escapes_what_people_sent(person, rf, site):
    actions.record_event(
        name=events.SITE_EVENT,
        lead=person,
        url="/<script>alert(1)</script>",
        data={"event": "<img src=x>", "data": {"<b>": "<i>"}},
        at=NOW,
    )
    html = render(person, rf)
    assert "<script>" not in html
    assert "<img" not in html
    assert "&lt;img src=x&gt;" in html
    assert "&lt;b&gt;: &lt;i&gt;" in html


def test_the_panel_links_to_older_and_keeps_the_filter(person, rf, site):
    fill(person, 40, name=events.EMAIL_OPENED)
    html = render(person, rf, timeline="email")
    assert "timeline=email&amp;timeline_before=" in html
    assert 'aria-current="true">Emails' in html
    assert render(person, rf, timeline="nonsense<")


def test_the_empty_panels_say_so(person, rf, site):
    assert "Nothing has happened yet" in render(person, rf)
    assert "has not visited the site" in render(person, rf, panels.VisitsPanel)


def test_a_renderer_needs_a_published_name():
    class Lost(timeline.TimelineRenderer):
        key = "nobody_published_this"

    with pytest.raises(ImproperlyConfigured):
        timeline.register(Lost)


def test_names_keep_their_meaning():
    assert events.register("page_viewed", "Page viewed", events.get("page_viewed").sentence) == "page_viewed"
    for name, sentence in (("page_viewed", "Something else."), ("Bad Name", "x"), ("x" * 41, "x")):
        with pytest.raises(ImproperlyConfigured):
            events.register(name, "x", sentence)


def test_a_name_whose_app_is_gone_is_still_readable():
    assert str(events.get("order_paid").label) == "order_paid"


@pytest.mark.parametrize("model", ["visitor", "visit"])
def test_the_admin_lists_are_read_only(client, site, consented, model):
    consented.view("/?utm_source=<b>")
    client.force_login(User.objects.create_superuser("admin"))
    base = f"/admin/wagtail_automation_tracking/{model}/"
    response = client.get(base)
    assert response.status_code == 200
    assert "<b>" not in response.content.decode()
    assert client.get(f"{base}create/").status_code in (302, 403, 404)
    assert client.get(f"{base}?export=csv").status_code == 200
