"""What happened before an order: collected once, whoever the order turns out to belong to."""

import datetime as dt
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import Page

from tests.commerce.conftest import NOW, hours_ago, item
from wagtail_automation.commerce import touching
from wagtail_automation.commerce.actions import record_order
from wagtail_automation.commerce.models import Touch
from wagtail_automation.leads import actions as leads
from wagtail_automation.objects import ref_of
from wagtail_automation.tracking import merging
from wagtail_automation.tracking.actions import create_visitor, record_event, record_page_view
from wagtail_automation.tracking.models import Event, Visit

pytestmark = pytest.mark.django_db
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Mobile Safari/604"


def visit(lead, hours, query="?utm_source=google&utm_medium=cpc&utm_campaign=spring", visitor=None):
    visitor = visitor or create_visitor(visitor_uuid=uuid.uuid4(), now=hours_ago(hours), lead=lead)
    page = Page.objects.filter(depth=2).first()
    record_page_view(visitor=visitor, site=None, url=f"/{query}", page=ref_of(page), user_agent=PHONE,
                     now=hours_ago(hours))  # fmt: skip
    return visitor


def buy(lead, number="1", hours=1, **more):
    return record_order(number, lead=lead, currency="EUR", items=[item()], state="paid", at=hours_ago(hours),
                        **more)  # fmt: skip


def names(order) -> list[str]:
    return list(order.touches.order_by("at", "pk").values_list("name", flat=True))


@pytest.fixture
def page(site):
    return Page.objects.filter(depth=2).first()


def test_visits_and_events_before_the_order(person, page):
    ada = person()
    visit(ada, 30)
    click = {"device": "mobile", "origin": "campaign:7"}
    record_event(name="email_clicked", lead=ada, about=page, channel="email", data=click, at=hours_ago(5))
    record_event(name="email_opened", lead=ada, about=page, channel="email", at=hours_ago(6))
    record_event(name="email_clicked", lead=ada, about=page, human=False, at=hours_ago(4))
    record_event(name="note_added", lead=ada, at=hours_ago(4))
    record_event(name="email_clicked", lead=ada, about=page, at=hours_ago(0.5))  # after it
    order = buy(ada)
    assert names(order) == ["visit", "email_opened", "email_clicked"]
    first, _opened, clicked = order.touches.order_by("at")
    assert (first.source, first.medium, first.campaign, first.device) == ("google", "cpc", "spring", "mobile")
    assert (first.object_kind, first.object_key) == (1, page.translation_key)
    assert (clicked.device, clicked.origin, clicked.channel) == ("mobile", "campaign:7", "email")
    assert clicked.at == hours_ago(5)


def test_of_somebody_else_and_of_long_ago_nothing(person, page, settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "TOUCH_DAYS": 10}
    ada = person()
    visit(person("bob"), 20)
    visit(ada, 24 * 10 + 2)
    assert names(buy(ada)) == []


def test_a_repeat_writes_nothing_twice(person, page):
    ada = person()
    visit(ada, 3)
    order = buy(ada)
    before = list(order.touches.values_list("pk", flat=True))
    buy(ada)
    touching.sweep()
    assert list(order.touches.values_list("pk", flat=True)) == before


def test_an_order_without_a_person_gets_its_touches_when_they_become_known(person, page):
    order = record_order("w", identifiers={"email": "zoe@example.com"}, create_lead=False, currency="EUR",
                         items=[item()], state="paid", at=hours_ago(1))  # fmt: skip
    assert (order.lead_id, order.touches_at) == (None, None)
    visitor = create_visitor(visitor_uuid=uuid.uuid4(), now=hours_ago(8))
    visit(None, 8, visitor=visitor)
    leads.identify(lead=visitor.lead, identifiers={"email": "zoe@example.com"}, source="form", now=NOW)
    order.refresh_from_db()
    assert order.lead_id == visitor.lead_id
    assert names(order) == ["visit"]


def test_visits_that_a_merge_brings_are_found_by_the_beat(person, page):
    ada = person()
    order = buy(ada)
    visitor = create_visitor(visitor_uuid=uuid.uuid4(), now=hours_ago(8))
    visit(None, 8, visitor=visitor)
    leads.merge(source=visitor.lead, target=ada, now=NOW + dt.timedelta(seconds=5), reason="test")
    assert names(order) == []
    touching.sweep()
    assert names(order) == ["visit"]
    order.refresh_from_db()


def test_events_that_follow_a_big_merge_are_touches_too(person, page, monkeypatch):
    """The first five hundred move with the merge, the others by a job that may come after the beat."""
    monkeypatch.setattr(merging, "INLINE", 2)
    later = []
    monkeypatch.setattr(merging.jobs, "enqueue", lambda job, *args, **more: later.append((job, args)))
    ada, bob = person(), person("bob")
    for hours in range(2, 8):
        record_event(name="email_clicked", lead=bob, about=page, channel="email", at=hours_ago(hours))
    order, other = buy(ada), buy(person("cyd"), number="2")
    leads.merge(source=bob, target=ada, now=NOW + dt.timedelta(seconds=5), reason="test")
    touching.sweep()
    assert len(names(order)) < 3
    ((job, args),) = [(job, args) for job, args in later if job is merging.reassign_events]
    job(*args)
    other.refresh_from_db()
    assert other.touches_at == NOW, "orders of others wait for nothing"
    touching.sweep()
    assert names(order) == ["email_clicked"] * 6
    job(*args)
    touching.sweep()
    assert len(names(order)) == 6


def test_an_order_that_changes_hands_forgets_whom_it_belonged_to(person, page):
    ada, bob = person(), person("bob")
    visit(ada, 4)
    visit(bob, 3)
    visit(bob, 2, query="")
    order = buy(ada)
    assert len(names(order)) == 1
    order = buy(bob, hours=0.9)
    assert set(order.touches.values_list("ref", flat=True)) == set(
        Visit.objects.filter(visitor__lead=bob).values_list("pk", flat=True)
    )


def test_an_earlier_moment_stated_late_leaves_out_what_came_after_it(person, page):
    ada = person()
    visit(ada, 10)
    visit(ada, 3)
    order = buy(ada)
    assert len(names(order)) == 2
    record_order("1", placed_at=hours_ago(5), at=hours_ago(0.5))
    assert len(names(order)) == 1


def test_as_many_statements_for_many_orders(person, page):
    ada = person()
    for hours in range(2, 9):
        visit(ada, hours)
    orders = [buy(ada, number=str(number)) for number in range(6)]
    Touch.objects.all().delete()
    counts = []
    for some in (orders[:1], orders):
        with CaptureQueriesContext(connection) as queries:
            touching.collect([order.pk for order in some])
        counts.append(len(queries))
    assert counts == [1, 1]
    assert Touch.objects.count() == 6 * 7


def test_touches_outlive_the_visits_and_go_with_the_order(person, page):
    ada = person()
    visit(ada, 3)
    order = buy(ada)
    Event.objects.all().delete()
    Visit.objects.all().delete()
    assert names(order) == ["visit"]
    order.delete()
    assert not Touch.objects.exists()


def test_an_app_adds_a_contact_of_its_own(person, monkeypatch):
    monkeypatch.setattr(touching, "_contacts", [*touching.contacts()])
    monkeypatch.setattr(touching, "_seen", set(touching.only_seen()))
    touching.register_contact("chat_started")
    ada = person()
    record_event(name="chat_started", lead=ada, at=hours_ago(2))
    assert names(buy(ada)) == ["chat_started"]
