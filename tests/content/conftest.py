"""Forms, pages and visitors for the tests of content."""

import uuid

import pytest
from django.core.cache import cache

from wagtail_automation.content.models import Form


@pytest.fixture(autouse=True)
def _fresh_cache():
    cache.clear()


def field(kind, label, key, **settings):
    """The JSON of one form field."""
    return {"type": kind, "id": str(uuid.uuid4()), "value": {"label": label, "field_key": key, **settings}}


@pytest.fixture
def form(english):
    """Asks for a name, an address, a message and consent to emails."""
    return Form.objects.create(
        name="Contact",
        locale=english,
        submit_label="Send it",
        thank_you_text="<p>Thanks a lot!</p>",
        fields=[
            field("text", "First name", "first_name", required=True, lead_field="first_name"),
            field("email", "Email", "email", required=True, lead_field="email"),
            field("long_text", "Message", "message", help_text="What is it about?"),
            field("consent", "I would like to receive emails.", "news", subject="email"),
            field("hidden", "Origin", "origin", fixed="tests"),
            field("utm", "Source", "source", parameter="utm_source"),
        ],
    )


@pytest.fixture
def landing(site, form):
    """A published landing page with the form on it."""
    from tests.contentapp.models import LandingPage

    page = LandingPage(title="Landing", slug="landing", locale=site.root_page.locale)
    page.body = [{"type": "form", "id": str(uuid.uuid4()), "value": form.pk}]
    site.root_page.add_child(instance=page)
    return page


BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class FormReader:
    """Reads a form from a page as a browser does, and sends it back."""

    def __init__(self, client, page_url):
        self.client, self.url = client, page_url
        self.response = client.get(page_url)
        self.read(self.response)

    def read(self, response):
        from bs4 import BeautifulSoup

        self.soup = BeautifulSoup(response.content, "html.parser")
        form = self.soup.select_one(".wa-form form")
        self.action = form["action"]
        self.values = {}
        for control in form.select("input, textarea, select"):
            if control.get("type") in ("checkbox", "radio") and not control.has_attr("checked"):
                continue
            self.values[control["name"]] = control.get("value", control.get_text())

    def send(self, headers=None, **answers):
        data = {**self.values, **{f"f-{key}": value for key, value in answers.items()}}
        sent = {"Origin": "http://testserver", "User-Agent": BROWSER, **(headers or {})}
        return self.client.post(self.action, data, headers=sent)


@pytest.fixture
def read_form(client):
    """``read_form(url)``: a page's form as a browser sees it."""
    return lambda url="/landing/", who=None: FormReader(who or client, url)


def one_block(kind, value):
    """The JSON of one block of a stream."""
    return {"type": kind, "id": str(uuid.uuid4()), "value": value}


def rule(*items, match="all"):
    """The JSON of a rule; items are ``(condition key, value)``."""
    return {
        "match": match,
        "items": [{"id": str(uuid.uuid4()), "type": kind, "value": value} for kind, value in items],
    }


def dynamic(alternatives, fallback="Everybody"):
    """The JSON of a dynamic block; ``alternatives`` are ``(rule JSON, text)``."""
    return one_block(
        "dynamic",
        {
            "alternatives": [
                {
                    "type": "item",
                    "id": str(uuid.uuid4()),
                    "value": {"content": [one_block("heading", text)], "name": text, "rule": asked},
                }
                for asked, text in alternatives
            ],
            "fallback": [one_block("heading", fallback)],
        },
    )


@pytest.fixture
def make_page(site):
    """``make_page([block JSON…])``: a published page with that body."""
    from tests.contentapp.models import PersonalPage

    def make(body, slug="personal", **fields):
        page = PersonalPage(title="Personal", slug=slug, locale=site.root_page.locale, body=body, **fields)
        site.root_page.add_child(instance=page)
        return page

    return make


@pytest.fixture
def make_segment(db):
    """``make_segment(leads)``: a live segment with these members."""
    from wagtail_automation import clock
    from wagtail_automation.audiences.models import Segment, SegmentMembership
    from wagtail_automation.rules.rule import Rule

    def make(*leads, name="Segment"):
        segment = Segment.objects.create(name=name, rule=Rule(), live=True)
        for lead in leads:
            SegmentMembership.objects.get_or_create(
                segment=segment, lead=lead, defaults={"joined_at": clock.now()}
            )
        return segment

    return make


@pytest.fixture
def make_visitor(db):
    """``make_visitor(level="identified", **lead fields)``: ``(client, lead)`` of a browser that consented."""
    from django.core import signing
    from django.test import Client

    from wagtail_automation import clock
    from wagtail_automation.leads.models import Lead
    from wagtail_automation.tracking import visitors
    from wagtail_automation.tracking.models import Visitor

    def make(level="identified", **fields):
        status = "anonymous" if level == "anonymous" else "known"
        lead = Lead.objects.create(status=status, **fields)
        visitor = Visitor.objects.create(
            lead=lead, level=level, created_at=clock.now(), last_seen_at=clock.now()
        )
        who = Client()
        who.cookies["wa_consent"] = "granted"
        who.cookies["wa_visitor"] = signing.Signer(salt=visitors._COOKIE_SALT).sign(visitor.uuid.hex)
        return who, lead

    return make
