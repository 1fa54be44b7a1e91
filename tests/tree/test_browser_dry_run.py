"""The dry run in a real browser: numbers on the cards, tables, an example followed, problems told."""

import pytest
from playwright.sync_api import expect

from wagtail_automation.campaigns.models import Enrollment
from wagtail_automation.leads.models import Lead

from .pieces import small

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def planned(browser_site):
    """A draft that nobody entered, and a list of three people to suppose."""
    from wagtail_automation.audiences.models import LeadList
    from wagtail_automation.clock import now

    campaign, _steps = small()
    leads = Lead.objects.bulk_create(
        [Lead(email=f"{name}@example.com", first_name=name, status="known") for name in ("Ada", "Bo", "Cy")]
    )
    hot = LeadList.objects.get(name="Hot leads")
    hot.memberships.bulk_create(hot.memberships.model(list=hot, lead=lead, added_at=now()) for lead in leads)
    return campaign


def run(editor, who="Hot leads"):
    editor.page.get_by_label("Who enters").select_option(who)
    editor.page.get_by_role("button", name="Try it").click()
    panel = editor.page.get_by_role("region", name="Dry run")
    expect(panel).to_be_visible()
    return panel


def test_the_numbers_stand_on_the_cards_and_an_example_is_followed(visit, planned):
    editor = visit("edit", planned.pk)
    before = editor.steps()
    panel = run(editor)
    expect(editor.card("first").locator(".ct-foreseen")).to_have_text("3")
    expect(editor.page.get_by_role("status").filter(has_text="3 people enter")).to_be_visible()
    expect(panel.get_by_role("row", name="first 3 3")).to_be_visible()
    person = panel.get_by_role("button", name="Ada")
    person.focus()
    editor.page.keyboard.press("Enter")
    expect(person).to_have_attribute("aria-pressed", "true")
    expect(person).to_be_focused()
    expect(editor.card("first").locator(".ct-way")).to_contain_text("Done")
    editor.page.get_by_role("button", name="Back to the real numbers").click()
    expect(editor.page.locator(".ct-foreseen, .ct-way")).to_have_count(0)
    expect(panel).to_have_count(0)
    assert editor.steps() == before
    assert not Enrollment.objects.exists()
    assert editor.page.problems == []
    assert editor.violations() == []


def test_what_is_not_saved_is_tried(visit, planned):
    editor = visit("edit", planned.pk)
    run(editor)
    expect(editor.page.locator(".ct-foreseen")).not_to_have_count(0)
    shown = editor.page.locator(".ct-foreseen").count()
    editor.add_after(editor.card("first"), "Wait days")
    editor.done()
    expect(editor.page.get_by_role("status").filter(has_text="have changed since")).to_be_visible()
    editor.page.get_by_role("button", name="Try it").click()
    expect(editor.page.locator(".ct-foreseen")).to_have_count(shown + 1)
    assert not Enrollment.objects.exists()


def test_problems_are_listed_as_when_saving(visit, planned):
    editor = visit("edit", planned.pk)
    editor.add_after(editor.card("first"), "Send email")
    editor.drawer.get_by_role("button", name="Done").click()
    editor.drawer.get_by_role("button", name="Done").click()
    editor.page.get_by_role("button", name="Try it").click()
    expect(editor.page.locator(".ct-problem-list")).to_be_visible()
    expect(editor.page.locator(".ct-problem-list li")).not_to_have_count(0)
    expect(editor.page.get_by_role("status").filter(has_text="cannot run yet")).to_be_visible()


@pytest.mark.parametrize("theme", ["w-theme-light", "w-theme-dark"])
@pytest.mark.once
def test_it_is_accessible(visit, planned, axe, theme):
    editor = visit("edit", planned.pk)
    run(editor)
    assert editor.axe(theme=theme) == []
