"""The tree editor in a real browser: the road's campaign is built, published, refused, reopened, changed."""

import json
import re

import pytest
from playwright.sync_api import expect

from wagtail_automation.campaigns import actions
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.campaigns.tree.fields import raw_steps
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging.models import Email

from .browsing import Editor
from .pieces import Steps, small

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_roads_campaign_is_built_published_opened_again_and_changed(visit):
    """Form → email → wait a minute → clicked within 3 days → yes: points, list, email; no: reminder."""
    editor = visit("add")
    page = editor.page
    editor.start("Form submitted")
    editor.choose("Choose a form", "Contact us")
    editor.done()
    editor.add_after(editor.card("Form submitted"), "Send email")
    editor.choose("Choose an email", "Welcome")
    editor.done()
    editor.add_after(editor.card("Send email"), "Wait minutes")
    page.get_by_label("Wait for").fill("1")
    editor.done()
    editor.add_after(editor.card("Wait minutes"), "Clicked in the email")
    expect(editor.drawer).to_contain_text("Clicked in “Welcome”")  # the email sent above
    expect(page.get_by_label("Wait at most")).to_have_value("3")
    editor.done()
    editor.add_after(editor.branch("Yes"), "Change the score")
    page.get_by_label("Points or factor").fill("10")
    editor.done()
    editor.add_after(editor.card("Change the score"), "Add to a list")
    editor.choose("Choose a list", "Hot leads")
    editor.done()
    editor.add_after(editor.card("Add to a list"), "Send email")
    editor.choose("Choose an email", "More for you")
    editor.done()
    editor.add_after(editor.branch("No"), "Send email")
    editor.choose("Choose an email", "Reminder")
    editor.done()
    assert editor.titles() == [
        "Form submitted",
        "Send email",
        "Wait minutes or hours",
        "Clicked in the email",
        "Yes",
        "Change the score",
        "Add to a list",
        "Send email",
        "No",
        "Send email",
    ]
    expect(page.locator(".ct-problems")).to_be_hidden()
    editor.publish()
    page.wait_for_url("**/campaign/")
    campaign = Campaign.objects.get()
    assert campaign.live and campaign.current_version
    steps = {step["type"]: step["value"] for step in raw_steps(campaign.tree)}
    assert len(raw_steps(campaign.tree)) == 8
    assert steps["on_form_submitted"]["branch"] == "start"
    assert steps["wait_minutes"]["config"] == {"amount": 1, "unit": "minutes"}
    decision = steps["decision"]["config"]
    assert (decision["patience"], decision["unit"]) == (3, "days")
    (question,) = decision["rule"]["items"]
    assert question["type"] == "email_clicked"
    assert question["value"]["email"] == Email.objects.get(name="Welcome").pk
    assert steps["do_score_change"]["config"]["value"] == 10
    assert page.problems == [] and editor.violations() == []

    editor = visit("edit", campaign.pk)
    expect(editor.card("Clicked in the email")).to_contain_text("within 3 days")
    editor.card("Reminder").click()
    editor.drawer.get_by_label("Step name").fill("Ask once more")
    editor.done()
    expect(editor.card("Ask once more")).to_be_visible()
    editor.save()
    draft = Campaign.objects.get().get_latest_revision_as_object()
    assert raw_steps(draft.tree)[-1]["value"]["name"] == "Ask once more"
    assert raw_steps(Campaign.objects.get().tree)[-1]["value"]["name"] == ""
    assert editor.page.problems == [] and editor.violations() == []


def test_a_refused_publication_is_told_on_the_right_card_in_the_list_and_at_the_field(visit):
    campaign, steps = small()
    steps.letter("empty", "", parent="ask", branch="no")
    Campaign.objects.filter(pk=campaign.pk).update(tree=steps.json)
    editor = visit("edit", campaign.pk)
    expect(editor.card("empty")).to_have_class(re.compile("ct-card--todo"))
    expect(editor.page.get_by_role("button", name="1 step to set up")).to_be_visible()
    editor.publish()
    editor.ready()
    wrong = editor.tree.locator(".ct-card--error")
    expect(wrong).to_have_count(1)
    expect(wrong).to_contain_text("empty")
    expect(wrong).to_contain_text("This field is required.")
    expect(wrong).to_be_focused()
    problems = editor.page.locator(".ct-problem-list")
    expect(problems).to_contain_text("empty")
    problems.get_by_role("button").click()
    expect(editor.drawer.locator(".w-field__errors")).to_contain_text(["This field is required."])
    expect(editor.drawer.locator(".w-field__errors").first).to_contain_text("required")
    editor.drawer.get_by_label("Text").fill("Goodbye")
    editor.done()
    expect(editor.tree.locator(".ct-card--error")).to_have_count(0)
    editor.publish()
    editor.page.wait_for_url("**/campaign/")
    assert Campaign.objects.get().live
    assert editor.page.problems == []


#: whether what is drawn is what a drawing from nothing would draw
AS_IF_FRESH = """() => {
  const tree = document.querySelector('.ct textarea').campaignTree;
  const drawn = tree.flow.innerHTML;
  tree.flow.replaceChildren();
  tree.render();
  return drawn.replaceAll(' ct-card--born', '') === tree.flow.innerHTML;
}"""


def test_a_change_redraws_what_changed_and_keeps_the_rest(visit):
    campaign, _steps = small()
    editor = visit("edit", campaign.pk)
    page = editor.page
    kept = editor.card("thanks").element_handle()
    editor.add_after(editor.card("first"), "Wait minutes")
    page.get_by_label("Wait for").fill("1")
    editor.done()
    assert kept.evaluate("(card) => card.isConnected")
    # the place below the new step is the one that its button now stands at
    place = editor.card("Wait minutes").locator("xpath=following-sibling::*[1]")
    place.get_by_role("button", include_hidden=True).click()
    editor.pick("Change the score")
    editor.drawer.get_by_label("Points or factor").fill("10")
    editor.done()
    titles = editor.titles()
    assert titles.index("Change the score") == titles.index("Wait minutes or hours") + 1
    assert page.evaluate(AS_IF_FRESH)
    editor.card("Wait minutes").focus()
    for key in ("Delete", "Control+z", "Alt+ArrowUp", "Alt+ArrowDown"):
        page.keyboard.press(key)
        assert page.evaluate(AS_IF_FRESH), key
        editor.card("Change the score").focus()
    assert page.problems == []


def test_patience_is_refused_at_its_field(visit):
    campaign, _steps = small()
    editor = visit("edit", campaign.pk)
    editor.card("ask").click()
    editor.drawer.get_by_label("How many of the conditions must be met").select_option("none")
    editor.drawer.get_by_role("button", name="Done").last.click()
    field = editor.drawer.locator("[data-contentpath=patience]")
    expect(field).to_contain_text("Nobody can be waited for here")
    editor.drawer.get_by_label("Wait at most").fill("0")
    editor.done()
    expect(editor.card("ask")).to_contain_text("none of")


def test_a_campaign_is_built_without_a_pointer(visit):
    editor = visit("add")
    keys = editor.page.keyboard

    def pick(text):
        expect(editor.picker.get_by_role("searchbox")).to_be_focused()
        keys.type(text)
        keys.press("Enter")

    editor.tree.get_by_role("button", name="Choose what starts").focus()
    keys.press("Enter")
    pick("knocks")
    expect(editor.card("Knocks")).to_be_focused()
    for text in ("One", "Two"):
        keys.press("a")
        pick("print a letter")
        expect(editor.drawer.get_by_label("Text")).to_be_focused()
        keys.type(text)
        keys.press("Control+Enter")
        expect(editor.drawer).to_be_hidden()
        expect(editor.card(f"“{text}”")).to_be_focused()
    keys.press("Alt+ArrowUp")
    assert [text["value"]["config"].get("text") for text in editor.steps()] == [None, "Two", "One"]
    keys.press("ArrowDown")
    keys.press("a")
    pick("fork")
    expect(editor.card("Fork")).to_be_focused()
    keys.press("ArrowRight")
    expect(editor.branch("Left")).to_be_focused()
    keys.press("ArrowRight")
    expect(editor.branch("Right")).to_be_focused()
    keys.press("Enter")
    pick("print a letter")
    expect(editor.drawer.get_by_label("Text")).to_be_focused()
    keys.type("Three")
    keys.press("Control+Enter")
    expect(editor.card("“Three”")).to_be_focused()
    keys.press("Home")
    keys.press("ArrowDown")
    keys.press("Delete")
    expect(editor.card("“Two”")).to_have_count(0)
    keys.press("Control+z")
    expect(editor.card("“Two”")).to_be_visible()
    keys.press("Control+Shift+z")
    expect(editor.card("“Two”")).to_have_count(0)
    keys.press("Control+z")
    keys.press("Control+d")
    expect(editor.card("“Two”")).to_have_count(2)
    assert len({step["id"] for step in editor.steps()}) == len(editor.steps())
    places = [(step["value"]["config"].get("text"), step["value"]["branch"]) for step in editor.steps()]
    assert ("Three", "right") in places
    editor.save()
    assert editor.page.problems == []


def test_steps_are_copied_between_campaigns_dragged_and_folded(visit):
    campaign, steps = small()
    other = Campaign.objects.create(name="Other", tree=Steps().knock().json, live=False)
    editor = visit("edit", campaign.pk, permissions=["clipboard-read", "clipboard-write"])
    editor.card("ask").focus()
    editor.page.keyboard.press("ArrowLeft")
    expect(editor.tree.get_by_role("button", name="1 step hidden", include_hidden=True)).to_be_visible()
    editor.page.keyboard.press("ArrowRight")
    editor.page.keyboard.press("Control+c")
    editor.page.goto(editor.page.url.replace(f"/{campaign.pk}/", f"/{other.pk}/"))
    editor.ready()
    editor.card("knock").focus()
    editor.page.keyboard.press("Control+v")
    expect(editor.card("thanks")).to_be_visible()
    pasted = editor.steps()
    assert [step["type"] for step in pasted] == ["on_tree_knock", "decision", "do_tree_letter"]
    assert pasted[2]["value"]["parent"] == pasted[1]["id"] != steps.ids["ask"]

    editor.page.goto(editor.page.url.replace(f"/{other.pk}/", f"/{campaign.pk}/"))
    editor.ready()
    editor.page.get_by_role("button", name="Fit to screen").click()
    editor.drag(editor.card("first"), editor.branch("No").locator("xpath=following::*[@data-slot][1]"))
    moved = next(step for step in editor.steps() if step["id"] == steps.ids["first"])
    assert (moved["value"]["parent"], moved["value"]["branch"]) == (steps.ids["ask"], "no")


#: the keys for copying, cutting and pasting as Firefox tells of them: at the body, whatever has the focus
AT_THE_BODY = """(name) => {
  window.clip ??= new DataTransfer();
  const event = new ClipboardEvent(name, {clipboardData: window.clip, bubbles: true, cancelable: true});
  document.body.dispatchEvent(event);
  return event.defaultPrevented;
}"""


def test_copying_and_pasting_follow_the_focus_where_the_browser_tells_of_it_elsewhere(visit):
    campaign, _steps = small()
    editor = visit("edit", campaign.pk)
    page = editor.page
    before = editor.steps()
    page.get_by_role("textbox", name="Name").focus()
    for name in ("copy", "cut", "paste"):
        assert not page.evaluate(AT_THE_BODY, name), "words of other fields are not ours"
    assert editor.steps() == before
    editor.card("first").focus()
    assert page.evaluate(AT_THE_BODY, "copy")
    editor.card("second").focus()
    assert page.evaluate(AT_THE_BODY, "cut")
    expect(editor.card("second")).to_have_count(0)
    assert page.evaluate(AT_THE_BODY, "paste")
    expect(editor.card("second")).to_have_count(1)
    assert len(editor.steps()) == len(before)
    assert page.problems == []


def test_what_is_dragged_over_words_breaks_nothing(visit):
    """Some browsers name the text under the pointer and not its element."""
    campaign, _steps = small()
    editor = visit("edit", campaign.pk)
    before = editor.steps()
    editor.card("first").evaluate(
        """(card) => {
          const dataTransfer = new DataTransfer();
          const tell = (name, at) => at.dispatchEvent(new DragEvent(name, {dataTransfer, bubbles: true}));
          tell('dragstart', card.querySelector('.ct-title').firstChild);
          tell('dragstart', card);
          const words = card.querySelector('.ct-title').firstChild;
          for (const name of ['dragover', 'dragleave', 'drop']) tell(name, words);
          tell('dragend', card);
        }"""
    )
    editor.page.wait_for_timeout(100)
    assert editor.page.problems == [] and editor.steps() == before


def test_a_kind_of_step_may_be_called_like_something_of_javascripts(visit):
    campaign, steps = small()
    steps.add("constructor", "Gone", {})
    Campaign.objects.filter(pk=campaign.pk).update(tree=steps.json)
    editor = visit("edit", campaign.pk)
    expect(editor.card("Gone")).to_contain_text("constructor")
    assert editor.page.problems == []


def test_pasted_steps_say_what_is_missing_and_too_many_are_refused(visit):
    campaign, _steps = small()
    editor = visit("edit", campaign.pk)
    page = editor.page
    key = "application/x-wagtail-automation-steps"
    foreign = Steps().add("do_email_send", "\u202e<b>Gone</b>" + "x" * 200, {"email": 999_999}).json

    def paste(pasted):
        page.evaluate(
            """(text) => {
              const clipboardData = new DataTransfer();
              clipboardData.setData('text/plain', text);
              document.body.dispatchEvent(new ClipboardEvent('paste', {clipboardData, bubbles: true}));
            }""",
            json.dumps({key: 1, "steps": pasted}),
        )

    editor.card("first").focus()
    paste(foreign)
    expect(editor.card("<b>Gone</b>")).to_have_class(re.compile("ct-card--todo"))
    page.get_by_role("button", name="1 step to set up").click()
    expect(page.locator(".ct-problem-list")).to_contain_text("This field is required.")
    assert "<b>Gone</b>" + "x" * 69 in [step["value"]["name"] for step in editor.steps()]
    before = editor.steps()
    editor.card("first").focus()
    paste(Steps().letter("many").json * 1000)
    expect(page.locator(".ct-toast")).to_contain_text("at most 1000 steps")
    assert editor.steps() == before
    assert page.problems == []


def test_steps_go_from_one_open_tab_to_another(visit):
    """Both campaigns stay open; what is cut in one and pasted in the other is undone in each by itself."""
    campaign, steps = small()
    other = Campaign.objects.create(name="Other", tree=Steps().knock().json, live=False)
    one = visit("edit", campaign.pk, permissions=["clipboard-read", "clipboard-write"])
    tab = one.page.context.new_page()
    tab.set_default_timeout(15_000)
    tab.goto(one.page.url.replace(f"/{campaign.pk}/", f"/{other.pk}/"))
    two = Editor(tab).ready()

    one.page.bring_to_front()
    before = one.steps()
    one.card("ask").focus()
    one.page.keyboard.press("Control+x")
    expect(one.card("ask")).to_have_count(0)
    tab.bring_to_front()
    two.card("knock").focus()
    for _time in range(2):
        tab.keyboard.press("Control+v")
    expect(two.card("thanks")).to_have_count(2)
    ids = [step["id"] for step in two.steps()]
    assert len(ids) == len(set(ids)) == 5 and not set(ids) & set(steps.ids.values())
    tab.keyboard.press("Control+z")
    expect(two.card("thanks")).to_have_count(1)

    one.page.bring_to_front()
    one.page.keyboard.press("Control+z")
    expect(one.card("ask")).to_be_visible()
    assert one.steps() == before
    tab.bring_to_front()
    two.save()
    one.page.bring_to_front()
    one.save()
    drafts = [Campaign.objects.get(pk=pk).get_latest_revision_as_object() for pk in (campaign.pk, other.pk)]
    saved = [raw_steps(draft.tree) for draft in drafts]
    assert [len(tree) for tree in saved] == [len(before), 3]


def test_an_open_drawer_is_applied_when_the_page_is_saved(visit):
    campaign, _steps = small()
    editor = visit("edit", campaign.pk)
    editor.card("first").click()
    editor.drawer.get_by_label("Text").fill("Changed")
    editor.save()
    tree = Campaign.objects.get().get_latest_revision_as_object().tree
    assert raw_steps(tree)[1]["value"]["config"]["text"] == "Changed"


def test_numbers_come_from_the_engine_or_are_not_there(visit):
    campaign, _steps = small()
    editor = visit("edit", campaign.pk)
    editor.page.wait_for_load_state("networkidle")
    expect(editor.tree.locator(".ct-stats span")).to_have_count(0)
    Campaign.objects.filter(pk=campaign.pk).update(live=True)
    campaign.refresh_from_db()
    actions.publish(campaign=campaign)
    leads = Lead.objects.bulk_create([Lead(), Lead(), Lead()])
    actions.enroll(campaign=campaign, leads=Lead.objects.filter(pk__in=[lead.pk for lead in leads]))
    editor = visit("edit", campaign.pk)
    expect(editor.card("first")).to_contain_text("3 passed")
    expect(editor.card("ask")).to_contain_text("3 waiting")


def test_those_who_may_only_look_can_look(visit, user_with):
    campaign, _steps = small()
    editor = visit("inspect", campaign.pk, user=user_with("view"))
    expect(editor.page.get_by_text("You can look at this campaign, but not change it.")).to_be_visible()
    expect(editor.page.locator(".ct-plus, .ct-more, .ct-add-start, [data-tool=add]")).to_have_count(0)
    before = editor.steps()
    editor.card("first").click()
    expect(editor.drawer.get_by_label("Text")).to_be_disabled()
    expect(editor.drawer.get_by_role("button", name="Done")).to_have_count(0)
    editor.page.keyboard.press("Escape")
    for key in ("Delete", "a", "Alt+ArrowDown", "Control+d", "Control+x", "Control+v", "ContextMenu"):
        editor.card("first").focus()
        editor.page.keyboard.press(key)
    assert editor.steps() == before
    expect(editor.picker).to_have_count(0)
    assert editor.page.problems == [] and editor.violations() == []


def test_a_step_that_is_not_installed_is_shown_kept_and_can_be_deleted(visit):
    campaign, steps = small()
    steps.add("acme_gone", "Gone", {"weight": 1.0}).letter("below", parent="Gone", branch="far")
    Campaign.objects.filter(pk=campaign.pk).update(tree=steps.json)
    editor = visit("edit", campaign.pk)
    expect(editor.card("Gone")).to_contain_text("acme_gone")
    expect(editor.branch("far")).to_be_visible()
    editor.card("Gone").click()
    expect(editor.drawer).to_contain_text("Its settings are kept")
    editor.page.keyboard.press("Escape")
    editor.card("first").click()
    editor.drawer.get_by_label("Text").fill("Changed")
    editor.done()
    editor.save()
    tree = raw_steps(Campaign.objects.get().get_latest_revision_as_object().tree)
    gone = next(step for step in tree if step["id"] == steps.ids["Gone"])
    assert json.dumps(gone["value"]["config"]) == '{"weight": 1.0}'
    assert len(tree) == 7


def test_a_link_of_the_usage_report_opens_the_step(visit):
    campaign, steps = small()
    hash = f"#:w:contentpath=tree.{steps.ids['second']}.config.page"
    editor = visit("edit", campaign.pk, hash=hash)
    expect(editor.drawer.get_by_label("Text")).to_have_value("Two")


@pytest.mark.parametrize(
    ("theme", "scheme"), [("", "light"), ("", "dark"), ("w-theme-dark", "light"), ("w-theme-light", "dark")]
)
@pytest.mark.once
def test_accessible_everywhere_in_every_theme(visit, axe, theme, scheme):
    campaign, steps = small()
    steps.letter("empty", "", parent="ask", branch="no").add("acme_gone", "Gone")
    Campaign.objects.filter(pk=campaign.pk).update(tree=steps.json)
    editor = visit("edit", campaign.pk, color_scheme=scheme, reduced_motion="reduce")
    assert editor.axe(theme=theme) == []
    editor.page.get_by_role("button", name="Outline view").click()
    assert editor.axe(theme=theme) == []
    editor.card("ask").click()
    expect(editor.drawer.locator(".wa-rule__sentence")).to_be_visible()
    assert editor.axe(theme=theme) == []
    editor.page.keyboard.press("Escape")
    editor.card("empty").focus()
    editor.page.keyboard.press("a")
    expect(editor.picker).to_be_visible()
    assert editor.axe(theme=theme) == []
    editor.page.keyboard.press("Escape")
    editor.card("first").click(button="right")
    assert editor.axe(theme=theme) == []


def test_a_split_keeps_its_steps_when_it_is_renamed_weighted_and_extended(visit):
    editor = visit("add")
    page = editor.page
    editor.start("Form submitted")
    editor.choose("Choose a form", "Contact us")
    editor.done()
    editor.add_after(editor.card("Form submitted"), "Split")
    editor.done()
    editor.add_after(editor.branch("B · 50 %"), "Wait minutes")
    editor.done()
    editor.add_after(editor.branch("A · 50 %"), "Wait for a time of the week")
    editor.done()
    editor.card("Split").click()
    editor.drawer.get_by_label(re.compile("^Name")).nth(1).fill("New letter")
    editor.drawer.get_by_label("Share in percent").nth(1).fill("20")
    editor.drawer.locator(".ct-drawer-foot").get_by_role("button", name="Done").click()
    expect(editor.drawer).to_contain_text("The shares add up to 70 %")
    editor.drawer.get_by_label("Share in percent").nth(0).fill("80")
    editor.done()
    assert editor.titles() == [
        "Form submitted",
        "Split",
        "A · 80 %",
        "Wait for a time of the week",
        "New letter · 20 %",
        "Wait minutes or hours",
    ]
    expect(editor.card("Split")).to_contain_text("By share: A 80 / New letter 20")
    editor.publish()
    page.wait_for_url("**/campaign/")
    campaign = Campaign.objects.get()
    by_type = {step["type"]: step for step in raw_steps(campaign.tree)}
    keys = [path["id"] for path in by_type["split"]["value"]["config"]["paths"]]
    assert [by_type[kind]["value"]["branch"] for kind in ("wait_weekday", "wait_minutes")] == keys
    assert page.problems == [] and editor.violations() == []
