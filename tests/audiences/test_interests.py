"""Interests: grow with pages, sections, tags and addresses, fade by arithmetic, add up in a merge."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import Page

from tests.audiences.conftest import NOW
from wagtail_automation import objects
from wagtail_automation.audiences.interests import actions, querysets
from wagtail_automation.audiences.interests.activities import InterestChange
from wagtail_automation.audiences.interests.conditions import InterestAbove, InterestBelow, InterestBetween
from wagtail_automation.audiences.interests.fading import points_of
from wagtail_automation.audiences.models import Interest, InterestSection, LeadInterest
from wagtail_automation.audiences.watching.work import work_off
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.merging import merge
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.compiler import compile_rule
from wagtail_automation.rules.scope import Scope
from wagtail_automation.testing import contracts
from wagtail_automation.tracking import events
from wagtail_automation.tracking.actions import record_event

from .conftest import condition, rule

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def boats():
    return Interest.objects.create(name="Boats", half_life_days=10)


def worth(lead, interest, now=NOW):
    row = LeadInterest.objects.filter(lead=lead, interest=interest).first()
    return round(points_of(row.strength, now, interest.half_life_days), 6) if row else 0


def change(lead, interest, operation, value, now=NOW):
    cohort = LeadsCohort.of(lead, key="k", now=now)
    actions.change_interest(interest=interest, cohort=cohort, operation=operation, value=value)


def test_it_halves_in_its_half_life_and_takes_up_what_is_added(boats, make_leads):
    (ada,) = make_leads(1)
    change(ada, boats, "add", 8)
    assert (worth(ada, boats), worth(ada, boats, NOW + 10 * DAY)) == (8, 4)
    change(ada, boats, "add", 1, NOW + 20 * DAY)
    assert worth(ada, boats, NOW + 20 * DAY) == 3
    change(ada, boats, "subtract", 1, NOW + 20 * DAY)
    assert worth(ada, boats, NOW + 20 * DAY) == 2
    change(ada, boats, "set", 5, NOW + 20 * DAY)
    assert worth(ada, boats, NOW + 20 * DAY) == 5
    change(ada, boats, "subtract", 99, NOW + 20 * DAY)
    assert not LeadInterest.objects.exists()
    with pytest.raises(ValueError):
        change(ada, boats, "multiply", 2)


def test_a_new_half_life_keeps_what_it_is_worth_today(boats, make_leads):
    (ada,) = make_leads(1)
    change(ada, boats, "add", 8)
    querysets.change_half_life(boats.pk, 10, 40, NOW)
    boats.half_life_days = 40
    boats.save()
    assert (worth(ada, boats), worth(ada, boats, NOW + 40 * DAY)) == (8, 4)
    assert querysets.prune(NOW + 40 * DAY) == 0
    assert querysets.prune(NOW + 400 * DAY) == 1


def test_conditions_keep_the_contract_and_time_moves_them(boats, make_leads):
    (keen,), (cool,), (none,) = make_leads(1), make_leads(1), make_leads(1)
    change(keen, boats, "add", 8)
    change(cool, boats, "add", 2)

    def ask(cls, now=NOW, **value):
        return contracts.check_condition(cls, value={"interest": boats.pk, **value}, model=Lead, now=now)

    assert ask(InterestAbove, value=5) == {keen.pk}
    assert ask(InterestAbove, value=5, now=NOW + 10 * DAY) == set()
    assert ask(InterestAbove, value=0) == {keen.pk, cool.pk}
    assert ask(InterestBelow, value=5) == {cool.pk, none.pk}
    assert ask(InterestBelow, value=5, now=NOW + 10 * DAY) == {keen.pk, cool.pk, none.pk}
    assert ask(InterestBetween, low=1, high=5) == {cool.pk}
    assert ask(InterestBetween, low=0, high=5) == {cool.pk, none.pk}
    assert ask(InterestBetween, low=5, high=1) == set()
    nothing = rule(condition("interest_below", interest=boats.pk, value=0))
    assert not Lead.objects.filter(compile_rule(nothing, Scope(NOW))).exists()


def test_the_activity_keeps_the_contract(boats, make_leads):
    def cohort_of(number):
        return LeadsCohort([lead.pk for lead in make_leads(number)], key="c", now=NOW)

    for operation in ("add", "set"):
        value = {"interest": boats.pk, "operation": operation, "value": 2}
        contracts.check_activity(InterestChange, value=value, cohort_of=cohort_of)


@pytest.fixture
def pages():
    """A section with a page below it, and one elsewhere."""
    root = Page.objects.get(depth=1)
    section = root.add_child(instance=Page(title="Shop", slug="shop-x"))
    inside = section.add_child(instance=Page(title="Otter", slug="otter"))
    outside = root.add_child(instance=Page(title="About", slug="about-x"))
    return section, inside, outside


def view(lead, page, url="/x/"):
    ref = objects.ref_of(page)
    record_event(name=events.PAGE_VIEWED, lead=lead, about=ref, url=url, at=NOW)


def test_pages_below_a_section_and_addresses_feed_it(boats, pages, make_leads):
    (ada,) = make_leads(1)
    section, inside, outside = pages
    InterestSection.objects.create(interest=boats, page=section)
    boats.addresses = "/boats/*\nhttps://harbour.example/*"
    boats.save()
    view(ada, inside)
    view(ada, section, url="/boats/one/?x=1")  # once for both reasons
    view(ada, outside)
    view(ada, outside, url="/BOATS/two/")
    record_event(name=events.LINK_CLICKED, lead=ada, url="https://harbour.example/tide", at=NOW)
    record_event(name=events.LINK_CLICKED, lead=ada, url="https://other.example/", at=NOW)
    record_event(name=events.LINK_CLICKED, lead=ada, url="https://harbour.example/", at=NOW, human=False)
    work_off()
    work_off()
    assert worth(ada, boats) == 1 + 1 + 1 + 3


def test_tags_of_pages_feed_it(boats, pages, make_leads, monkeypatch):
    (ada,) = make_leads(1)
    _section, inside, outside = pages
    boats.tags = "Vélo, Canal"
    boats.save()
    monkeypatch.setattr(
        querysets, "tags_of", lambda pks: [(inside.pk, "VELO"), (inside.pk, "canal"), (outside.pk, "other")]
    )
    view(ada, inside)
    view(ada, outside)
    work_off()
    assert worth(ada, boats) == 1


def test_tags_are_read_from_any_model_that_tags_pages(pages):
    from taggit.models import Tag, TaggedItem

    _section, inside, _outside = pages
    from django.contrib.contenttypes.models import ContentType

    TaggedItem.objects.create(
        tag=Tag.objects.create(name="Canal"),
        content_type=ContentType.objects.get_for_model(Page),
        object_id=inside.pk,
    )
    assert querysets.tags_of([inside.pk]) == [(inside.pk, "Canal")]
    assert querysets.tags_of([]) == []


@pytest.mark.parametrize(
    ("pattern", "url", "matches"),
    [
        ("/shop/*", "/shop/otter/?x=1", True),
        ("/shop/*", "/shopping/", False),
        ("/shop/", "/SHOP/?x=1", True),
        ("/shop/", "/shop/otter/", False),
        ("*/otter/", "/shop/otter/", True),
        ("/a?b=*", "/a?b=1", True),
        ("/a.b", "/axb", False),
        ("**", "", False),
    ],
)
def test_addresses(pattern, url, matches):
    assert actions.address_matches(pattern, url) is matches


def test_statements_do_not_grow_with_people(boats, pages, make_leads):
    InterestSection.objects.create(interest=boats, page=pages[0])
    Interest.objects.create(name="Other", addresses="/x/*")
    work_off()
    counts = []
    for number in (2, 25):
        for lead in make_leads(number):
            view(lead, pages[1])
        with CaptureQueriesContext(connection) as queries:
            work_off()
        counts.append(len(queries))
    assert LeadInterest.objects.count() == 54 and counts[0] == counts[1]


def test_a_merge_adds_up(boats, make_leads):
    (source,), (target,) = make_leads(1), make_leads(1)
    other = Interest.objects.create(name="Other")
    change(source, boats, "add", 3)
    change(target, boats, "add", 4)
    change(source, other, "add", 2)
    merge(source=source, target=target, now=NOW, reason="test")
    assert (worth(target, boats), worth(target, other)) == (7, 2)
    assert LeadInterest.objects.count() == 2


def test_in_the_admin(client, admin_user, pages, make_leads):
    client.force_login(admin_user)
    form = {
        "name": "Boats",
        "description": "",
        "tags": "canal",
        "addresses": "/shop/*",
        "page_points": "1",
        "click_points": "3",
        "half_life_days": "10",
        "colour": "blue",
        "sections-TOTAL_FORMS": "1",
        "sections-INITIAL_FORMS": "0",
        "sections-MIN_NUM_FORMS": "0",
        "sections-MAX_NUM_FORMS": "1000",
        "sections-0-page": pages[0].pk,
        "sections-0-id": "",
        "sections-0-ORDER": "",
        "sections-0-DELETE": "",
    }
    add = reverse("wagtail_automation_interest:add")
    assert client.get(add).status_code == 200
    assert "is no address" in client.post(add, {**form, "addresses": "javascript:x"}).content.decode()
    assert client.post(add, form).status_code == 302
    boats = Interest.objects.get()
    assert InterestSection.objects.get().page_id == pages[0].pk
    (ada,) = make_leads(1)
    change(ada, boats, "add", 8)
    edit = reverse("wagtail_automation_interest:edit", args=[boats.pk])
    form |= {"half_life_days": "30", "sections-TOTAL_FORMS": "0"}
    assert client.post(edit, form).status_code == 302
    boats.refresh_from_db()
    assert worth(ada, boats) == 8 and boats.half_life_days == 30
    html = client.get(reverse("wagtail_automation_lead:inspect", args=[ada.pk])).content.decode()
    assert "Boats" in html and "<meter" in html
    assert client.get(reverse("wagtail_automation_interest:index")).status_code == 200
    assert client.get(reverse("wagtail_automation_interest_chooser:choose")).status_code == 200
    with pytest.raises(ValidationError):
        Interest(name="boats").full_clean()
