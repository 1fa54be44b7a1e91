"""Browsers as the edge sees them: requests with the headers and cookies that browsers send."""

import json

import pytest
from django.test import Client

from tests.testapp.models import SimplePage

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


class Browser(Client):
    """A browser on the test site: one cookie jar, one user agent."""

    def __init__(self, agent=FIREFOX, **headers):
        super().__init__(headers={"user-agent": agent, **headers} if agent else headers)

    def choose(self, choice, **extra):
        headers = {"accept": "application/json", "sec-fetch-site": "same-origin", **extra.pop("headers", {})}
        return self.post("/automation/consent/", {"choice": choice}, headers=headers, **extra)

    def accept(self, **extra):
        return self.choose("grant", **extra)

    def report(self, *events, headers=None, **kwargs):
        return self.send(json.dumps({"events": list(events)}), headers=headers, **kwargs)

    def send(self, body, content_type="text/plain;charset=UTF-8", headers=None, **kwargs):
        headers = {"sec-fetch-site": "same-origin", **(headers or {})}
        return self.post("/automation/collect/", body, content_type=content_type, headers=headers, **kwargs)

    def view(self, path="/", referrer="", **kwargs):
        return self.report(
            {"type": "view", "url": f"http://testserver{path}", "referrer": referrer}, **kwargs
        )


@pytest.fixture
def browser(db):
    return Browser()


@pytest.fixture
def browser_class(db):
    return Browser


@pytest.fixture
def consented(browser):
    browser.accept()
    return browser


@pytest.fixture
def pricing(site):
    page = SimplePage(title="Pricing", slug="pricing", locale=site.root_page.locale)
    site.root_page.add_child(instance=page)
    return page


@pytest.fixture
def lead(db):
    from wagtail_automation import clock
    from wagtail_automation.leads import actions

    return actions.identify(
        lead=None, identifiers={"email": "ada@example.com"}, fields={}, source="test", now=clock.now()
    )
