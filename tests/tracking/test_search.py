"""The site's own search, files, single-page applications and consent tools."""

import datetime as dt

import pytest

from tests.tracking.test_script import chromium, pages, until, urls  # noqa: F401  a fixture
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking import events
from wagtail_automation.tracking.collecting import searched_for
from wagtail_automation.tracking.models import Event, Visitor


def searches():
    rows = Event.objects.filter(name=events.SITE_SEARCHED).order_by("pk")
    return [row.data["term"] for row in rows]


@pytest.mark.django_db
class TestServer:
    def test_a_page_of_results_is_a_search(self, site, consented):
        consented.view("/search/?query=Sac+%C3%A9tanche")
        event = Event.objects.get(name=events.SITE_SEARCHED)
        assert event.data == {"term": "Sac étanche", "folded": "sac etanche"}
        assert event.url == "/search/?query=Sac+%C3%A9tanche"
        consented.view("/search/?query=sac+etanche&page=2")
        consented.view("/search/?query=")
        consented.view("/search/?other=x")
        assert searches() == ["Sac étanche"]
        with test_clock.shift(dt.timedelta(hours=1)):
            consented.view("/search/?q=sac+etanche")
        assert len(searches()) == 2

    def test_reported_by_the_script(self, site, consented):
        consented.view("/")
        say = {"type": "track", "url": "http://testserver/", "name": "site_searched"}
        consented.report({**say, "data": {"term": "<b>Bag</b>\x00"}})
        for bad in ({}, {"term": ""}, {"term": None}, {"term": "   "}, {"other": "x"}):
            consented.report({**say, "data": bad})
        consented.report({**say, "data": {"term": "x" * 5000}})
        assert searches() == ["<b>Bag</b>", "x" * 100]

    def test_without_consent_and_with_other_parameters(self, site, browser, settings):
        browser.view("/search/?q=bag")
        assert not Event.objects.exists()
        settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "SEARCH_PARAMETERS": ()}
        browser.accept()
        browser.view("/search/?q=bag")
        assert searches() == []

    @pytest.mark.parametrize("url", ["", "/", "/?q", "/?q=&q=", "/?" + "a=1&" * 40 + "q=late"])
    def test_no_search(self, url):
        assert searched_for(url) == ""


@pytest.mark.browser
@pytest.mark.usefixtures("transactional_db")
class TestBrowser:
    def test_files_other_pages_and_a_consent_tool(self, pages, chromium_path):
        with chromium(chromium_path) as page:
            page.goto(f"{pages}/")
            page.get_by_role("region", name="Your privacy").wait_for()
            assert page.evaluate("wa.choice()") == ""
            assert page.evaluate("wa.consent(true)") is True
            assert until(lambda: urls() == ["/"])
            assert page.get_by_role("region", name="Your privacy").count() == 0
            page.evaluate(
                "history.pushState(null, '', '/one/?a=1'); history.pushState(null, '', '/one/?a=1#x')"
            )
            assert until(lambda: urls() == ["/", "/one/?a=1"])  # two at once may arrive in any order
            page.evaluate("history.pushState(null, '', '/two/')")
            assert until(lambda: urls() == ["/", "/one/?a=1", "/two/"])
            page.evaluate("history.back()")
            assert until(lambda: urls()[3:] == ["/one/?a=1"])
            page.evaluate(
                "document.querySelector('#next').href = '/documents/7/plan.pdf';"
                "document.querySelector('#next').addEventListener('click', (event) => event.preventDefault())"
            )
            page.click("#next")
            clicks = Event.objects.filter(name=events.LINK_CLICKED)
            assert until(lambda: clicks.filter(url=f"{pages}/documents/7/plan.pdf").exists())
            assert page.evaluate("wa.consent(false)") is True
            page.evaluate("history.pushState(null, '', '/three/')")
            page.wait_for_timeout(500)
            assert len(urls()) == 4
            assert Visitor.objects.count() == 1
            assert page.problems == []
