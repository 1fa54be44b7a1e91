"""The editor for everybody: by keys alone, in forced colours, on a phone, from right to left, unmoved."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect
from wagtail.users.models import UserProfile

from wagtail_automation.campaigns.models import Campaign

from .pieces import Steps

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHONE = {"viewport": {"width": 400, "height": 800}, "has_touch": True, "is_mobile": True}
#: what of ours reaches over the edges of the screen, and how wide the page wants to be
OUTSIDE = """(selector) => [...document.querySelectorAll(selector)]
  .filter((e) => e.checkVisibility() && !e.closest('.ct-canvas'))
  .filter((e) => { const r = e.getBoundingClientRect(); return r.left < -1 || r.right > innerWidth + 1; })
  .map((e) => e.outerHTML.slice(0, 80))"""


def small():
    steps = Steps().knock().letter("first", "One").ask()
    steps.letter("thanks", "Two", parent="ask", branch="yes").letter("empty", "", parent="ask", branch="no")
    return Campaign.objects.create(name="Small", tree=steps.json, live=False)


def test_on_a_phone_the_beginning_stands_whole_in_the_canvas(visit):
    editor = visit("edit", small().pk, **PHONE)
    expect(editor.card("first")).to_be_visible()
    canvas = editor.page.locator(".ct-canvas").bounding_box()
    for beginning in (editor.card("knock"), editor.card("first"), editor.tree.locator(".ct-add-start")):
        box = beginning.bounding_box()
        assert canvas["x"] <= box["x"], beginning
        assert box["x"] + box["width"] <= canvas["x"] + canvas["width"], beginning


def test_five_steps_with_a_decision_are_built_and_saved_without_a_pointer(visit):
    editor = visit("add")
    keys = editor.page.keyboard

    def pick(text):
        expect(editor.picker.get_by_role("searchbox")).to_be_focused()
        keys.type(text)
        keys.press("Enter")

    def write(text):
        expect(editor.drawer.get_by_label("Text")).to_be_focused()
        keys.type(text)
        keys.press("Control+Enter")
        expect(editor.card(f"“{text}”")).to_be_focused()

    def tab_to(name):
        for _press in range(80):
            keys.press("Tab")
            if name in editor.page.evaluate("document.activeElement.innerText || ''"):
                return
        raise AssertionError(f"{name} is not reached by Tab")

    tab_to("Choose what starts")
    keys.press("Enter")
    pick("knocks")
    expect(editor.card("Knocks")).to_be_focused()
    keys.press("a")
    pick("print a letter")
    write("Hello")
    keys.press("a")
    pick("rang the bell")
    expect(editor.drawer.get_by_role("textbox", name="Bell")).to_be_focused()
    keys.type("front door")
    keys.press("Control+Enter")  # the question is done
    expect(editor.drawer.locator(".wa-rule__sentence")).to_be_focused()
    keys.press("Control+Enter")  # and so is the step
    expect(editor.card("Rang the bell")).to_be_focused()
    for branch, text in (("Yes", "Thanks"), ("No", "Reminder")):
        keys.press("ArrowRight")
        expect(editor.branch(branch)).to_be_focused()
        keys.press("Enter")
        pick("print a letter")
        write(text)
        keys.press("ArrowLeft")  # back to the branch
    assert editor.titles() == [
        "Knocks", "Print a letter", "Rang the bell", "Yes", "Print a letter", "No", "Print a letter",
    ]  # fmt: skip
    places = [(step["value"]["branch"], step["value"]["config"].get("text")) for step in editor.steps()]
    assert places[-2:] == [("yes", "Thanks"), ("no", "Reminder")]
    tab_to("Save draft")
    keys.press("Enter")
    expect(editor.page.locator(".messages .success")).to_be_visible()
    draft = Campaign.objects.get().get_latest_revision_as_object()
    assert len(draft.tree) == 5
    assert editor.page.problems == [] and editor.violations() == []


@pytest.mark.once
def test_in_forced_colours_everything_is_there_and_accessible(visit, axe):
    editor = visit("edit", small().pk, forced_colors="active", reduced_motion="reduce")
    assert editor.axe() == []
    borders = editor.page.evaluate(
        "[...document.querySelectorAll('.ct-card')].map((c) => getComputedStyle(c).borderTopWidth)"
    )
    assert set(borders) <= {"1px", "2px", "3px"}  # the background does not tell cards apart
    editor.page.get_by_role("button", name="Outline view").click()
    editor.card("first").click()
    expect(editor.drawer.get_by_label("Text")).to_have_value("One")
    assert editor.axe() == []
    editor.page.keyboard.press("Escape")
    editor.card("first").focus()
    editor.page.keyboard.press("a")
    expect(editor.picker).to_be_visible()
    assert editor.axe() == []


def test_on_a_phone_a_step_is_added_set_up_and_saved_by_touch(visit):
    editor = visit("edit", small().pk, **PHONE)
    page = editor.page
    assert page.evaluate(OUTSIDE, ".ct-ui, .ct-toolbar *") == []
    editor.card("first").tap()
    expect(editor.drawer.get_by_label("Text")).to_have_value("One")
    editor.slid()
    assert page.evaluate(OUTSIDE, ".ct-drawer, .ct-drawer *") == []
    editor.drawer.get_by_label("Text").fill("Changed")
    editor.drawer.locator(".ct-drawer-foot").get_by_role("button", name="Done").tap()
    expect(editor.drawer).to_be_hidden()
    page.get_by_role("button", name="Add step").tap()  # for those to whom the plus is not announced
    expect(editor.picker).to_be_visible()
    assert page.evaluate(OUTSIDE, ".ct-picker, .ct-picker *") == []
    editor.picker.get_by_role("searchbox").fill("print")
    editor.picker.get_by_role("option").first.tap()
    editor.drawer.get_by_label("Text").fill("New")
    editor.drawer.locator(".ct-drawer-foot").get_by_role("button", name="Done").tap()
    expect(editor.card("“New”")).to_be_visible()
    texts = [step["value"]["config"].get("text") for step in editor.steps()]
    assert texts[:3] == [None, "Changed", "New"]
    editor.card("“New”").locator("[data-more]").tap()
    assert page.evaluate(OUTSIDE, ".ct-menu, .ct-menu *") == []
    page.get_by_role("menuitem", name="Edit").tap()
    expect(editor.drawer.get_by_label("Text")).to_have_value("New")
    assert page.problems == []


@pytest.mark.once
def test_from_right_to_left_it_is_mirrored_and_works(visit, settings, axe):
    settings.LANGUAGES = [*settings.LANGUAGES, ("ar", "العربية")]
    settings.WAGTAILADMIN_PERMITTED_LANGUAGES = settings.LANGUAGES
    user = User.objects.create_superuser("samir", "samir@example.com", "secret")
    UserProfile.objects.create(user=user, preferred_language="ar")
    editor = visit("edit", small().pk, user=user)
    page = editor.page
    assert page.evaluate("document.documentElement.dir") == "rtl"
    assert page.evaluate(OUTSIDE, ".ct-ui, .ct-toolbar *") == []
    editor.card("first").click()
    expect(editor.drawer.locator("textarea, input[name=step-text]").first).to_be_visible()
    box = editor.slid().bounding_box()
    assert box["x"] < 5 and box["x"] + box["width"] < 800, "the drawer stands on the left"
    yes, no = (page.locator(f"[data-id$='|{key}']").bounding_box()["x"] for key in ("yes", "no"))
    assert yes > no, "the first branch stands on the right"
    assert editor.axe() == []
    page.keyboard.press("Escape")
    editor.card("first").focus()
    page.keyboard.press("a")
    expect(editor.picker).to_be_visible()
    assert page.evaluate(OUTSIDE, ".ct-picker, .ct-picker *") == []
    assert page.problems == [] and editor.violations() == []


@pytest.mark.once
def test_without_motion_nothing_moves(visit):
    editor = visit("edit", small().pk, reduced_motion="reduce")
    page = editor.page
    moving = """document.getAnimations()
        .filter((a) => a.effect.target?.closest('.ct, .ct-drawer, .ct-picker')).length"""
    editor.card("first").click()
    assert page.evaluate(moving) == 0
    expect(editor.drawer.get_by_label("Text")).to_be_visible()
    page.keyboard.press("Escape")
    editor.card("first").focus()
    page.keyboard.press("a")
    editor.pick("Fork")
    assert page.evaluate(moving) == 0
    durations = page.evaluate(
        "[...new Set([...document.querySelectorAll('.ct *')].map((e) => "
        "getComputedStyle(e).transitionDuration))]"
    )
    assert durations == ["0s"]
