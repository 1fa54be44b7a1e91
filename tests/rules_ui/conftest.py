"""A browser that is logged in to the admin of a live server."""

import pytest

from tests import browsers
from wagtail_automation.audiences.models import LeadList, Segment
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.rule import Rule


def condition(key, id="c1", **value):
    return {"id": id, "type": key, "value": value}


def rule(*items, match="all"):
    return Rule({"match": match, "items": list(items)})


def group(*items, id="g1", match="any"):
    return {"id": id, "type": "group", "value": {"match": match, "items": list(items)}}


@pytest.fixture(scope="module")
def chromium(chromium_path):
    """The browser that all tests share."""
    browser = browsers.shared(chromium_path)
    yield browser
    browsers.close_contexts()


@pytest.fixture
def people(transactional_db):
    """Some leads, a list, and a published segment with its members."""
    LeadList.objects.create(name="Newsletter")
    for number in range(12):
        Lead.objects.create(first_name=f"Élodie {number}", score=number * 10, status="known")
    Segment.objects.create(name="Friends", rule=rule(condition("score_above", value=80)))


class Admin:
    """A page of the admin, with what went wrong in it."""

    def __init__(self, page, url):
        self.page, self.url, self.errors = page, url, []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._console)
        page.on("response", self._response)

    def _console(self, message):
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.errors.append(message.text)

    def _response(self, response):
        """Of our own addresses: Wagtail's autosave answers 400 to a form that is not complete yet."""
        if response.status >= 400 and "/automation/" in response.url:
            self.errors.append(f"{response.status} {response.url}")

    def open(self, path):
        self.page.goto(self.url + path)
        return self.page


@pytest.fixture
def admin(chromium, live_server, people, admin_user, client, settings):
    client.force_login(admin_user)
    context = chromium.new_context(viewport={"width": 1360, "height": 900})
    context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield Admin(page, live_server.url)
    context.close()
