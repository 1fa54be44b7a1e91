"""The tree as a part of Wagtail's page: what is made from a chooser's modal, and what is lost by leaving."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.campaigns.tree.fields import raw_steps
from wagtail_automation.content.models import Form

from .pieces import small

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_form_is_made_without_leaving_the_tree(visit):
    editor = visit("add")
    page = editor.page
    page.evaluate("window.stays = true")
    editor.start("Form submitted")
    editor.drawer.get_by_role("button", name="Choose a form").click()
    modal = page.locator(".modal.in, .modal.show")
    modal.get_by_role("tab", name="New form").click()
    modal.get_by_label("Name").fill("Newsletter")
    modal.get_by_role("button", name="Create form").click()
    expect(modal).to_have_count(0)
    expect(editor.drawer).to_contain_text("Newsletter")
    editor.done()
    expect(editor.card("Form submitted")).to_contain_text("Submits “Newsletter”")
    assert page.evaluate("window.stays")
    form = Form.objects.get(name="Newsletter")
    assert editor.steps()[0]["value"]["config"]["form"] == form.pk
    assert page.problems == [] and editor.violations() == []


def list_url() -> str:
    return reverse(Campaign.snippet_viewset.get_url_name("list"))


def is_asked_when_leaving(page) -> bool:
    """Goes to the list of campaigns; whether the browser asks first. Who is asked stays."""
    asked = []

    def stay(dialog):
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    here = page.url
    page.evaluate("(url) => { location.href = url; }", list_url())
    page.wait_for_timeout(1500)
    page.remove_listener("dialog", stay)
    assert asked in ([], ["beforeunload"])
    assert page.url == here if asked else page.url.endswith(list_url())
    return bool(asked)


def delete_second(editor):
    """Wagtail notes what was there two seconds after loading and compares every half second."""
    editor.page.wait_for_timeout(2500)
    editor.card("second").focus()
    editor.page.keyboard.press("Delete")
    expect(editor.card("second")).to_have_count(0)
    editor.page.wait_for_timeout(1000)


@pytest.mark.once
def test_leaving_an_unsaved_tree_asks_first(visit, settings):
    settings.WAGTAIL_AUTOSAVE_INTERVAL = 0
    campaign, _steps = small()
    editor = visit("edit", campaign.pk)
    editor.card("second").click()  # looking changes nothing
    editor.page.keyboard.press("Escape")
    editor.page.wait_for_timeout(3500)  # as long as below
    assert not is_asked_when_leaving(editor.page)

    editor = visit("edit", campaign.pk)
    delete_second(editor)
    assert is_asked_when_leaving(editor.page)
    expect(editor.card("first")).to_be_visible()  # still here, with what was done
    expect(editor.card("second")).to_have_count(0)

    editor.save()
    editor.ready()
    assert not is_asked_when_leaving(editor.page)
    draft = Campaign.objects.get().get_latest_revision_as_object()
    assert "second" not in [step["value"]["name"] for step in raw_steps(draft.tree)]
    assert editor.page.problems == []


#: notes each width that the page's root is given for Wagtail's side panel, and when it changes
WIDTHS = """
window.widths = [];
const set = CSSStyleDeclaration.prototype.setProperty;
CSSStyleDeclaration.prototype.setProperty = function (name, value, ...more) {
  if (name === '--side-panel-width') {
    const cards = document.querySelectorAll('.ct-card').length;
    window.widths.push([value, cards, /campaign-tree/.test(new Error().stack)]);
  }
  return set.call(this, name, value, ...more);
};
"""


@pytest.mark.once
@pytest.mark.parametrize("kept", [None, "420", "9000"])
def test_wagtails_width_of_its_side_panel_is_no_change(visit, kept):
    """Otherwise the browser looks at every element of a drawn tree once more."""
    campaign, _steps = small()
    page = visit("edit", campaign.pk).page
    page.add_init_script(WIDTHS)
    if kept:
        page.evaluate("(kept) => localStorage.setItem('wagtail:side-panel-width', kept)", kept)
    page.reload()
    page.wait_for_function("window.widths.some(([, , ours]) => !ours)")
    (ours, cards, _), (theirs, _, _) = page.evaluate("window.widths")
    assert ours == theirs
    assert cards == 0, "before anything is drawn"
    if kept == "420":
        assert ours == "420px"
    assert page.problems == []
