"""Lists of records on a narrow screen: what was asked for comes first, the filters when they are wanted."""

import datetime as dt

import pytest
from django.urls import reverse
from wagtail.models import Locale

from tests.tree.browsing import LISTEN
from wagtail_automation.audiences.models import LeadList, Segment
from wagtail_automation.leads.models import Lead
from wagtail_automation.tracking.models import Visit, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def visits(people):
    Locale.objects.get_or_create(language_code="en")
    for number, lead in enumerate(Lead.objects.all()):
        visitor = Visitor.objects.create(lead=lead, created_at=NOW, last_seen_at=NOW)
        Visit.objects.create(
            visitor=visitor,
            started_at=NOW,
            last_at=NOW,
            landing_url="/",
            device=Visit._meta.get_field("device").choices[number % 2][0],
        )


@pytest.fixture
def strict(admin, site, settings):
    settings.MIDDLEWARE = ["tests.tree.browsing.PolicyMiddleware", *settings.MIDDLEWARE]
    admin.page.context.add_init_script(LISTEN)
    return admin


def test_filters_are_folded_where_there_is_no_room_beside_the_list(visits, strict):
    address = reverse("wagtail_automation_tracking_visit_modeladmin_index")
    page = strict.page
    page.set_viewport_size({"width": 1280, "height": 900})
    strict.open(address)
    filters = page.locator(".wa-filters")
    assert filters.evaluate("box => box.open"), "beside the list there is room"
    page.set_viewport_size({"width": 400, "height": 800})
    page.wait_for_function("!document.querySelector('.wa-filters').open")
    strict.open(address)
    assert not filters.evaluate("box => box.open")
    assert page.locator("table").first.bounding_box()["y"] < 800, "the list begins on the first screen"
    summary = filters.locator("summary")
    summary.focus()
    page.keyboard.press("Enter")
    assert filters.evaluate("box => box.open")
    with page.expect_navigation():
        filters.get_by_role("link").nth(1).click()
    assert not filters.evaluate("box => box.open") and summary.inner_text().split() == ["Filter", "1"]
    assert strict.errors == []


CUT = """() => [...document.querySelectorAll("main table")].filter((table) => {
  if (table.getBoundingClientRect().right <= innerWidth + 1) return false;
  for (let box = table.parentElement; box; box = box.parentElement) {
    const flow = getComputedStyle(box).overflowX;
    if (flow === "auto" || flow === "scroll") return false;
    if (flow === "hidden" || flow === "clip") return true;
  }
  return false;
}).length"""


def test_no_column_is_cut_off(visits, strict):
    """Wagtail hides what stands out of the page, and nobody could get to it."""
    LeadList.objects.create(name="A list with rather a long name, as people give them")
    page = strict.page
    page.set_viewport_size({"width": 400, "height": 800})
    wide = set()
    for name in (
        "wagtail_automation_tracking_visit_modeladmin_index",
        "wagtail_automation_lead:index",
        "wagtail_automation_lists:index",
        Segment.snippet_viewset.get_url_name("list"),
        "wagtail_automation_visitors",
    ):
        strict.open(reverse(name))
        assert page.evaluate(CUT) == 0, name
        if page.evaluate(
            "document.querySelector('main table')?.getBoundingClientRect().right > innerWidth + 1"
        ):
            wide.add(name)
    assert len(wide) > 2, "some are too wide, or this tests nothing"
