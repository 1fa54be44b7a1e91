"""Numbers on the cards, the people behind them, and following one, in a real browser."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import expect
from wagtail.users.models import UserProfile

from wagtail_automation.campaigns import actions, engine
from wagtail_automation.campaigns.models import Campaign, StepTally
from wagtail_automation.leads.models import Lead

from .pieces import small

User = get_user_model()
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def busy(browser_site):
    """A running campaign with three people at its question."""
    campaign, steps = small()
    Campaign.objects.filter(pk=campaign.pk).update(live=True)
    campaign.refresh_from_db()
    actions.publish(campaign=campaign)
    leads = Lead.objects.bulk_create(
        [
            Lead(email=f"{name.lower()}@example.com", first_name=name, status="known")
            for name in ("Ada", "Bo", "Cy")
        ]
    )
    actions.enroll(campaign=campaign, leads=[lead.pk for lead in leads])
    engine.run(10)
    return campaign, steps


def test_numbers_follow_the_period_and_lead_to_the_people(visit, busy):
    campaign, _steps = busy
    editor = visit("edit", campaign.pk)
    expect(editor.card("first")).to_contain_text("3 passed")
    expect(editor.card("ask")).to_contain_text("3 waiting")
    expect(editor.page.locator(".ct-totals")).to_contain_text("3 entered")
    StepTally.objects.update(day="2020-01-01")
    editor.page.get_by_label("Period of the numbers").select_option("Last 7 days")
    expect(editor.card("first")).not_to_contain_text("passed")
    expect(editor.card("ask")).to_contain_text("3 waiting")
    editor.page.get_by_label("Period of the numbers").select_option("Since the start")
    expect(editor.card("first")).to_contain_text("3 passed")
    before = editor.steps()
    editor.card("first").get_by_role("link", name="3 passed").click()
    expect(editor.page.locator("main")).to_contain_text("Ada")
    expect(editor.page.locator("main")).to_contain_text("Cy")
    editor.page.go_back()
    editor.ready()
    assert editor.steps() == before
    editor.card("ask").focus()
    editor.page.keyboard.press("ContextMenu")
    editor.page.get_by_role("menuitem", name="Show the people: 3 waiting").click()
    expect(editor.page.locator("main")).to_contain_text("Bo")
    assert "where=inside" in editor.page.url
    assert editor.page.problems == []


def test_a_lead_is_followed_over_the_cards(visit, busy, axe):
    campaign, _steps = busy
    editor = visit("edit", campaign.pk)
    editor.page.get_by_role("button", name="Follow a lead").click()
    dialog = editor.page.get_by_role("dialog", name="Follow a lead through this campaign")
    dialog.get_by_role("searchbox").fill("ada")
    expect(dialog.locator(".ct-person")).to_have_count(1)
    dialog.get_by_role("button", name="Ada").click()
    expect(dialog).to_have_count(0)
    way = editor.page.get_by_role("region", name="The way of this lead")
    expect(way).to_contain_text("Ada")
    expect(way.get_by_role("listitem")).to_have_count(3)
    expect(way.get_by_role("listitem").nth(2)).to_contain_text("Now")
    expect(editor.card("first")).to_have_class(re.compile("ct-card--way"))
    expect(editor.card("first").locator(".ct-way")).to_contain_text("Done")
    expect(editor.card("ask")).to_have_class(re.compile("ct-card--here"))
    expect(editor.card("ask").locator(".ct-way")).to_contain_text("Waiting until")
    expect(editor.card("thanks")).not_to_have_class(re.compile("ct-card--way"))
    # axe leaves out what lies on a pattern, so the cards beside the way are measured here
    for theme in ("w-theme-light", "w-theme-dark"):
        assert editor.axe(theme=theme) == []
        for part in (".ct-title", ".ct-summary"):
            assert editor.contrast(editor.card("thanks"), part) >= 4.5
    way.get_by_role("button", name="Stop following").click()
    expect(editor.tree.locator(".ct-way")).to_have_count(0)
    assert editor.page.problems == [] and editor.violations() == []


def test_a_lead_is_followed_in_french(visit, busy):
    campaign, _steps = busy
    user = User.objects.create_superuser("marie", "marie@example.com", "secret")
    UserProfile.objects.create(user=user, preferred_language="fr")
    editor = visit("edit", campaign.pk, user=user, name="Étapes de la campagne")
    editor.page.get_by_role("button", name="Suivre un contact").click()
    dialog = editor.page.get_by_role("dialog", name="Suivre un contact dans cette campagne")
    dialog.get_by_role("searchbox").fill("ada")
    dialog.get_by_role("button", name="Ada").click()
    way = editor.page.get_by_role("region", name="Parcours de ce contact")
    expect(way.get_by_role("listitem").nth(2)).to_contain_text("Maintenant")
    expect(editor.card("first").locator(".ct-way")).to_contain_text("Fait")
    expect(editor.card("ask").locator(".ct-way")).to_contain_text("En attente jusqu")
    shown = way.inner_text() + " ".join(editor.tree.locator(".ct-way").all_inner_texts())
    assert not re.search(r"\b(Waiting|Done|Now|until|entered|Entered|the latest)\b", shown), shown
    way.get_by_role("button", name="Ne plus suivre").click()
    expect(editor.tree.locator(".ct-way")).to_have_count(0)
    assert editor.page.problems == []


def test_a_link_of_the_page_follows_a_lead_for_those_who_may_only_look(visit, busy, user_with):
    campaign, _steps = busy
    user = user_with("view")
    lead = Lead.objects.get(first_name="Bo")
    Lead.objects.filter(pk=lead.pk).update(owner=user)
    enrollment = lead.enrollments.get()
    editor = visit("inspect", campaign.pk, user=user, hash=f"?follow={enrollment.pk}")
    expect(editor.page.get_by_role("region", name="The way of this lead")).to_contain_text("Bo")
    editor.page.get_by_role("button", name="Follow a lead").click()
    expect(editor.page.locator(".ct-person")).to_have_count(1)  # the others are not theirs to see


def test_deleting_asks_what_becomes_of_people_and_steps(visit, busy, axe):
    campaign, steps = busy
    editor = visit("edit", campaign.pk)
    expect(editor.card("ask")).to_contain_text("3 waiting")
    editor.card("ask").focus()
    editor.page.keyboard.press("Delete")
    dialog = editor.page.get_by_role("dialog", name="Delete “ask”?")
    expect(dialog).to_contain_text("3 people wait here or below")
    for theme in ("w-theme-light", "w-theme-dark"):
        assert editor.axe(theme=theme) == []
    editor.page.keyboard.press("Escape")
    expect(editor.card("ask")).to_be_focused()
    editor.page.keyboard.press("Delete")
    dialog.get_by_label("Keep those of “Yes”").check()
    dialog.get_by_role("button", name="Delete").click()
    expect(editor.card("ask")).to_have_count(0)
    kept = next(step for step in editor.steps() if step["id"] == steps.ids["thanks"])
    assert (kept["value"]["parent"], kept["value"]["branch"]) == ("", "main")
    editor.page.keyboard.press("Control+z")
    editor.card("ask").focus()
    editor.page.keyboard.press("Delete")
    dialog.get_by_label("Delete 1 step below as well").check()
    dialog.get_by_role("button", name="Delete").click()
    expect(editor.card("thanks")).to_have_count(0)
    # nothing hangs below and nobody waits: no question
    editor.card("second").focus()
    editor.page.keyboard.press("Delete")
    expect(editor.card("second")).to_have_count(0)
    assert editor.page.problems == []


def test_a_session_that_ended_says_so_instead_of_numbers(visit, busy):
    campaign, _steps = busy
    editor = visit("edit", campaign.pk)
    expect(editor.card("first")).to_contain_text("3 passed")
    client = Client()
    client.cookies["sessionid"] = editor.page.context.cookies()[0]["value"]
    client.logout()
    editor.page.get_by_label("Period of the numbers").select_option("Today")
    editor.page.get_by_role("button", name="Follow a lead").click()
    expect(editor.page.get_by_role("alert")).to_contain_text("could not be done")
    assert editor.page.problems == []
