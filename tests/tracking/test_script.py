"""wa.js: its size, its pure parts by Node, and the whole of it in a real browser on a live server."""

import gzip
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.template import engines
from django.test import override_settings
from playwright.sync_api import expect

from tests import browsers
from tests.testapp.models import SimplePage
from wagtail_automation import clock
from wagtail_automation.leads import actions as leads
from wagtail_automation.leads.models import Lead
from wagtail_automation.tracking import events, visitors
from wagtail_automation.tracking.models import Event, Visit, Visitor

STATIC = Path(visitors.__file__).parent / "static/wagtail_automation/tracking"
#: The strictest policy under which a site may use the script.
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'"


def test_the_script_is_small():
    assert len(gzip.compress((STATIC / "wa.js").read_bytes(), 9)) < 3 * 1024


@pytest.mark.node
def test_the_pure_parts(node_path):
    done = subprocess.run(
        [node_path, "--test", str(Path(__file__).parent / "js")], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


class PolicyMiddleware:
    """Puts the policy on every page, as a careful site does."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response["Content-Security-Policy"] = POLICY
        return response


PAGE = """{% load wagtailcore_tags automation_tracking %}<!doctype html>
<html lang="en"><head><title>{{ page.title }}</title></head>
<body><h1>{{ page.title }}</h1><a id="next" href="/pricing/">Pricing</a>
<a id="out" href="https://example.org/away">Away</a>{% privacy_choices %}{% automation_script %}
</body></html>"""


@pytest.fixture
def pages(transactional_db, live_server, settings, monkeypatch):
    """Home and pricing on the live server, with the package's tags in their template."""
    from wagtail.models import Locale, Page, Site

    settings.MIDDLEWARE = [f"{__name__}.PolicyMiddleware", *settings.MIDDLEWARE]
    template = engines["django"].from_string(PAGE)
    monkeypatch.setattr(SimplePage, "template", template)
    locale = Locale.objects.get_or_create(language_code="en")[0]
    root = Page.objects.filter(depth=1).first() or Page.add_root(title="Root", slug="root", locale=locale)
    home = root.add_child(instance=SimplePage(title="Home", slug="wa-home", locale=locale))
    home.add_child(instance=SimplePage(title="Pricing", slug="pricing", locale=locale))
    Site.objects.all().delete()
    Site.objects.create(hostname="localhost", root_page=home, is_default_site=True)
    return live_server.url


@contextmanager
def chromium(path, **options):
    context = browsers.shared(path).new_context(**options)
    try:
        page = context.new_page()
        page.problems = []
        page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.route("https://example.org/**", lambda route: route.fulfill(body="away"))
        yield page
    finally:
        context.close()


def until(condition, seconds=8):
    """Wait for the server to have stored something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def urls():
    return list(Event.objects.filter(name=events.PAGE_VIEWED).order_by("pk").values_list("url", flat=True))


@pytest.mark.browser
@pytest.mark.usefixtures("transactional_db")
class TestBrowser:
    def test_two_pages_opened_at_once_are_one_visitor(self, pages, chromium_path, monkeypatch):
        """Consent by a tool of the site: no cookie names the browser yet, and the server is slow."""
        from wagtail_automation.tracking import collecting

        store = collecting.store

        def slowly(*args):
            time.sleep(0.5)
            return store(*args)

        monkeypatch.setattr(collecting, "store", slowly)
        with chromium(chromium_path) as page:
            page.goto(f"{pages}/")
            page.context.add_cookies([{"name": "wa_consent", "value": "granted", "url": pages}])
            assert page.evaluate("Boolean(navigator.locks)")
            page.evaluate("() => { open('/'); open('/pricing/'); }")
            assert until(lambda: sorted(urls()) == ["/", "/pricing/"])
            assert (Visitor.objects.count(), Lead.objects.count(), Visit.objects.get().pages) == (1, 1, 2)

    def test_the_road_of_a_visitor(self, pages, chromium_path):
        """Nothing before the choice; afterwards views, time, links and own events; then a refusal."""
        with chromium(chromium_path) as page:
            page.goto(f"{pages}/")
            notice = page.get_by_role("region", name="Your privacy")
            expect(notice).to_be_visible()
            page.wait_for_timeout(300)
            assert page.context.cookies() == []
            assert not Event.objects.exists()

            notice.get_by_role("button", name="Accept").click()
            expect(notice).to_have_count(0)
            assert until(lambda: urls() == ["/"])
            names = {cookie["name"]: cookie for cookie in page.context.cookies()}
            assert names["wa_consent"]["value"] == "granted"
            assert names["wa_visitor"]["httpOnly"]
            assert names["wa_visitor"]["sameSite"] == "Lax"

            page.wait_for_timeout(1100)
            page.click("#next")
            assert until(lambda: urls() == ["/", "/pricing/"])
            expect(page.get_by_role("region", name="Your privacy")).to_have_count(0)
            assert until(lambda: Visit.objects.get().seconds >= 1)
            assert (Visitor.objects.count(), Visit.objects.get().pages) == (1, 2)

            page.evaluate("wa.track('brochure', {size: 'A4'})")
            assert until(lambda: Event.objects.filter(name=events.SITE_EVENT).exists())
            page.evaluate("wa.identify({first_name: 'Zoé'})")
            assert until(lambda: Lead.objects.get().first_name == "Zoé")

            page.click("#out")
            assert until(lambda: Event.objects.filter(name=events.LINK_CLICKED).exists())
            # going back while the other site's page is still being attached is an error of its own
            page.wait_for_url("https://example.org/**")
            page.go_back()
            assert until(lambda: urls() == ["/", "/pricing/", "/pricing/"])

            page.get_by_role("link", name="Privacy choices").click()
            notice = page.get_by_role("region", name="Your privacy")
            expect(notice).to_be_focused()
            notice.get_by_role("button", name="Refuse").click()
            expect(notice).to_have_count(0)
            assert [cookie["name"] for cookie in page.context.cookies()] == ["wa_consent"]
            page.goto(f"{pages}/")
            page.wait_for_timeout(500)
            assert len(urls()) == 3
            assert page.problems == []

    def test_a_signed_fragment_waits_for_the_choice_and_leaves_the_address(self, pages, chromium_path):
        lead = leads.identify(
            lead=None, identifiers={"email": "ada@example.com"}, source="test", now=clock.now()
        )
        with chromium(chromium_path) as page:
            page.goto(f"{pages}/pricing/#wa={visitors.recognition_token(lead)}")
            page.get_by_role("region", name="Your privacy").wait_for()
            assert page.url == f"{pages}/pricing/"
            assert not Visitor.objects.exists()
            page.get_by_role("button", name="Accept").click()
            assert until(lambda: Visitor.objects.filter(lead=lead, level="recognised").exists())
            assert until(lambda: Event.objects.filter(name=events.PAGE_VIEWED, lead=lead).exists())
            assert Lead.objects.count() == 1

    def test_a_browser_that_says_do_not_track_is_not_even_asked(self, pages, chromium_path):
        with chromium(chromium_path, extra_http_headers={"Sec-GPC": "1"}) as page:
            page.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})")
            page.goto(f"{pages}/")
            page.wait_for_timeout(500)
            expect(page.get_by_role("region", name="Your privacy")).to_have_count(0)
            assert not Event.objects.exists()

    def test_without_javascript_the_choice_is_a_form(self, pages, chromium_path):
        with (
            override_settings(WAGTAIL_AUTOMATION={"PAGE_VIEWS": "server", "JOBS": "inline"}),
            chromium(chromium_path, java_script_enabled=False) as page,
        ):
            page.goto(f"{pages}/pricing/")
            page.get_by_role("link", name="Privacy choices").first.click()
            page.get_by_role("button", name="Accept").click()
            assert until(lambda: urls() in (["/"], ["/pricing/"]))
            assert page.problems == []
