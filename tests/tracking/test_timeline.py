"""The timeline: pages by keyset, constant queries, filters, machine traffic apart, nothing unescaped."""

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext

from wagtail_automation.leads import actions as leads
from wagtail_automation.leads import item_actions
from wagtail_automation.tracking import actions, events, panels, timeline, timeline_search
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
    assert str(events.get("acme_paid").label) == "acme_paid"


def test_the_list_of_visits_is_read_only(client, site, consented):
    consented.view("/?utm_source=<b>")
    client.force_login(User.objects.create_superuser("admin"))
    base = "/admin/wagtail_automation_tracking/visit/"
    response = client.get(base)
    assert response.status_code == 200
    assert "<b>" not in response.content.decode()
    assert client.get(f"{base}create/").status_code in (302, 403, 404)
    assert client.get(f"{base}?export=csv").status_code == 200


# -- filters, search and the endless list ------------------------------------------------------------------


def search(person, text, **more):
    page = timeline.page_of(person.pk, timeline.Wanted(text=text, **more))
    return [entry.event.pk for entry in page.entries]


def test_days_bound_the_timeline(person):
    day = dt.timedelta(days=1)
    fill(person, 1)
    old = Event.objects.create(lead=person, name=events.PAGE_VIEWED, at=NOW - 3 * day)
    for since, until, expected in (
        (NOW - day, None, 1),
        (None, NOW - day, 1),
        (NOW - 9 * day, NOW + day, 2),
        (NOW + day, None, 0),
        (old.at, old.at, 0),
        (old.at, old.at + dt.timedelta(microseconds=1), 1),
    ):
        found = timeline.page_of(person.pk, timeline.Wanted(since=since, until=until)).entries
        assert len(found) == expected, (since, until)


def test_every_word_is_searched_in_names_addresses_objects_values_and_notes(person, site, pricing):
    other = leads.create_anonymous(now=NOW)
    view = actions.record_event(
        name=events.PAGE_VIEWED, lead=person, about=pricing, url="/x/?a=100%25_b", at=NOW
    )
    own = actions.record_event(
        name=events.SITE_EVENT, lead=person, data={"event": "Démo réservée", "data": {"salle": "Été"}}, at=NOW
    )
    note = item_actions.add_note(lead=person, text="A rendez-vous à Orléans", now=NOW)
    item_actions.add_note(lead=other, text="Orléans too", now=NOW)
    noted = Event.objects.get(object_key=note.uuid)
    change = leads.set_fields(
        lead=person, fields={"city": "Besançon"}, source="x", now=NOW + dt.timedelta(1)
    ) and Event.objects.get(name=events.LEAD_UPDATED)
    for text, expected in {
        "pricing": [view.pk],
        "PRICING viewed": [view.pk],
        "pricing orleans": [],
        "100%25_b": [view.pk],
        "100%25xb": [],
        "réservée": [own.pk],
        "Été": [own.pk],
        "orleans": [noted.pk],
        "ORLÉANS rendez": [noted.pk],
        "Besançon": [change.pk],
        "city": [change.pk],
        "' OR 1=1 --": [],
        "": [change.pk, noted.pk, own.pk, view.pk],
    }.items():
        assert search(person, text) == expected, text
    assert search(person, "orleans", group="web") == []


def test_searching_takes_the_same_queries_for_any_past_and_any_words(person, site):
    counts = []
    for count, text in ((10, "one"), (2000, "one two three four five")):
        fill(person, count)
        with CaptureQueriesContext(connection) as queries:
            search(person, text)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "query",
    [
        {"timeline_from": "31/31/2026"},
        {"timeline_to": "9999-12-31"},
        {"timeline_from": "0001-01-01"},
        {"timeline_q": "x" * 5000},
        {"timeline_q": "\x00"},
        {"timeline": "nonsense", "timeline_before": "zzz"},
    ],
)
def test_nonsense_in_the_filter_is_harmless(person, rf, site, query):
    fill(person, 1)
    assert "wa-timeline" in render(person, rf, **query)


def test_the_filter_is_kept_by_every_link(person, rf, site):
    fill(person, 40, data={"a&b": 1})
    html = render(person, rf, timeline="web", timeline_q="a&b", timeline_from="2026-01-01")
    (more,) = [part for part in html.split('href="') if "timeline_before=" in part.split('"')[0]]
    link = more.split('"')[0]
    assert "timeline=web" in link
    assert "timeline_q=a%26b" in link
    assert "timeline_from=2026-01-01" in link
    assert "data-wa-more>More" in html


@pytest.mark.slow
@pytest.mark.skipif(connection.vendor != "postgresql", reason="asks PostgreSQL for its plan")
def test_a_search_reads_the_index_and_not_the_table(person):
    # of a table that holds nothing else PostgreSQL rightly reads everything
    fill(leads.create_anonymous(now=NOW), 50_000)
    fill(person, 5000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE wagtail_automation_tracking_event")
    names = [entry.name for entry in events.all_names()]
    words = timeline_search.words_of("/4999/", person.pk)
    with CaptureQueriesContext(connection) as queries:
        found = Event.objects.newest_ids(
            person.pk, names, human=True, since=NOW - dt.timedelta(days=1), words=words, limit=26
        )
    assert len(found) == 1
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {queries.captured_queries[0]['sql']}")
        plan = "\n".join(str(row) for row in cursor.fetchall())
    assert "Seq Scan" not in plan
    assert "wa_event_lead" in plan
