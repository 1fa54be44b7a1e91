"""A click on Save while Wagtail saves by itself, and the other way round: one campaign is made, not two."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from wagtail_automation.campaigns.models import Campaign

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SAVED = ".messages .success"


def page_of(request):
    """The address of the page that asks: the form is sent there, other requests of it are not."""
    return urlsplit(request.frame.url).path


class Requests:
    """The form's own requests; those named in ``hold`` wait until they are let go."""

    def __init__(self, page, hold):
        self.hold, self.held, self.kinds = hold, [], []
        page.route("**/campaign/**", self.see)

    def see(self, route):
        request = route.request
        if request.method != "POST" or urlsplit(request.url).path != page_of(request):
            return route.continue_()
        kind = "by itself" if "json" in request.headers.get("accept", "") else "by click"
        self.kinds.append(kind)
        if kind == self.hold:
            self.held.append(route)
            return None
        return route.continue_()

    def let_go(self):
        self.hold = None
        for route in self.held:
            route.continue_()


def until(page, condition):
    for _ in range(150):
        if condition():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not come to that")


def name_field(page):
    """The field of the name, once Wagtail watches for edits: what is written before is no edit to it."""
    page.evaluate(
        "() => new Promise((done) => {"
        "  addEventListener('w-unsaved:watch-edits', done); setTimeout(done, 5000); })"
    )
    return page.get_by_role("textbox", name="Name").first


@pytest.mark.parametrize("button, answer", [("Save draft", "updated"), ("Publish", "could not be saved")])
def test_a_click_while_the_form_saves_itself_waits_for_it(visit, button, answer):
    """Nothing starts this campaign: a draft may be so, and refused it shows that Publish was sent."""
    editor = visit("add")
    page = editor.page
    requests = Requests(page, hold="by itself")
    name = name_field(page)
    name.fill("Spring")
    until(page, lambda: requests.held)
    name.fill("Spring offer")
    if button == "Publish":
        page.locator("footer").get_by_role("button", name="More actions").click()
    page.locator("footer").get_by_role("button", name=button).click()
    page.wait_for_timeout(300)
    assert requests.kinds == ["by itself"]
    requests.let_go()
    expect(page.locator(".messages")).to_contain_text(answer, timeout=20_000)
    expect(page.get_by_role("textbox", name="Name").first).to_have_value("Spring offer")
    assert Campaign.objects.count() == 1
    assert requests.kinds[:2] == ["by itself", "by click"]
    assert page.problems == [] and editor.violations() == []


def test_nothing_saves_itself_after_the_click(visit):
    editor = visit("add")
    page = editor.page
    requests = Requests(page, hold="by click")
    page.evaluate("addEventListener('w-unsaved:add', () => console.log('edited'))")
    said = []
    page.on("console", lambda message: said.append(message.text))  # a page that leaves evaluates nothing
    name_field(page).fill("Autumn")
    page.locator("footer").get_by_role("button", name="Save draft").click(no_wait_after=True)
    until(page, lambda: requests.held)
    until(page, lambda: "edited" in said)
    page.wait_for_timeout(1200)  # longer than Wagtail waits before it saves
    assert requests.kinds == ["by click"]
    requests.let_go()
    expect(page.locator(SAVED)).to_be_visible(timeout=20_000)
    assert Campaign.objects.get().get_latest_revision_as_object().name == "Autumn"
