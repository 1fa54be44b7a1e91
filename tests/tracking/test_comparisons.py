"""Conditions on visits and events against a naive reading of what was stored, and what no form wrote."""

import datetime as dt
import itertools
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wagtail_automation.leads import actions as leads
from wagtail_automation.leads.folding import fold
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.binding import bind
from wagtail_automation.rules.compiler import compile_rule
from wagtail_automation.rules.conditions import conditions
from wagtail_automation.rules.rule import Rule
from wagtail_automation.rules.scope import Scope
from wagtail_automation.testing import contracts
from wagtail_automation.tracking import addresses, events, geo, machine
from wagtail_automation.tracking.actions import create_visitor, record_page_view, record_time
from wagtail_automation.tracking.collecting import site_event_data, site_event_ref
from wagtail_automation.tracking.matching import has_properties, matches_pattern
from wagtail_automation.tracking.models import Arrival, Event, LeadTotals, Visit, Visitor
from wagtail_automation.tracking.triggers import EventRecorded

from .conftest import FIREFOX, IPHONE

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)
randomly = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

SOURCES = ["", "?utm_source=Été&utm_medium=mail", "?utm_source=ads&utm_campaign=Promo+É"]
views = st.lists(
    st.tuples(
        st.integers(0, 3),  # who
        st.integers(0, 12 * 24),  # hours ago
        st.sampled_from(SOURCES),
        st.sampled_from([FIREFOX, IPHONE, ""]),
        st.sampled_from(["", "FR", "CH"]),
    ),
    max_size=12,
)
COMPARED = {
    "gte": lambda x, a, b: x >= a,
    "lte": lambda x, a, b: x <= a,
    "gt": lambda x, a, b: x > a,
    "lt": lambda x, a, b: x < a,
    "eq": lambda x, a, b: x == a,
    "ne": lambda x, a, b: x != a,
    "between": lambda x, a, b: min(a, b) <= x <= max(a, b),
}


def answers(type_, value, match="all"):
    rule = Rule({"match": match, "items": [{"id": "1", "type": type_, "value": value}]})
    found = [
        set(Lead.objects.filter(compile_rule(rule, Scope(NOW, mode=mode))).values_list("pk", flat=True))
        for mode in ("set", "one")
    ]
    assert found[0] == found[1], (type_, value)
    return found[0]


def check(type_, value, naive):
    everybody = set(Lead.objects.values_list("pk", flat=True))
    yes = {pk for pk in everybody if naive(pk)}
    assert answers(type_, value) == yes, (type_, value)
    assert answers(type_, value, "none") == everybody - yes, (type_, value)


class History:
    """Page views by person in the order of time, and the visits that follow from them."""

    def __init__(self, rows):
        Event.objects.all().delete()
        Visit.objects.all().delete()
        Lead.objects.all().delete()
        people = [leads.create_anonymous(now=NOW) for _n in range(4)]
        visitors = [create_visitor(visitor_uuid=uuid.uuid4(), now=NOW, lead=lead) for lead in people]
        self.views = {lead.pk: [] for lead in people}
        self.visits = {lead.pk: [] for lead in people}
        for who, hours, query, agent, country in sorted(rows, key=lambda row: -row[1]):
            at = NOW - dt.timedelta(hours=hours)
            record_page_view(
                visitor=visitors[who], site=None, url=f"/{query}", page=None, user_agent=agent, now=at,
                whereabouts=geo.Whereabouts(country=country),
            )  # fmt: skip
            self._note(people[who].pk, at, query, agent, country)

    def _note(self, pk, at, query, agent, country):
        self.views[pk].append(at)
        visits = self.visits[pk]
        if visits and at - visits[-1]["views"][-1] < dt.timedelta(minutes=30):
            visits[-1]["views"].append(at)
            return
        source = addresses.origin(f"/{query}", "")
        visits.append({"views": [at], "source": source, "agent": agent, "country": country})


@randomly
@given(
    rows=views,
    operator=st.sampled_from(sorted(COMPARED)),
    a=st.integers(0, 6),
    b=st.integers(0, 6),
    n=st.integers(1, 9),
)
def test_counts_of_pages_and_visits(rows, operator, a, b, n):
    past = History(rows)
    compare = {"operator": operator, "value": a, "to": b}
    holds = COMPARED[operator]
    check("pages_total", {"count": compare}, lambda pk: holds(len(past.views[pk]), a, b))
    check("visit_count", {"count": compare}, lambda pk: holds(len(past.visits[pk]), a, b))
    since = NOW - dt.timedelta(days=n)
    check(
        "pages_last_7_days",
        {"count": compare, "days": n},
        lambda pk: holds(sum(at >= since for at in past.views[pk]), a, b),
    )
    check(
        "pages_last_visits",
        {"count": compare, "visits": n},
        lambda pk: holds(sum(len(visit["views"]) for visit in past.visits[pk][-n:]), a, b),
    )
    check(
        "pages_average",
        {"number": compare},
        lambda pk: past.visits[pk] and holds(len(past.views[pk]) / len(past.visits[pk]), a, b),
    )


@pytest.mark.parametrize("operator", ["lt", "lte"])
def test_nobody_has_fewer_than_no_pages(operator):
    """A question that nobody can answer with yes, but a question: with *none of* it holds for everybody."""
    History([(0, 1, "", "", "")])
    compare = {"operator": operator, "value": 0 if operator == "lt" else -1}
    for key in ("pages_total", "visit_count"):
        check(key, {"count": compare}, lambda pk: False)


@randomly
@given(
    rows=views,
    operator=st.sampled_from(["gte", "lte", "gt", "lt", "between"]),
    a=st.integers(0, 9),
    b=st.integers(0, 9),
)
def test_the_last_visit(rows, operator, a, b):
    past = History(rows)
    compare = {"operator": operator, "value": a, "to": b}

    def age(pk):
        return (NOW - past.views[pk][-1]) / dt.timedelta(days=1) if past.views[pk] else None

    check(
        "last_visit",
        {"ago": compare, "unit": "days"},
        lambda pk: past.views[pk] and COMPARED[operator](age(pk), a, b),
    )
    check(
        "last_visit_duration",
        {"seconds": compare},
        lambda pk: (
            past.visits[pk]
            and COMPARED[operator](
                (past.visits[pk][-1]["views"][-1] - past.visits[pk][-1]["views"][0]).total_seconds(), a, b
            )
        ),
    )


@randomly
@given(
    rows=views,
    which=st.sampled_from(["first", "latest"]),
    part=st.sampled_from(["source", "medium", "campaign", "term"]),
    operator=st.sampled_from(["is", "contains", "starts", "not_contains", "is_not", "empty", "not_empty"]),
    text=st.sampled_from(["ete", "ÉTÉ", "promo é", "é", "mail", "direct", "%", "_"]),
)
def test_where_from_and_with_what(rows, which, part, operator, text):
    past = History(rows)

    def said(pk):
        visits = past.visits[pk]
        return fold(getattr(visits[0 if which == "first" else -1]["source"], part)) if visits else ""

    wanted = fold(text)
    holds = {
        "is": lambda x: x == wanted,
        "is_not": lambda x: x != wanted,
        "contains": lambda x: wanted in x,
        "not_contains": lambda x: wanted not in x,
        "starts": lambda x: x.startswith(wanted),
        "empty": lambda x: not x,
        "not_empty": bool,
    }[operator]
    value = {"part": part, "which": which, "text": {"operator": operator, "text": text}}
    check("source_is", value, lambda pk: holds(said(pk)))
    for device, asks in (("device:mobile", IPHONE), ("browser:Firefox", FIREFOX)):
        agents = {pk: [visit["agent"] for visit in past.visits[pk]] for pk in past.visits}
        check(
            "device_is",
            {"device": device, "which": "last"},
            lambda pk, asks=asks, agents=agents: agents[pk][-1:] == [asks],
        )
        check(
            "device_is",
            {"device": device, "which": "any"},
            lambda pk, asks=asks, agents=agents: asks in agents[pk],
        )
    check(
        "place_is",
        {"level": "country", "place": {"operator": "is", "text": "Suisse"}},
        lambda pk: past.visits[pk] and past.visits[pk][-1]["country"] == "CH",
    )


PROPERTIES = st.dictionaries(
    st.sampled_from(["plan", "seats", "contains"]),
    st.sampled_from(["Élite", "elite x", "5", "", "%"]) | st.sampled_from([0, 5, 5.5, -1, True, None]),
    max_size=3,
)
FILTERS = st.lists(
    st.fixed_dictionaries(
        {
            "property": st.sampled_from(["plan", "seats", "contains", "gone"]),
            "operator": st.sampled_from(
                [
                    "is",
                    "is_not",
                    "contains",
                    "not_contains",
                    "starts",
                    "ends",
                    "one_of",
                    "gte",
                    "lte",
                    "gt",
                    "lt",
                ]
            ),
            "value": st.sampled_from(["élite", "5", "5.5", "-1", "x", "elite x, 5"]),
        }
    ),
    max_size=2,
)


@randomly
@given(given_=st.lists(PROPERTIES, min_size=1, max_size=5), filters=FILTERS, times=st.integers(1, 2))
def test_a_trigger_and_a_condition_read_properties_alike(given_, filters, times):
    Event.objects.all().delete()
    Lead.objects.all().delete()
    person, other = leads.create_anonymous(now=NOW), leads.create_anonymous(now=NOW)
    about = site_event_ref("quote")
    Event.objects.bulk_create(
        Event(
            lead=person,
            name=events.SITE_EVENT,
            object_key=about.key,
            at=NOW,
            data=site_event_data("quote", one),
        )
        for one in given_
    )
    readable = all(
        item["operator"] not in ("gte", "lte", "gt", "lt") or item["value"] in ("5", "5.5", "-1")
        for item in filters
    )
    expected = readable and sum(has_properties(filters, one) for one in given_) >= times
    found = answers("event_happened", {"name": "quote", "filters": filters, "times": times})
    assert found == ({person.pk} if expected else set()), other.pk
    trigger = EventRecorded()
    value = bind(trigger, {"name": "quote", "filters": filters})
    for event in Event.objects.all():
        assert trigger.matches(value, event) == has_properties(filters, event.data.get("data") or {})


@pytest.mark.parametrize(
    ("pattern", "url", "is_match"),
    [
        ("/shop/*", "/shop/a?x=1", True),
        ("/shop/*", "/shops/", False),
        ("/shop", "/SHOP?x=1", True),
        ("*.pdf", "https://x.example/a.pdf?v=1", True),
        ("/a?b=*", "/a?b=2", True),
        ("/a?b=*", "/a", False),
        ("/(", "/(", True),
    ],
)
def test_patterns_in_python(pattern, url, is_match):
    assert matches_pattern(pattern, url) is is_match


WHOLE = {
    "last_visit": {"ago": {"operator": "lt", "value": 3}, "unit": "days"},
    "last_visit_duration": {"seconds": {"operator": "gte", "value": 0}},
    "pages_total": {"count": {"operator": "gte", "value": 2}},
    "visit_count": {"count": {"operator": "lt", "value": 2}},
    "pages_average": {"number": {"operator": "gte", "value": 1.5}},
    "pages_last_7_days": {"count": {"operator": "gte", "value": 1}, "days": 7},
    "pages_last_visits": {"count": {"operator": "gte", "value": 2}, "visits": 2},
    "place_is": {"level": "country", "place": {"operator": "is", "text": "France"}},
    "device_is": {"device": "device:mobile", "which": "any"},
    "source_is": {"part": "medium", "which": "first", "text": {"operator": "is", "text": "mail"}},
    "site_visited": {"site": ""},
    "link_clicked": {"link": "https://x.example/*", "times": 1},
    "event_happened": {"name": "quote", "filters": [], "times": 1},
}
ROWS = [
    (0, 1, SOURCES[1], IPHONE, "FR"),
    (0, 100, "", FIREFOX, ""),
    (1, 2, SOURCES[2], FIREFOX, "CH"),
    (1, 2, "", FIREFOX, "CH"),
]


@pytest.mark.parametrize("key", sorted(WHOLE))
def test_contract(key):
    History(ROWS)
    contracts.check_condition(conditions[key], value=WHOLE[key], model=Lead, now=NOW)


def test_contract_of_a_section(site, pricing):
    from wagtail_automation.objects import ref_of

    visitor = create_visitor(visitor_uuid=uuid.uuid4(), now=NOW)
    record_page_view(visitor=visitor, site=site, url="/pricing/", page=ref_of(pricing), now=NOW)
    record_page_view(visitor=visitor, site=site, url="/", page=ref_of(site.root_page), now=NOW)
    leads.create_anonymous(now=NOW)
    section = conditions["section_visited"]
    for times, people in ((2, {visitor.lead_id}), (3, set())):
        value = {"section": site.root_page.pk, "times": times}
        assert contracts.check_condition(section, value=value, model=Lead, now=NOW) == people


LONG = "é'\"; DROP TABLE x; --" * 500
ABSURD = [None, "", "x", LONG, [], [None, 3], {}, {"operator": "sum"}, -1, 10**30, 1e308, True]


@pytest.mark.parametrize("key", sorted(WHOLE))
def test_what_no_form_wrote_ends_in_no_error(key):
    History(ROWS)
    for wrong, (name, right) in itertools.product(ABSURD, WHOLE[key].items()):
        answers(key, {**WHOLE[key], name: wrong})
        if isinstance(right, dict):
            for inner in right:
                answers(key, {**WHOLE[key], name: {**right, inner: wrong}})


@pytest.mark.parametrize("name", [LONG, "a__b", 'a"b', "a'b", "a}b", "", None, 5, "é"])
def test_properties_of_any_name(name):
    History(ROWS)
    item = {"property": name, "operator": "is", "value": "x"}
    assert answers("event_happened", {"name": "quote", "filters": [item], "times": 1}) == set()


def test_kinds_of_browsers():
    chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/138.0 Safari/537.36"
    table = {
        FIREFOX: ("Firefox", "Linux"),
        IPHONE: ("Safari", "iOS"),
        chrome: ("Chrome", "Windows"),
        f"{chrome} Edg/138.0": ("Edge", "Windows"),
        f"{chrome} OPR/112.0": ("Opera", "Windows"),
        "Mozilla/5.0 (Linux; Android 14; SM-S911B) SamsungBrowser/25.0 Chrome/121 Mobile": (
            "Samsung Internet",
            "Android",
        ),
        "Mozilla/5.0 (iPad; CPU OS 17_5) CriOS/126 Mobile/15E148 Safari/604.1": ("Chrome", "iOS"),
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/17 Safari/605": ("Safari", "macOS"),
        "Mozilla/5.0 (X11; CrOS x86_64 14541) Chrome/120 Safari/537": ("Chrome", "ChromeOS"),
        "": ("", ""),
        "x" * 400: ("", ""),
    }
    for agent, kinds in table.items():
        assert (machine.browser(agent), machine.system(agent)) == kinds, agent


def test_a_view_costs_the_same_number_of_statements_each_time(site, pricing):
    from wagtail_automation.objects import ref_of

    visitor = create_visitor(visitor_uuid=uuid.uuid4(), now=NOW)
    counts = []
    for minute in range(4):
        with CaptureQueriesContext(connection) as queries:
            at = NOW + dt.timedelta(minutes=minute)
            record_page_view(visitor=visitor, site=site, url="/", page=ref_of(pricing), now=at)
        counts.append(len(queries))
    assert counts[2] == counts[3] <= counts[1] < counts[0]


def test_time_on_a_page_prolongs_the_visit():
    visitor = create_visitor(visitor_uuid=uuid.uuid4(), now=NOW)
    record_page_view(visitor=visitor, site=None, url="/", page=None, now=NOW)
    record_time(visitor=visitor, seconds=40, now=NOW + dt.timedelta(seconds=45))
    assert LeadTotals.objects.get().visit_seconds == 45
    assert Visit.objects.get().seconds == 40


def test_a_merge_keeps_the_earlier_first_and_the_later_latest_visit():
    old, new = leads.create_anonymous(now=NOW), leads.create_anonymous(now=NOW)
    for lead, hours, query in (
        (old, 5, "?utm_source=a"),
        (new, 3, "?utm_source=b"),
        (old, 1, "?utm_source=c"),
    ):
        visitor = Visitor.objects.filter(lead=lead).first() or create_visitor(
            visitor_uuid=uuid.uuid4(), now=NOW, lead=lead
        )
        at = NOW - dt.timedelta(hours=hours)
        record_page_view(visitor=visitor, site=None, url=f"/{query}", page=None, now=at)
    survivor = leads.merge(source=old, target=new, now=NOW, reason="test")
    rows = Arrival.objects.order_by("which").values_list("lead_id", "which", "source")
    assert list(rows) == [(survivor.pk, "first", "a"), (survivor.pk, "latest", "c")]
    totals = LeadTotals.objects.get()
    assert (totals.visits, totals.visit_at) == (3, NOW - dt.timedelta(hours=1))


def test_another_source_is_told_once_and_typing_the_address_is_none(db):
    visitor = create_visitor(visitor_uuid=uuid.uuid4(), now=NOW)
    for hours, query in ((1, "?utm_source=a"), (2, ""), (3, "?utm_source=b"), (4, "?utm_source=b")):
        at = NOW + dt.timedelta(hours=hours)
        record_page_view(visitor=visitor, site=None, url=f"/{query}", page=None, now=at)
    told = Event.objects.filter(name=events.LEAD_SOURCE_CHANGED).values_list("data__to__source", flat=True)
    assert list(told) == ["b"]


class Database:
    """Answers as geoip2's reader does."""

    def city(self, address):
        if address != "192.0.2.1":
            raise LookupError(address)
        name = lambda text: type("Name", (), {"name": text, "iso_code": "FR"})  # noqa: E731
        regions = type("Regions", (), {"most_specific": name("Occitanie")})
        return type("City", (), {"country": name("France"), "subdivisions": regions, "city": name("Nîmes")})


def test_where_a_visit_comes_from(consented, site, settings, monkeypatch, caplog):
    monkeypatch.setattr(geo, "_reader", lambda path: Database())
    consented.view("/")
    assert Visit.objects.get().country == ""  # no database is set
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "GEO_DATABASE": "/somewhere.mmdb"}
    for address, country in (("192.0.2.1", "FR"), ("198.51.100.7", ""), ("no address", "")):
        Visit.objects.all().delete()
        consented.view("/", REMOTE_ADDR=address)
        visit = Visit.objects.get()
        assert (visit.country, visit.region, visit.city) == (
            (country, "Occitanie", "Nîmes") if country else ("", "", "")
        )


def test_a_database_that_cannot_be_read_is_said_once(caplog):
    geo._reader.cache_clear()
    assert geo._reader("/no/such.mmdb") is None
    assert geo._reader("/no/such.mmdb") is None
    assert len(caplog.records) == 1


def test_a_chat_is_reported_by_its_own_name(consented, site):
    consented.view("/")
    consented.report(
        {"type": "track", "url": "http://testserver/", "name": "chat_started", "data": {"room": "Été"}},
        {"type": "track", "url": "http://testserver/", "name": "quote", "data": {"plan": "Élite", "n": 5}},
    )
    chat = Event.objects.get(name=events.CHAT_STARTED)
    assert chat.data == {"data": {"room": "Été"}}
    quote = Event.objects.get(name=events.SITE_EVENT)
    assert quote.data["folded"] == {"plan": "elite"} and quote.data["data"] == {"plan": "Élite", "n": 5}


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("last_visit", {"ago": {"operator": "lt", "value": 3}, "unit": "days"},
         "Last visit ago (days): less than 3"),
        ("last_visit", {}, "Last visit"),
        ("pages_last_visits", {"count": {"operator": "gte", "value": 2}, "visits": 3},
         "Pages in the latest 3 visits: at least 2"),
        ("device_is", {"device": "device:mobile", "which": "any"}, "Mobile phone in any visit"),
        ("source_is", {"part": "campaign", "which": "first", "text": {"operator": "is", "text": "A"}},
         "Campaign of the first visit is “A”"),
        ("link_clicked", {"link": "", "times": 1}, "Clicked any link"),
        ("event_happened",
         {"name": "quote", "filters": [{"property": "n", "operator": "gte", "value": "5"}], "times": 2},
         "Event “quote” at least 2 times with n at least (number) “5”"),
    ],
)  # fmt: skip
def test_sentences(key, value, sentence):
    block = conditions[key]()
    assert block.sentence(bind(block, value)) == sentence
