"""How the tree is looked at in a real browser: full screen, folding, arrows, moving without dragging."""

import re

import pytest
from playwright.sync_api import expect

from wagtail_automation.campaigns.models import Campaign

from .pieces import Steps, small

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def large(forks: int) -> Steps:
    """A trunk of forks, each with a letter on its left and the next fork on its right."""
    steps = Steps().knock()
    place = {}
    for number in range(forks):
        steps.add("tree_fork", f"fork {number}", **place)
        steps.letter(f"letter {number}", f"L{number}", parent=f"fork {number}", branch="left")
        place = {"parent": f"fork {number}", "branch": "right"}
    return steps


@pytest.mark.once
def test_full_screen_keeps_the_bar_for_saving(visit):
    campaign, _steps = small()
    editor = visit("edit", campaign.pk)
    editor.page.get_by_role("button", name="Full screen").click()
    size = editor.page.viewport_size
    box = editor.page.locator(".ct-ui").bounding_box()
    save = editor.page.get_by_role("button", name=re.compile("^Save draft")).first
    bar = save.bounding_box()
    assert (box["x"], box["y"], box["width"]) == (0, 0, size["width"])
    assert box["y"] + box["height"] <= bar["y"] + 1 and bar["y"] + bar["height"] <= size["height"]
    editor.card("first").click()
    editor.drawer.get_by_label("Step name").fill("Renamed")
    editor.done()
    save.click()
    expect(editor.page.locator(".messages .success")).to_be_visible()
    assert "Renamed" in str(Campaign.objects.get().get_latest_revision_as_object().tree.raw_data[1])
    assert editor.page.problems == []


@pytest.mark.once
def test_escape_leaves_full_screen(visit):
    campaign, _steps = small()
    editor = visit("edit", campaign.pk)
    editor.card("first").focus()
    editor.page.keyboard.press("f")
    expect(editor.page.locator(".ct--full")).to_have_count(1)
    editor.page.keyboard.press("Escape")
    expect(editor.page.locator(".ct--full, .ct-full-page")).to_have_count(0)


def test_a_large_tree_begins_folded_and_opens_where_something_is_wrong(visit):
    steps = large(40).letter("wrong", "", parent="fork 39", branch="right")
    campaign = Campaign.objects.create(name="Large", tree=steps.json, live=False)
    editor = visit("edit", campaign.pk)
    drawn = editor.tree.locator(".ct-card").count()
    assert 1 < drawn <= 60
    expect(editor.card("letter 39")).to_have_count(0)
    expect(editor.tree.locator(".ct-folded").first).to_contain_text("steps hidden")
    editor.page.get_by_role("button", name="1 step to set up").click()
    editor.page.locator(".ct-problem-list").get_by_role("button").click()
    expect(editor.card("wrong")).to_be_visible()
    expect(editor.drawer).to_be_visible()
    editor.page.keyboard.press("Escape")
    fold = editor.page.get_by_role("button", name="Fold or unfold all branches")
    fold.click()
    fold.click()
    expect(editor.tree.locator(".ct-card")).to_have_count(len(steps.json))
    assert editor.page.problems == []


def test_a_small_tree_is_open(visit):
    steps = large(20)
    campaign = Campaign.objects.create(name="Small", tree=steps.json, live=False)
    expect(visit("edit", campaign.pk).tree.locator(".ct-card")).to_have_count(len(steps.json))


@pytest.mark.once
def test_ways_back_are_drawn(visit):
    steps = Steps().knock().letter("first").add("wait_days", "rest", {"amount": 1, "unit": "days"}).ask()
    steps.add("go_to", "back", {"step": steps.ids["first"], "most": 3}, parent="ask", branch="no")
    campaign = Campaign.objects.create(name="Loop", tree=steps.json, live=False)
    editor = visit("edit", campaign.pk)
    arrow = editor.page.locator(f"[data-link='{steps.ids['back']}'] path").first
    expect(arrow).to_have_attribute("d", re.compile(r"^M[\d.]+ [\d.]+ C"))
    editor.card("back").hover()
    expect(editor.page.locator(".ct-link--on")).to_have_count(1)
    expect(editor.tree.locator(f"[data-id='{steps.ids['first']}']")).to_have_class(
        re.compile("ct-card--target")
    )
    length = arrow.evaluate("path => path.getTotalLength()")
    editor.page.get_by_role("button", name="Zoom out").click()
    expect(arrow).to_be_visible()
    assert abs(arrow.evaluate("path => path.getTotalLength()") - length) < 3
    editor.card("ask").focus()
    editor.page.keyboard.press("ArrowLeft")  # folded: nothing to draw from
    expect(editor.page.locator("[data-link]")).to_have_count(0)


def test_a_step_is_moved_without_dragging(visit, axe):
    campaign, steps = small()
    editor = visit("edit", campaign.pk)
    editor.card("first").get_by_role("button", name="More for first").click()
    editor.page.get_by_role("menuitem", name="Move to…").click()
    dialog = editor.page.get_by_role("dialog", name="Move “first”")
    options = dialog.get_by_role("option").all_inner_texts()
    assert options[0] == "At the beginning"
    assert not any("After first" in option or "After ask" in option for option in options)
    for theme in ("w-theme-light", "w-theme-dark"):
        assert editor.axe(theme=theme) == []
    dialog.get_by_label("New place").select_option(label=options[-1])
    assert options[-1].startswith("First in “No” of ask")
    dialog.get_by_role("button", name="Move here").click()
    moved = next(step for step in editor.steps() if step["id"] == steps.ids["first"])
    assert (moved["value"]["parent"], moved["value"]["branch"]) == (steps.ids["ask"], "no")
    expect(editor.card("first")).to_be_focused()
    assert editor.page.problems == [] and editor.violations() == []
