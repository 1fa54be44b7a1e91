"""The lead page by keyboard and mouse: a value in place, a note, a timeline that goes on by itself."""

import datetime as dt

import pytest
from django.contrib.auth import get_user_model
from wagtail.models import Locale

from tests import browsers
from wagtail_automation.leads import actions
from wagtail_automation.tracking.models import Event

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
EVENTS = 60


@pytest.fixture
def lead():
    lead = actions.identify(
        lead=None, identifiers={"email": "zoe@example.com"}, fields={"city": "Lyon"}, source="x", now=NOW
    )
    Event.objects.bulk_create(
        Event(lead=lead, name="page_viewed", url=f"/{number}/", at=NOW - dt.timedelta(hours=number))
        for number in range(EVENTS)
    )
    return lead


@pytest.fixture
def page(chromium_path, live_server, client, lead):
    Locale.objects.get_or_create(language_code="en")
    client.force_login(get_user_model().objects.create_superuser("admin", password="x"))
    context = browsers.shared(chromium_path).new_context(
        base_url=live_server.url, viewport={"width": 1280, "height": 800}
    )
    cookie = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    page = context.new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(f"/admin/automation/leads/inspect/{lead.pk}/")
    yield page
    context.close()
    assert page.errors == []


def test_the_lead_page_without_leaving_it(page, lead):
    here = page.url
    # a value, by keyboard: opened, refused, escaped, opened again and saved
    page.locator("#edit-email").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#field-email input:focus")
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("nobody")
    page.keyboard.press("Enter")
    page.wait_for_selector("#field-email .error-message")
    page.keyboard.press("Escape")
    page.wait_for_selector("#field-email:not(:has(form)) >> text=zoe@example.com")
    page.locator("#edit-city").click()
    page.locator("#field-city #id_city").fill("Nice")
    page.keyboard.press("Enter")
    page.wait_for_selector("#field-city:not(:has(form)) >> text=Nice")
    page.wait_for_selector(".wa-lead-header >> text=Nice")
    assert page.evaluate("document.activeElement.id") == "edit-city"
    page.wait_for_selector("#panel-timeline-body >> text=Lyon → Nice")
    # a note, which comes into the timeline too
    page.locator("#note-add").fill("Called <b>twice</b>")
    page.locator(".wa-note-form button").click()
    page.wait_for_selector(".wa-notes__text >> text=Called <b>twice</b>")
    page.wait_for_selector("#panel-timeline-body >> text=Called <b>twice</b>")
    # the timeline goes on until its end when one scrolls
    seen = page.locator("#panel-timeline-body .wa-timeline__entry")
    for _turn in range(20):
        page.locator(".wa-timeline__pages").scroll_into_view_if_needed()
        page.mouse.wheel(0, 3000)
        page.wait_for_timeout(150)
        if not page.locator("[data-wa-more]").count():
            break
    days = page.locator(".wa-timeline__section").evaluate_all("all => all.map(one => one.dataset.day)")
    assert len(days) == len(set(days))
    assert seen.filter(has_text="Page viewed").count() == EVENTS
    assert page.locator("text=/59/").count() >= 1
    # a filter stays on the page, in the address too
    page.locator("a.wa-timeline__chip--note").click()
    page.wait_for_selector("a.wa-timeline__chip--note[aria-current]")
    assert seen.count() == 1
    assert "timeline=note" in page.url
    assert page.url.split("?")[0] == here.split("?")[0]
