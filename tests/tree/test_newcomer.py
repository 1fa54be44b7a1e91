"""A first campaign built by somebody who reads the screen, and what then happens to two visitors."""

import datetime as dt
import re
import uuid

import pytest
from django.contrib.auth.models import Group, User
from django.core import mail
from django.test import Client
from playwright.sync_api import expect

from tests import browsers
from tests.content.conftest import field
from wagtail_automation.admin.roles import create_groups
from wagtail_automation.campaigns import tasks as campaigns
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.content.models import Form
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging import tasks as messaging
from wagtail_automation.messaging.models import Email
from wagtail_automation.testing.clock import shift

from .newcomer import ENGLISH, Newcomer

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

MOST = 40


@pytest.fixture
def browser(chromium_path):
    """Chromium."""
    browser = browsers.shared(chromium_path)
    yield browser
    browsers.close_contexts()


@pytest.fixture
def shop(site, live_server, settings):
    """A site with a contact page, a marketer and somebody in sales."""
    from tests.contentapp.models import LandingPage

    settings.WAGTAILADMIN_BASE_URL = live_server.url
    site.hostname, _colon, port = live_server.url.removeprefix("http://").partition(":")
    site.port = int(port)
    site.save()
    form = Form.objects.create(
        name=ENGLISH["form"],
        locale=site.root_page.locale,
        fields=[
            field("text", "First name", "first_name", required=True, lead_field="first_name"),
            field("email", "Email", "email", required=True, lead_field="email"),
        ],
    )
    page = LandingPage(title="Contact", slug="contact", locale=site.root_page.locale)
    page.body = [{"type": "form", "id": str(uuid.uuid4()), "value": form.pk}]
    site.root_page.add_child(instance=page)
    create_groups()
    for name, role in (("ines", "Marketer"), ("theo", "Salesperson")):
        user = User.objects.create_user(name, f"{name}@shop.example", "secret")
        user.groups.add(Group.objects.get(name=role))
    return live_server.url


@pytest.fixture
def marketer(shop, browser):
    """The admin's home page, after login."""
    client = Client()
    client.force_login(User.objects.get(username="ines"))
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": shop}])
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.goto(f"{shop}/admin/")
    yield page
    context.close()


def write_to_us(browser, shop, name):
    """A visitor fills in the contact form and sends it; their browser stays open."""
    page = browser.new_context().new_page()
    page.goto(f"{shop}/contact/")
    page.get_by_label("First name").fill(name)
    page.get_by_label("Email").fill(f"{name.lower()}@example.com")
    page.locator(".wa-form button[type=submit]").click()
    expect(page.get_by_role("status").first).to_be_visible()
    return page


def the_worker_comes():
    campaigns.beat()
    messaging.beat()
    messaging.send_due()


def letters():
    """``(to, subject)`` of everything sent, in order."""
    return [(message.to[0], message.subject) for message in mail.outbox]


def test_a_first_campaign_takes_forty_acts_at_most_and_does_what_was_meant(marketer, shop, browser):
    newcomer = Newcomer(marketer)
    newcomer.build()
    assert len(newcomer.did) <= MOST, "\n".join(newcomer.did)
    assert marketer.problems == []
    campaign = Campaign.objects.get()
    assert campaign.live and campaign.is_running and campaign.name == ENGLISH["campaign"]
    assert Email.objects.filter(live=True).count() == 2
    thanks, reminder = ENGLISH["thanks"][0], ENGLISH["reminder"][0]

    ada = write_to_us(browser, shop, "Ada")
    write_to_us(browser, shop, "Bob")
    the_worker_comes()
    assert sorted(letters()) == [("ada@example.com", thanks), ("bob@example.com", thanks)]
    to_ada = next(message for message in mail.outbox if message.to == ["ada@example.com"])
    assert "Hello Ada," in to_ada.body

    with shift(dt.timedelta(hours=5)):
        ada.goto(re.search(rf"{shop}/automation/e/\S+", to_ada.body).group(0))
        assert ada.url.split("#")[0].rstrip("/") == shop  # the home page
        the_worker_comes()
    assert dict(Lead.objects.values_list("first_name", "score")) == {"Ada": 10, "Bob": 0}
    assert letters()[2:] == [("theo@shop.example", "To look at: Ada")]

    with shift(dt.timedelta(days=1, hours=23)):
        the_worker_comes()
    assert len(letters()) == 3
    with shift(dt.timedelta(days=2, hours=1)):
        the_worker_comes()
        the_worker_comes()
    assert letters()[3:] == [("bob@example.com", reminder)]
    assert dict(Lead.objects.values_list("first_name", "score")) == {"Ada": 10, "Bob": 0}
