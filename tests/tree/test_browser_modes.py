"""From right to left, by finger; and patience, where there is something to wait for."""

import pytest
from playwright.sync_api import expect

from .pieces import small

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.once
def test_from_right_to_left_nothing_breaks(visit, speaking):
    campaign, steps = small()
    editor = visit("edit", campaign.pk, user=speaking("ar"), name="Campaign steps")
    page = editor.page
    assert page.evaluate("document.documentElement.dir") == "rtl"
    canvas, card = page.locator(".ct-canvas").bounding_box(), editor.card("first").bounding_box()
    middle = card["x"] + card["width"] / 2
    assert abs(middle - (canvas["x"] + canvas["width"] / 2)) < 40
    labels = editor.tree.locator(".ct-branch-label")
    yes, no = labels.nth(0).bounding_box(), labels.nth(1).bounding_box()
    assert yes["x"] > no["x"], "the first branch stands at the right"
    page.locator("[data-tool=in]").click()
    editor.card("first").click()
    expect(editor.drawer.locator(".ct-name")).to_be_visible()
    expect(editor.drawer.locator("[name=step-text]")).to_be_visible()
    drawer = editor.slid().bounding_box()
    assert drawer["x"] == 0, "the drawer stands at the end of the line"
    card = editor.card("first")
    expect(card).to_be_in_viewport()
    box = card.bounding_box()
    assert box["x"] >= drawer["x"] + drawer["width"], "the drawer does not cover its card"
    page.keyboard.press("Escape")
    editor.card("ask").focus()
    page.keyboard.press("ArrowLeft")
    assert [step["id"] for step in editor.steps()] == list(steps.ids.values())
    assert page.problems == []


@pytest.mark.once
def test_everything_is_reached_by_finger(visit):
    campaign, steps = small()
    editor = visit(
        "edit", campaign.pk, viewport={"width": 420, "height": 900}, has_touch=True, is_mobile=True
    )
    page = editor.page
    editor.card("first").tap()
    expect(editor.drawer.get_by_label("Text")).to_have_value("One")
    editor.drawer.get_by_role("button", name="More", exact=True).tap()
    page.get_by_role("menuitem", name="Move down").tap()
    assert [step["id"] for step in editor.steps()][1:3] == [steps.ids["second"], steps.ids["first"]]
    editor.drawer.get_by_role("button", name="Close").tap()
    editor.card("second").get_by_role("button", name="More for second").tap()
    page.get_by_role("menuitem", name="Add a step after").tap()
    expect(editor.picker).to_be_visible()
    box = editor.picker.bounding_box()
    assert box["x"] >= 0 and box["width"] <= 420
    editor.picker.get_by_role("button", name="Close").tap()
    for button in page.locator(".ct-toolbar button:visible").all():
        assert button.bounding_box()["height"] >= 30
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 420, "the page does not scroll sideways"
    assert page.problems == []


def test_patience_is_asked_where_there_is_something_to_wait_for(visit):
    campaign, _steps = small()
    editor = visit("edit", campaign.pk)
    editor.card("ask").click()
    patience = editor.drawer.get_by_label("Wait at most")
    expect(patience).to_be_visible()
    editor.done()
    editor.add_after(editor.branch("No"), "Was silent")
    expect(editor.drawer.get_by_text("This is decided at once")).to_be_visible()
    expect(patience).to_be_hidden()
    editor.drawer.get_by_label("Bell").fill("back door")
    editor.done()
    decision = [step for step in editor.steps() if step["type"] == "decision"][-1]
    assert decision["value"]["config"]["patience"] == 0
    assert editor.page.problems == [] and editor.violations() == []


@pytest.mark.once
def test_the_tools_stand_in_one_line_where_words_are_long(visit, speaking):
    campaign, steps = small()
    steps.letter("empty", "", parent="ask", branch="no")
    campaign.tree = steps.json
    campaign.save()
    campaign.save_revision().publish()  # it has numbers, and a step to set up
    editor = visit(
        "edit",
        campaign.pk,
        user=speaking("fr"),
        name="Étapes de la campagne",
        viewport={"width": 1280, "height": 800},
    )
    page = editor.page
    expect(page.locator(".ct-problems")).to_be_visible()
    tools = page.locator(".ct-toolbar button:visible")
    heights = {round(box["y"] + box["height"] / 2) for box in (tool.bounding_box() for tool in tools.all())}
    assert len(heights) == 1
    editor.card("first").click()
    editor.slid()
    add = page.get_by_role("button", name="Ajouter une étape", exact=True)
    assert add.bounding_box()["width"] < 50, "beside the drawer the sign is enough, and it keeps its name"
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert page.problems == []
