"""Web promos: who gets which on which page, how often, what is counted, and that nothing moves."""

import datetime as dt
import json
import re

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests import browsers
from tests.content.conftest import BROWSER, one_block, rule
from wagtail_automation import clock
from wagtail_automation.content.models import Showing, WebPromo
from wagtail_automation.content.promos import deciding, kinds
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.models import Event

pytestmark = pytest.mark.django_db

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Mobile/15E148 Safari/604.1"
TABLET = "Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
ANDROID = "Mozilla/5.0 (Linux; Android 14; Pixel 9) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"


@pytest.fixture
def promo(english, site):
    """``promo(name, **fields)``: a live promo with that heading."""

    def make(name="Sale", asked=None, **fields):
        from wagtail_automation.rules.rule import Rule

        content = [
            {
                "type": "content",
                "value": {
                    "heading": name,
                    "text": "<p>Now</p>",
                    "label": "Go",
                    "address": "https://example.com/",
                },
            }
        ]
        return WebPromo.objects.create(
            name=name, locale=english, content=content, rule=Rule(asked or {}), **{"kind": "slide", **fields}
        )

    return make


def get(client=None, path="/", me=True, **headers):
    query = {"path": path, **({"me": "1"} if me else {})}
    sent = {"User-Agent": BROWSER, **headers}
    return (client or Client()).get("/automation/promos/", query, headers=sent)


def names(*args, **kwargs):
    found = get(*args, **kwargs).json()["promos"]
    return [heading(one) for one in found]


def heading(one):
    return re.search(r'__heading"[^>]*>([^<]*)<', one["html"])[1]


def report(client, token, what):
    body = json.dumps({"events": [[token, what]]})
    headers = {"User-Agent": BROWSER, "Sec-Fetch-Site": "same-origin"}
    return client.post("/automation/shown/", body, content_type="text/plain", headers=headers)


@pytest.mark.parametrize(
    ("lines", "path", "fits"),
    [
        ("", "/anything/", True),
        ("/blog/*", "/blog/post/", True),
        ("/blog/*", "/blog/", True),
        ("/blog/*", "/blogs/", False),
        ("/blog/", "/blog", True),
        ("/blog/", "/blog/post/", False),
        ("/", "/", True),
        ("/", "/blog/", False),
        ("*/prices/", "/fr/prices/", True),
        ("*prices*", "/fr/our-prices-2026/", True),
        ("/a*b*c", "/aXbYc", True),
        ("/a*b*c", "/ac", False),
        ("/aa*a", "/aa", False),
        ("/blog/*\n-/blog/secret/*", "/blog/secret/1/", False),
        ("/blog/*\n-/blog/secret/*", "/blog/open/", True),
        ("-/checkout/*", "/shop/", True),
        ("-/checkout/*", "/checkout/pay/", False),
        ("/x.y/", "/xzy/", False),
    ],
)
def test_pages(lines, path, fits):
    assert deciding.fits_path(WebPromo(paths=lines).lines(), path) is fits


def test_a_hostile_pattern_takes_no_time():
    assert not deciding.fits_path(["/" + "*a" * 900 + "b"], "/" + "a" * 2000)


@pytest.mark.parametrize(
    ("agent", "device"),
    [(PHONE, "phone"), (ANDROID, "phone"), (TABLET, "tablet"), (BROWSER, "desktop"), ("", "")],
)
def test_devices(agent, device):
    assert deciding.device_of(agent) == device


def test_a_device_rule_without_a_user_agent_shows_nothing(promo, make_visitor):
    known, _lead = make_visitor()
    promo("Phones", device="phone")
    promo("All")
    assert names(known, **{"User-Agent": PHONE}) == ["Phones", "All"]
    assert names(known) == ["All"]
    assert names(known, **{"User-Agent": ""}) == ["All"]


def test_the_shared_answer_is_one_for_all_devices(promo):
    """The page's script knows its device; a cache need not."""
    promo("Phones", device="phone")
    promo("All")
    answers = [get(me=False, **{"User-Agent": agent}) for agent in (PHONE, TABLET, BROWSER, "")]
    assert len({answer.content for answer in answers}) == 1
    assert [one["device"] for one in answers[0].json()["promos"]] == ["phone", ""]
    assert not any("User-Agent" in answer.get("Vary", "") for answer in answers)


def test_schedule_site_language_and_priority(promo, site):
    from wagtail.models import Locale

    now = clock.now()
    promo("Late", starts_at=now + dt.timedelta(hours=1))
    promo("Over", ends_at=now)
    promo("Draft", live=False)
    promo("Second", priority=10, ends_at=now + dt.timedelta(hours=1))
    first = promo("First", priority=90, starts_at=now, site=site)
    french = first.copy_for_translation(Locale.objects.get_or_create(language_code="fr")[0])
    french.content[0].value["heading"] = "Premier"
    french.live = True
    french.save()
    assert names(me=False) == ["First", "Second"]
    answer = Client().get("/automation/promos/", {"path": "/", "lang": "fr"}, headers={"User-Agent": BROWSER})
    assert "Premier" in answer.json()["promos"][0]["html"]
    assert len(answer.json()["promos"]) == 2


def test_rules_are_for_the_known(promo, make_visitor):
    known, _lead = make_visitor(score=50)
    promo("Hot", rule(("score_above", {"value": 20})), priority=60)
    promo("Cold", rule(("score_above", {"value": 90})), priority=60)
    promo("Broken", rule(("not_installed", {})), priority=60)
    promo("All")
    assert names(known) == ["Hot", "All"]
    assert names() == ["All"]
    assert names(known, me=False) == ["All"]


def test_what_caches_may_keep(promo, make_visitor):
    known, _lead = make_visitor()
    promo()
    for client in (known, Client()):
        shared = get(client, me=False)
        assert "public" in shared["Cache-Control"] and "Cookie" not in shared.get("Vary", "")
        assert not shared.cookies and "token" not in shared.json()["promos"][0]
        own = get(client)
        assert "no-store" in own["Cache-Control"] and "private" in own["Cache-Control"]
    assert "token" in get(known).json()["promos"][0]


def test_queries_do_not_grow_with_the_promos(promo, make_visitor, django_assert_max_num_queries):
    known, _lead = make_visitor(score=50)
    for number in range(15):
        promo(f"P{number}", rule(("score_above", {"value": number})))
    get(known)
    with django_assert_max_num_queries(8):
        assert len(names(known)) == 15


def test_how_often(promo, make_visitor):
    known, lead = make_visitor()
    promo("Twice", most_times=2)
    promo("Rests", rest_days=7)
    promo("Closable", closed_days=30)
    promo("Never again", closed_days=0)
    now = timezone.now()

    def tokens():
        return {heading(one): one["token"] for one in get(known).json()["promos"]}

    with test_clock.freeze(now):
        held = tokens()
        assert len(held) == 4
        report(known, held["Twice"], "seen")
        report(known, held["Rests"], "seen")
        for name in ("Closable", "Never again"):
            report(known, held[name], "dismissed")
        assert sorted(tokens()) == ["Twice"]
        report(known, held["Twice"], "seen")
        assert tokens() == {}
    with test_clock.freeze(now + dt.timedelta(days=8)):
        assert sorted(tokens()) == ["Rests"]
    with test_clock.freeze(now + dt.timedelta(days=31)):
        assert sorted(tokens()) == ["Closable", "Rests"]
    assert Showing.objects.filter(lead=lead).count() == 4


def test_clicks_and_who_is_held_back(promo, make_visitor):
    shown = promo("Offer", holdout=50)
    shown.translation_key = "00000000-0000-0000-0000-000000000007"
    shown.save()
    seen = set()
    for number in range(12):
        who, lead = make_visitor(bucket=number * 83_000)
        (one,) = get(who).json()["promos"]
        report(who, one["token"], "seen")
        report(who, one["token"], "clicked")
        clicks = Event.objects.filter(lead=lead, name="promo_clicked", object_key=shown.translation_key)
        assert clicks.count() == (1 if one["html"] else 0)
        seen.add(bool(one["html"]))
    assert seen == {True, False}


@pytest.mark.parametrize("path", ["", "x", "//evil", "/" + "a" * 5000, "/\x00", "/%", None])
def test_bad_requests(promo, path):
    promo()
    answer = Client().get("/automation/promos/", {"path": path} if path is not None else {})
    assert answer.status_code == (200 if path and path.startswith("/") else 400)
    assert Client().post("/automation/promos/").status_code == 405


def test_a_kind_that_is_not_installed_is_not_shown(promo):
    promo("Odd", kind="hologram")

    class Hologram(kinds.PromoKind):
        key = "hologram"
        label = "Hologram"

    assert names(me=False) == []
    with kinds.promo_kinds.temporarily(Hologram):
        assert names(me=False) == ["Odd"]
        assert ("hologram", "Hologram") in WebPromo._meta.get_field("kind").flatchoices


@pytest.mark.parametrize(
    "fields",
    [
        {"starts_at": clock.now(), "ends_at": clock.now() - dt.timedelta(hours=1)},
        {"moment": "scroll", "moment_value": 101},
        {"paths": "https://example.com/"},
        {"paths": "/fine/\nblog"},
        {"holdout": 51},
        {"kind": "hologram"},
    ],
)
def test_what_cannot_be_meant_is_refused(promo, fields):
    one = promo()
    for name, value in fields.items():
        setattr(one, name, value)
    with pytest.raises(ValidationError):
        one.full_clean()


def test_in_the_admin(client, admin_user, promo, make_visitor):
    known, _lead = make_visitor()
    one = promo("<b>Sale")
    (told,) = get(known).json()["promos"]
    assert "&lt;b&gt;Sale" in told["html"]
    report(known, told["token"], "seen")
    client.force_login(admin_user)
    base = "wagtailsnippets_wagtail_automation_content_webpromo"
    listed = client.get(reverse(f"{base}:list")).content.decode()
    assert "&lt;b&gt;Sale" in listed
    assert client.get(reverse(f"{base}:add")).status_code == 200
    assert client.get(reverse(f"{base}:edit", args=[one.pk])).status_code == 200
    results = client.get(reverse("wagtail_automation_promo_results", args=[one.pk]))
    assert results.status_code == 200 and "(0.0" in results.content.decode()
    assert "Closed" in results.content.decode() and "Everybody else" not in results.content.decode()
    preview = one.make_preview_request().rendered_content
    assert "wa-promo--slide" in preview and "style=" not in preview
    client.logout()
    assert client.get(reverse("wagtail_automation_promo_results", args=[one.pk])).status_code == 302


# -- in a browser ----------------------------------------------------------------------------------------

SHIFT = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 400);
})"""


@pytest.fixture
def window(chromium_path, site, live_server):
    """``window(client)``: a page of Chromium with that client's cookies; its errors are collected."""
    site.hostname, _colon, port = live_server.url.removeprefix("http://").partition(":")
    site.port = int(port)
    site.save()
    browser = browsers.shared(chromium_path)

    def open_(client=None, path="/promos/", **options):
        context = browser.new_context(**options)
        if client is not None:
            context.add_cookies(
                [
                    {"name": c.key, "value": c.coded_value, "url": live_server.url}
                    for c in client.cookies.values()
                ]
            )
        page = context.new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.goto(live_server.url + path, wait_until="networkidle")
        return page

    yield open_
    browsers.close_contexts()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_popup_takes_the_focus_and_gives_it_back(window, promo, make_page, make_visitor):
    known, lead = make_visitor()
    make_page([one_block("heading", f"Line {n}") for n in range(40)], slug="promos")
    promo("Stay a while", kind="popup", closed_days=30)
    page = window(known)
    dialog = page.get_by_role("dialog", name="Stay a while")
    dialog.wait_for()
    assert dialog.evaluate("box => box.contains(document.activeElement)")
    for _tab in range(5):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
    page.wait_for_timeout(1300)
    page.keyboard.press("Escape")
    assert dialog.count() == 0
    assert page.evaluate(SHIFT) == 0
    assert page.errors == []
    page.wait_for_timeout(300)
    row = Showing.objects.get(lead=lead)
    assert row.seen_count == 1 and row.dismissed_at is not None
    page.reload(wait_until="networkidle")
    assert page.locator(".wa-promo").count() == 0


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_for_the_unknown_it_is_remembered_in_the_tab_and_no_cookie_is_set(window, promo, make_page):
    make_page([one_block("heading", f"Line {n}") for n in range(40)], slug="promos")
    promo("Top", kind="bar", priority=80)
    promo("Other top", kind="bar", priority=70)
    promo("Corner", kind="slide", moment="scroll", moment_value=30)
    promo("Leaving", kind="banner", moment="exit")
    page = window(reduced_motion="reduce")
    page.get_by_text("Top", exact=True).wait_for()
    assert page.locator(".wa-promo").count() == 1
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.get_by_text("Corner").wait_for()
    page.locator(".wa-promo--bar").get_by_role("button", name="Close").click()
    assert page.locator(".wa-promo--bar").count() == 0
    page.reload(wait_until="networkidle")
    assert page.get_by_text("Top", exact=True).count() == 0
    assert page.evaluate(SHIFT) == 0
    assert page.context.cookies() == []
    assert page.errors == []


WHERE = """() => {
  const bar = document.querySelector(".wa-promo--bar").getBoundingClientRect();
  const lines = [...document.body.querySelectorAll("h1, h2, h3, p")];
  const first = lines.find((line) => line.textContent.startsWith("Line")).getBoundingClientRect();
  return [bar.top, bar.bottom, first.top, scrollY];
}"""


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.django_db(transaction=True)
def test_the_page_begins_below_a_bar(window, promo, make_page, width):
    make_page([one_block("heading", f"Line {n}") for n in range(40)], slug="promos")
    promo("Until Sunday the whole shop is at half its price", kind="bar")
    page = window(reduced_motion="reduce", viewport={"width": width, "height": 800})
    bar = page.locator(".wa-promo--bar")
    bar.wait_for()
    top, bottom, first, _scrolled = page.evaluate(WHERE)
    assert top == 0 and bottom > 30 and first >= bottom - 1
    page.keyboard.press("Tab")
    assert bar.evaluate("box => box.contains(document.activeElement)"), "the keyboard meets it first"
    page.set_viewport_size({"width": 300, "height": 800})
    page.wait_for_timeout(100)
    _top, higher, first, _scrolled = page.evaluate(WHERE)
    assert higher > bottom - 1 and first >= higher - 1
    bar.get_by_role("button", name="Close").press("Enter")
    assert bar.count() == 0
    assert page.evaluate("getComputedStyle(document.documentElement).paddingTop") == "0px"
    assert page.errors == []


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_bar_does_not_move_what_somebody_reads_further_down(window, promo, make_page):
    make_page([one_block("heading", f"Line {n}") for n in range(80)], slug="promos")
    promo("Late", kind="bar", moment="scroll", moment_value=30)
    page = window(reduced_motion="reduce", viewport={"width": 800, "height": 600})
    line = page.get_by_text("Line 40", exact=True)
    line.evaluate("line => line.scrollIntoView({ block: 'center' })")
    before = line.bounding_box()["y"]
    page.locator(".wa-promo--bar").wait_for()
    assert abs(line.bounding_box()["y"] - before) < 1
    assert page.evaluate(SHIFT) == 0
    page.keyboard.press("Escape")
    assert page.locator(".wa-promo--bar").count() == 0
    assert abs(line.bounding_box()["y"] - before) < 1


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_inline_ones_come_where_nobody_looks(window, promo, make_page):
    lines = [one_block("heading", f"Line {n}") for n in range(30)]
    make_page(
        [lines[0], one_block("promo_place", None), *lines[1:], one_block("promo_place", None)], slug="promos"
    )
    promo("Inline first", kind="inline", priority=90)
    promo("Inline second", kind="inline", priority=80)
    page = window()
    page.get_by_text("Inline second").wait_for(state="attached")
    assert page.get_by_text("Inline first").count() == 0
    assert page.evaluate(SHIFT) == 0
    page.keyboard.press("ArrowDown")
    page.get_by_text("Inline first").wait_for()
    assert page.errors == []


@pytest.mark.browser
@pytest.mark.parametrize(("agent", "shown"), [(PHONE, ["Phones"]), (BROWSER, ["Computers"])])
@pytest.mark.django_db(transaction=True)
def test_the_browser_leaves_out_what_is_for_other_devices(window, promo, make_page, agent, shown):
    make_page([one_block("heading", "Line")], slug="promos")
    promo("Phones", kind="bar", device="phone")
    promo("Computers", kind="banner", device="desktop")
    page = window(user_agent=agent)
    page.locator(".wa-promo").first.wait_for()
    assert page.locator(".wa-promo__heading").all_inner_texts() == shown
    assert not page.errors
