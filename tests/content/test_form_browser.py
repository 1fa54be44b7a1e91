"""Forms in a real browser: conditions, steps, progressive questions, and no accessibility fault."""

from pathlib import Path

import pytest

from tests import browsers
from tests.content.conftest import field, one_block
from tests.content.test_browser import cookies_of
from tests.tree.conftest import axe  # noqa: F401  a fixture
from wagtail_automation.content.models import Form, FormSubmission

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def browser(chromium_path):
    """Chromium."""
    yield browsers.shared(chromium_path)
    browsers.close_contexts()


@pytest.fixture
def own_site(site, live_server):
    """The site at the address of the live server."""
    site.hostname, _colon, port = live_server.url.removeprefix("http://").partition(":")
    site.port = int(port)
    site.save()
    return live_server.url


@pytest.fixture
def stepped(english, make_page):
    condition = {"field": "gardens", "operator": "is", "values": "ÉTÉ"}
    empty = {"field": "gardens", "operator": "is", "values": "Never"}
    form = Form.objects.create(
        name="Garden",
        locale=english,
        fields=[
            field("choice", "Do you garden?", "gardens", choices="été\nNever", required=True),
            field("text", "What grows?", "grows", required=True, only_if=condition),
            field("step", "Only for the idle", "s0"),
            field("text", "Why not?", "reason", only_if=empty),
            field("step", "Last", "s1"),
            field("rating", "How is it?", "stars", stars=5),
            field("text", "City", "city", lead_field="city", only_unknown=True),
            field("email", "Email", "email", lead_field="email", required=True),
        ],
    )
    make_page([one_block("form", form.pk)], slug="garden")
    return form


def test_steps_and_conditions(browser, own_site, stepped):
    page = browser.new_context().new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{own_site}/garden/")
    assert page.locator(".wa-step:visible").count() == 1
    assert not page.is_visible("[name=f-grows]")
    page.select_option("[name=f-gardens]", "été")
    assert page.is_visible("[name=f-grows]")
    page.click(".wa-next")  # what is required is asked before the next step
    assert page.is_visible("[name=f-grows]")
    page.fill("[name=f-grows]", "Leeks")
    assert page.locator(".wa-progress").evaluate("(bar) => [bar.value, bar.max]") == [1, 2]
    page.press("[name=f-grows]", "Enter")  # goes on; the idle step asks nothing and is passed over
    assert page.locator(".wa-step:visible .wa-step-name").inner_text() == "Last"
    assert page.evaluate("document.activeElement.tagName") == "LEGEND"
    page.click(".wa-back")
    page.select_option("[name=f-gardens]", "Never")
    page.click(".wa-next")
    page.fill("[name=f-reason]", "No time")
    page.click(".wa-next")
    page.locator("[name=f-stars][value='4']").check(force=True)
    page.fill("[name=f-email]", "zoe@example")  # only the server refuses it
    page.click("button[type=submit]")
    assert page.locator(".wa-step:visible .wa-step-name").inner_text() == "Last"
    assert page.locator(":focus").get_attribute("name") == "f-email"
    page.fill("[name=f-email]", "zoe@example.com")
    page.click("button[type=submit]")
    page.wait_for_url("**wa_thanks=*")
    data = FormSubmission.objects.get().data
    assert data == {
        "gardens": "Never", "reason": "No time", "stars": 4, "city": "", "email": "zoe@example.com",
    }  # fmt: skip
    assert not errors


def test_known_answers_are_not_asked(browser, own_site, stepped, make_visitor):
    who, _lead = make_visitor("recognised", city="Nantes")
    for cookies, is_asked in (([], True), (cookies_of(who, own_site), False)):
        context = browser.new_context()
        context.add_cookies(cookies)
        page = context.new_page()
        requests = []
        page.on("request", lambda request, seen=requests: seen.append(request.url))
        page.goto(f"{own_site}/garden/", wait_until="networkidle")
        page.select_option("[name=f-gardens]", "Never")
        page.click(".wa-next")
        page.click(".wa-next")
        assert page.is_visible("[name=f-city]") is is_asked
        assert any("/questions/" in url for url in requests) is not is_asked
        context.close()


def test_without_script_the_server_shows_step_after_step(browser, own_site, stepped):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{own_site}/garden/")
    heading = page.locator(".wa-step:visible .wa-step-heading")
    assert heading.inner_text().startswith("Step 1 of 3")
    page.select_option("[name=f-gardens]", "Never")
    page.get_by_role("button", name="Next").click()
    assert "Only for the idle" in heading.inner_text() and "#wa-form-" in page.url
    page.fill("[name=f-reason]", "No <time>")
    page.get_by_role("button", name="Next").click()
    assert "Last" in heading.inner_text() and page.get_by_role("button", name="Send").is_visible()
    page.fill("[name=f-city]", "Nantes")
    page.get_by_role("button", name="Back").click()  # what was written in the last step is kept
    assert page.input_value("[name=f-reason]") == "No <time>"
    page.get_by_role("button", name="Back").click()
    page.select_option("[name=f-gardens]", "été")
    page.get_by_role("button", name="Next").click()
    page.locator(".wa-field--invalid [name=f-grows]").wait_for()  # required, and its condition holds
    page.fill("[name=f-grows]", "Leeks")
    page.press("[name=f-grows]", "Enter")  # goes on; the idle step asks nothing
    assert "Last" in heading.inner_text() and page.input_value("[name=f-city]") == "Nantes"
    page.fill("[name=f-email]", "a@example")
    page.get_by_role("button", name="Send").click()
    page.locator(".wa-field--invalid [name=f-email]").wait_for()
    page.fill("[name=f-email]", "a@example.com")
    assert not FormSubmission.objects.exists(), "nothing is stored on the way"
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**wa_thanks=*")
    assert FormSubmission.objects.get().data == {
        "gardens": "été", "grows": "Leeks", "stars": None, "city": "Nantes", "email": "a@example.com",
    }  # fmt: skip


def test_accessibility(browser, own_site, stepped, axe):
    for width in (1280, 360):
        context = browser.new_context(viewport={"width": width, "height": 800})
        page = context.new_page()
        page.goto(f"{own_site}/garden/")
        page.evaluate(Path(axe).read_text())
        page.add_style_tag(url="/static/wagtail_automation/content/forms.css")
        for _step in range(3):
            found = page.evaluate("axe.run('.wa-form', {resultTypes: ['violations']})")
            assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
            if page.is_visible("[name=f-gardens]"):
                page.select_option("[name=f-gardens]", "Never")
            if page.is_visible(".wa-next"):
                page.click(".wa-next")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        context.close()
