"""Collecting, by real requests: who is stored, who is not, and what a visit adds up to."""

import datetime as dt
import json

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from wagtail_automation import clock
from wagtail_automation.leads.models import ConsentRecord, ConsentState, Lead
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking import actions, events
from wagtail_automation.tracking.models import Event, LeadTotals, Visit, Visitor

from .conftest import GOOGLEBOT, IPHONE

pytestmark = pytest.mark.django_db


def nothing_stored():
    return not any(model.objects.exists() for model in (Event, Visit, Visitor, Lead, LeadTotals))


def test_before_consent_nothing_is_stored_and_no_cookie_set(site, browser):
    response = browser.view()
    assert response.status_code == 204
    assert not response.cookies
    assert nothing_stored()


def test_after_consent_a_view_makes_a_visitor_with_an_anonymous_lead(site, pricing, consented):
    response = consented.view("/pricing/?utm_source=lettre&utm_medium=email", "https://www.google.com/")
    assert response.status_code == 204
    visitor = Visitor.objects.get()
    assert visitor.lead.status == "anonymous"
    assert visitor.level == "anonymous"
    event = Event.objects.get(name=events.PAGE_VIEWED)
    assert (event.lead_id, event.visitor_id, event.site_id) == (visitor.lead_id, visitor.pk, site.pk)
    assert event.object_kind == 1
    assert event.object_key == pricing.translation_key
    assert event.url == "/pricing/?utm_source=lettre&utm_medium=email"
    assert event.human
    visit = Visit.objects.get()
    assert (visit.source, visit.medium, visit.device, visit.pages) == ("lettre", "email", "desktop", 1)
    assert visit.referrer == "https://www.google.com/"
    totals = LeadTotals.objects.get(pk=visitor.lead_id)
    assert (totals.visits, totals.pages) == (1, 1)


def test_the_ledger_keeps_the_words_that_were_shown(site, consented):
    assert not ConsentRecord.objects.exists()
    consented.view()
    record = ConsentRecord.objects.get()
    assert (record.subject, record.granted, record.how) == ("tracking", True, "notice")
    assert "[Accept] [Refuse]" in record.text


def test_the_cookies_are_signed_http_only_and_lax(site, browser):
    response = browser.accept()
    cookie = response.cookies["wa_visitor"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["secure"]
    assert response.cookies["wa_consent"].value == "granted"
    secure = type(browser)().accept(secure=True)
    assert secure.cookies["wa_visitor"]["secure"]


def test_a_second_view_belongs_to_the_same_visit_and_one_after_a_pause_to_another(site, consented):
    start = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
    with test_clock.freeze(start):
        consented.view("/")
    with test_clock.freeze(start + dt.timedelta(minutes=29)):
        consented.view("/a/")
    with test_clock.freeze(start + dt.timedelta(minutes=59)):
        consented.view("/b/", "https://www.facebook.com/x")
    assert Visitor.objects.count() == 1
    first, second = Visit.objects.order_by("pk")
    assert (first.pages, first.last_at) == (2, start + dt.timedelta(minutes=29))
    assert (second.pages, second.medium, second.source) == (1, "social", "facebook.com")
    totals = LeadTotals.objects.get()
    assert (totals.visits, totals.pages, totals.first_seen_at) == (2, 3, start)
    assert totals.last_seen_at == start + dt.timedelta(minutes=59)


@pytest.mark.parametrize(
    ("agent", "headers"),
    [
        (GOOGLEBOT, {}),
        ("", {}),
        ("curl/8.5", {}),
        (None, {"sec-purpose": "prefetch;prerender"}),
        (None, {"purpose": "prefetch"}),
        (None, {"x-moz": "prefetch"}),
        (None, {"sec-gpc": "1"}),
        (None, {"dnt": "1"}),
    ],
)
def test_machines_and_those_who_opted_out_create_nothing(site, browser_class, agent, headers):
    browser = browser_class() if agent is None else browser_class(agent=agent)
    browser.accept(headers=headers)
    response = browser.view(headers=headers)
    assert response.status_code == 204
    assert "wa_visitor" not in browser.cookies
    assert nothing_stored()


def test_editors_create_nothing_but_customers_with_an_account_do(site, consented):
    editor = User.objects.create_user("editor", password="x")
    editor.user_permissions.add(
        Permission.objects.get(content_type__app_label="wagtailadmin", codename="access_admin")
    )
    consented.force_login(editor)
    consented.view()
    assert nothing_stored()
    consented.force_login(User.objects.create_user("customer", password="x"))
    consented.view()
    assert Event.objects.filter(name=events.PAGE_VIEWED).count() == 1


def test_refusing_later_stops_everything_and_is_in_the_ledger(site, consented):
    consented.view()
    response = consented.choose("deny")
    assert response.cookies["wa_visitor"].value == ""
    assert consented.cookies["wa_consent"].value == "denied"
    assert ConsentState.objects.get(subject="tracking").granted is False
    consented.view("/again/")
    assert Event.objects.filter(name=events.PAGE_VIEWED).count() == 1


def test_a_lead_that_withdrew_elsewhere_is_not_recorded_in_its_browser(site, consented):
    from wagtail_automation import clock
    from wagtail_automation.leads import actions as leads

    consented.view()
    leads.record_consent(
        lead=Lead.objects.get(), subject="tracking", granted=False, how="preferences", now=clock.now()
    )
    consented.view("/again/")
    assert Event.objects.filter(name=events.PAGE_VIEWED).count() == 1
    consented.accept()
    consented.view("/again/")
    assert Event.objects.filter(name=events.PAGE_VIEWED).count() == 2
    assert Visitor.objects.count() == 1


def test_tampered_and_truncated_cookies_are_somebody_new(site, consented):
    consented.view()
    good = consented.cookies["wa_visitor"].value
    for bad in (good[:-2], "x" + good, good.split(":")[0], "", "\x00", "a" * 5000):
        consented.cookies["wa_visitor"] = bad
        assert consented.view().status_code == 204
        assert consented.cookies["wa_visitor"].value != good
    assert Visitor.objects.count() == 7


def test_the_cookie_is_never_read_from_the_address(site, browser_class):
    first = browser_class()
    first.accept()
    first.view()
    value = first.cookies["wa_visitor"].value
    second = browser_class()
    second.accept()
    second.view(f"/?wa_visitor={value}")
    assert Visitor.objects.count() == 2


def test_the_page_comes_from_the_address_never_from_the_browser(site, pricing, consented):
    consented.report(
        {
            "type": "view",
            "url": "http://testserver/",
            "page": pricing.pk,
            "object_key": "x",
            "at": "1999-01-01",
        }
    )
    event = Event.objects.get(name=events.PAGE_VIEWED)
    assert event.object_key == site.root_page.translation_key


def test_a_translation_is_the_same_page(site, french, pricing, consented):
    home = site.root_page.copy_for_translation(french, copy_parents=True)
    home.save_revision().publish()
    tarifs = pricing.copy_for_translation(french)
    tarifs.slug = "tarifs"
    tarifs.save_revision().publish()
    consented.view("/fr/tarifs/")
    event = Event.objects.get(name=events.PAGE_VIEWED)
    assert event.object_key == pricing.translation_key


@pytest.mark.parametrize("path", ["/nowhere/", "/admin/", "/p%C3%A9che/", "/%00/", "/%ff/", "/a//b/", "//x/"])
def test_addresses_of_no_page_have_no_object(site, consented, path):
    assert consented.view(path).status_code == 204
    event = Event.objects.get(name=events.PAGE_VIEWED)
    assert event.object_key is None


def test_secrets_and_fragments_are_not_stored(site, consented):
    consented.view("/?reset_token=abc&email=ada@example.com&q=blue#access_token=1")
    assert Event.objects.get(name=events.PAGE_VIEWED).url == "/?reset_token=&email=&q=blue"


def test_time_links_and_own_events(site, consented):
    consented.view()
    response = consented.report(
        {"type": "time", "seconds": 41.6},
        {"type": "click", "url": "http://testserver/", "href": "https://example.org/a?b=1"},
        {"type": "track", "url": "http://testserver/", "name": "brochure", "data": {"size": "A4", "n": 2}},
    )
    assert response.status_code == 204
    visit = Visit.objects.get()
    assert (visit.seconds, visit.pages) == (42, 1)
    click = Event.objects.get(name=events.LINK_CLICKED)
    assert (click.url, click.data, click.object_kind) == ("https://example.org/a?b=1", {"on": "/"}, 4)
    own = Event.objects.get(name=events.SITE_EVENT)
    assert own.data == {"event": "brochure", "data": {"size": "A4", "n": 2}, "folded": {"size": "a4"}}


def test_without_a_view_nothing_makes_a_visitor(site, consented):
    consented.report({"type": "track", "url": "http://testserver/", "name": "brochure"})
    assert nothing_stored()


def test_identify_declares_attributes_of_an_anonymous_lead_only(site, consented, lead):
    consented.view()
    person = Visitor.objects.get().lead
    fields = {"first_name": "Élodie", "email": "eve@example.com", "score": 999, "nonsense": "x"}
    consented.report({"type": "identify", "fields": fields})
    person.refresh_from_db()
    assert (person.first_name, person.email, person.score) == ("Élodie", "", 0)
    assert person.status == "anonymous"
    Visitor.objects.update(lead=lead)
    consented.report({"type": "identify", "fields": {"first_name": "Eve"}})
    lead.refresh_from_db()
    assert lead.first_name == ""


def test_a_phone_is_a_phone(site, browser_class):
    phone = browser_class(agent=IPHONE)
    phone.accept()
    phone.view()
    assert Visit.objects.get().device == "mobile"


# Bad input


def test_ten_megabytes_are_refused_unread(site, consented):
    response = consented.send(b"x" * 10_000_000)
    assert response.status_code == 413
    assert "65536" in response.json()["error"]
    assert nothing_stored()


def test_a_false_length_does_not_help(site, consented):
    body = json.dumps({"events": [{"type": "view", "url": "http://testserver/"}], "pad": "x" * 70_000})
    response = consented.send(body, headers={"content-length": "10"})
    assert response.status_code in (400, 413)
    assert nothing_stored()


def test_ten_thousand_events_are_refused_whole(site, consented, settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "COLLECT_MAX_BYTES": 10_000_000}
    response = consented.report(*[{"type": "view", "url": "http://testserver/"}] * 10_000)
    assert response.status_code == 400
    assert "at most 50" in response.json()["error"]
    assert nothing_stored()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff\xfe",
        b'{"events": {}}',
        b'{"events": [1]}',
        b'{"events": [{}]}',
        b'{"events": [{"type": ["view"]}]}',
        b'{"events": [{"type": "drop table"}]}',
        b'{"events": [{"type": "view"}]}',
        b'{"events": [{"type": "view", "url": "javascript:alert(1)"}]}',
        b'{"events": [{"type": "view", "url": "https://evil.example/"}]}',
        b'{"events": [{"type": "view", "url": "http://[::1"}]}',
        b'{"events": [{"type": "time", "seconds": NaN}]}',
        b'{"events": [{"type": "time", "seconds": 1e400}]}',
        b'{"events": [{"type": "time", "seconds": true}]}',
        b'{"events": [{"type": "time", "seconds": "3"}]}',
        b'{"events": [{"type": "click", "url": "http://testserver/", "href": "javascript:x"}]}',
        b'{"events": [{"type": "track", "url": "http://testserver/", "name": "<b>"}]}',
        b'{"events": [{"type": "track", "url": "http://testserver/", "name": "a", "data": {"a": {}}}]}',
        b'{"events": [{"type": "track", "url": "http://testserver/", "name": "a", "data": {"a": 1e400}}]}',
        b'{"events": [{"type": "track", "url": "http://testserver/", "name": "a", "data": {"a": 1'
        + b"0" * 400
        + b"}}]}",
        b"[" * 60_000,
    ],
)
def test_what_makes_no_sense_gets_a_clear_refusal(site, consented, body):
    response = consented.send(body)
    assert response.status_code == 400
    assert response.json()["error"]
    assert nothing_stored()


def test_control_characters_and_half_surrogates_are_cleaned(site, consented):
    consented.view()
    body = (
        '{"events": [{"type": "track", "url": "http://testserver/\\u0000\\u001b", "name": "note", '
        '"data": {"a\\u0000": "x\\u0000\\r\\ny\\ud800<script>"}}]}'
    )
    assert consented.send(body).status_code == 204
    event = Event.objects.get(name=events.SITE_EVENT)
    assert event.data["data"] == {"a": "x y?<script>"}
    assert "\x00" not in event.url


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "", "origin": "https://evil.example"}, 403),
        ({"sec-fetch-site": "", "origin": "null"}, 403),
        ({"sec-fetch-site": "", "origin": "http://testserver"}, 204),
        ({"sec-fetch-site": "", "referer": "http://testserver/x"}, 204),
        ({"sec-fetch-site": "", "referer": "https://evil.example/testserver"}, 403),
    ],
)
def test_only_pages_of_the_site_may_report(site, consented, headers, status):
    assert consented.view(headers=headers).status_code == status
    assert Event.objects.filter(name=events.PAGE_VIEWED).exists() == (status == 204)


def test_only_post(site, consented):
    for method in (consented.get, consented.head, consented.put):
        assert method("/automation/collect/").status_code == 405


def test_a_known_browser_costs_a_constant_number_of_queries(site, pricing, consented):
    consented.view()
    consented.view("/pricing/")  # where a page stands in the tree is remembered for a minute
    counts = []
    for path in ("/pricing/", "/", "/pricing/"):
        with CaptureQueriesContext(connection) as queries:
            consented.view(path)
        counts.append(len([q for q in queries.captured_queries if "SAVEPOINT" not in q["sql"]]))
    # visitor and lead, site, page's root and page, lock, visit, its update, event, totals;
    # who listens to page views, and which watched rules look at them;
    # PostgreSQL is told besides that this commit need not wait for the disk
    assert max(counts) <= (15 if connection.vendor == "postgresql" else 14), counts
    assert len(set(counts)) == 1, counts


def test_a_batch_of_a_known_browser_costs_what_one_event_costs(site, consented):
    """Tracked events and clicks that come together are told together; what is between keeps its place."""
    consented.view()
    track = {"type": "track", "url": "http://testserver/", "name": "brochure", "data": {"size": "A4"}}
    click = {"type": "click", "url": "http://testserver/", "href": "https://example.org/"}
    consented.report(track)
    counts = []
    for batch in ([track], [track, click] * 10):
        with CaptureQueriesContext(connection) as queries:
            consented.report(*batch)
        counts.append(len(queries))
    assert counts[0] == counts[1], counts
    consented.report(track, {"type": "time", "seconds": 5}, track)
    consented.report(*[{"type": "track", "url": "http://testserver/", "name": "site_searched",
                        "data": {"term": "Blue"}}] * 2)  # fmt: skip
    assert Event.objects.filter(name=events.SITE_EVENT).count() == 1 + 1 + 10 + 2
    assert Event.objects.filter(name=events.LINK_CLICKED).count() == 10
    assert Event.objects.filter(name=events.SITE_SEARCHED).count() == 1
    assert Visit.objects.get().seconds == 5
    assert set(Event.objects.values_list("lead_id", flat=True)) == {Lead.objects.get().pk}


def test_a_browser_erased_between_two_reports_stores_nothing(site, consented):
    consented.view()
    visitor = Visitor.objects.get()
    Visitor.objects.all().delete()
    facts = [{"name": events.SITE_EVENT, "data": {"event": "late"}}]
    assert actions.record_visitor_events(visitor=visitor, site=None, facts=facts, at=clock.now()) == 0
    assert not Event.objects.filter(name=events.SITE_EVENT).exists()
    with pytest.raises(actions.UnknownEventError):
        actions.record_visitor_events(visitor=visitor, site=None, facts=[{"name": "no"}], at=clock.now())


def queries_of(browser, batch) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert browser.report(*batch).status_code == 204
    return len(queries)


def test_ten_views_in_a_batch_cost_what_one_costs(site, pricing, consented):
    """Pages, pages of results, addresses of nothing, times, clicks and events: each by itself and all
    together take a number of statements that does not grow."""
    consented.view()
    here = "http://testserver"
    view = {"type": "view", "url": f"{here}/pricing/"}
    home, lost = view | {"url": f"{here}/"}, view | {"url": f"{here}/pricing/no/such/page/"}
    searches = [view | {"url": f"{here}/?q=word{number}"} for number in range(21)]
    stay = {"type": "time", "seconds": 5}
    click = {"type": "click", "url": f"{here}/", "href": "https://example.org/"}
    consented.report(view, home)  # places are remembered
    pairs = {
        "views": ([view], [view, home] * 5),
        "nothing there": ([lost], [lost, *(lost | {"url": f"{here}/{number}/"} for number in range(9))]),
        "searches": (searches[:1], searches[1:]),
        "times": ([stay], [stay] * 10),
        "all": ([view, stay, click], [view, stay, click, home] * 5),
    }
    for name, (few, many) in pairs.items():
        before = Event.objects.count()
        costs = queries_of(consented, few), queries_of(consented, many)
        assert costs[0] == costs[1] <= 30, (name, costs)
        told = sum(item["type"] != "time" for item in [*few, *many])
        told *= 2 if name == "searches" else 1  # the page and the search
        assert Event.objects.count() == before + told, name
    assert Event.objects.filter(name=events.SITE_SEARCHED).count() == 21
    visit = Visit.objects.get()
    assert visit.pages == LeadTotals.objects.get().pages
    assert visit.pages == Event.objects.filter(name=events.PAGE_VIEWED).count()
    assert visit.seconds == 11 * 5 + 6 * 5


def test_a_first_batch_of_many_views_is_one_visit_of_one_visitor(site, pricing, consented):
    here = "http://testserver"
    urls = ["/pricing/?utm_source=lettre&utm_medium=email", "/", "/pricing/?q=moss", "/pricing/?q=Moss"]
    rows = [{"type": "view", "url": here + url, "referrer": "https://www.google.com/"} for url in urls]
    assert consented.report(*rows).status_code == 204
    visit = Visit.objects.get()
    assert (visit.pages, visit.landing_url, visit.source) == (4, urls[0], "lettre")
    viewed = Event.objects.filter(name=events.PAGE_VIEWED).order_by("pk")
    assert [event.url for event in viewed] == urls
    assert [event.object_key for event in viewed].count(pricing.translation_key) == 3
    assert all(event.place for event in viewed)
    # the same words are one search, in one batch too
    assert [event.data["folded"] for event in Event.objects.filter(name=events.SITE_SEARCHED)] == ["moss"]
