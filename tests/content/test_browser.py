"""In a real browser: personal parts appear, forms work without JavaScript."""

import pytest

from tests import browsers
from tests.content.conftest import dynamic, one_block, rule
from wagtail_automation.content.models import FormSubmission, Showing

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def browser(chromium_path):
    """Chromium."""
    browser = browsers.shared(chromium_path)
    yield browser
    browsers.close_contexts()


@pytest.fixture
def own_site(site, live_server):
    """The site at the address of the live server, so that its links lead there."""
    site.hostname, _colon, port = live_server.url.removeprefix("http://").partition(":")
    site.port = int(port)
    site.save()
    return live_server.url


def cookies_of(client, url):
    return [{"name": one.key, "value": one.coded_value, "url": url} for one in client.cookies.values()]


def test_personal_parts_appear_for_those_they_are_for(
    browser, own_site, make_page, make_visitor, make_segment
):
    known, lead = make_visitor(first_name="<i>Zoé")
    asked = rule(("in_segment", {"segment": make_segment(lead).pk}))
    make_page([one_block("greeting", "Hi {{ lead.first_name }}!"), dynamic([(asked, "For members")])])
    requests, errors = [], []
    for cookies, texts in (
        ([], ["Hi !", "Everybody"]),
        ([{"name": "wa_consent", "value": "denied", "url": own_site}], ["Hi !", "Everybody"]),
        (cookies_of(known, own_site), ["Hi <i>Zoé!", "For members"]),
    ):
        context = browser.new_context()
        context.add_cookies(cookies)
        page = context.new_page()
        page.on("request", lambda request: "/fragments/" in request.url and requests.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{own_site}/personal/", wait_until="networkidle")
        assert page.locator("[data-wa-fragment]").all_inner_texts() == texts
        if cookies and cookies[0]["value"] != "denied":
            page.evaluate("document.dispatchEvent(new CustomEvent('wa:consent', {detail: false}))")
            assert page.locator("[data-wa-fragment]").all_inner_texts() == ["Hi !", "Everybody"]
        context.close()
    assert len(requests) == 1
    assert not errors


@pytest.mark.parametrize("script", [True, False])
def test_form_with_errors_first(browser, own_site, landing, script):
    context = browser.new_context(java_script_enabled=script)
    page = context.new_page()
    page.goto(f"{own_site}/landing/")
    page.fill("[name=f-first_name]", "Zoé")
    page.fill("[name=f-email]", "zoe@example")  # what browsers accept and we do not
    page.check("[name=f-news]")
    page.click("button.wa-submit")
    assert page.title() == "Landing"
    focused = page.locator(":focus")
    assert focused.get_attribute("name") == "f-email"
    assert (
        "valid email"
        in page.locator(f"#{focused.get_attribute('aria-describedby').split()[-1]}").inner_text()
    )
    assert page.input_value("[name=f-first_name]") == "Zoé"
    assert page.is_checked("[name=f-news]")
    page.fill("[name=f-email]", "zoe@example.com")
    page.click("button.wa-submit")
    page.wait_for_url("**/landing/?wa_thanks=*")
    assert "Thanks a lot!" in page.locator(".wa-thanks").inner_text()
    assert context.cookies() == []
    context.close()
    assert FormSubmission.objects.get().data["email"] == "zoe@example.com"


SHIFT = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) sum += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 400);
})"""


def test_nothing_moves_when_personal_parts_come(browser, own_site, make_page, make_visitor, make_segment):
    """One part shrinks at once, one that would grow in view waits, one below the fold grows."""
    known, lead = make_visitor()
    asked = rule(("in_segment", {"segment": make_segment(lead).pk}))
    long = "A long alternative " * 60
    lines = [one_block("heading", f"Line {number}") for number in range(40)]
    make_page(
        [
            dynamic([(asked, "Short")], fallback=long),
            dynamic([(asked, f"Tall {long}")]),
            *lines,
            dynamic([(asked, f"Below {long}")]),
        ]
    )
    context = browser.new_context()
    context.add_cookies(cookies_of(known, own_site))
    page = context.new_page()
    page.goto(f"{own_site}/personal/", wait_until="networkidle")
    page.get_by_text("Short").wait_for()
    page.get_by_text("Below").wait_for(state="attached")
    assert page.get_by_text("Tall").count() == 0
    assert page.evaluate(SHIFT) == 0
    page.keyboard.press("Shift")
    page.get_by_text("Tall").wait_for()
    context.close()


def test_without_script_and_for_search_engines_the_fallback(
    browser, own_site, make_page, make_visitor, make_segment
):
    known, lead = make_visitor()
    asked = rule(("in_segment", {"segment": make_segment(lead).pk}))
    make_page([dynamic([(asked, "For members")])])
    robot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    for options in ({"java_script_enabled": False}, {"user_agent": robot}):
        context = browser.new_context(**options)
        if "user_agent" not in options:
            context.add_cookies(cookies_of(known, own_site))
        page = context.new_page()
        page.goto(f"{own_site}/personal/", wait_until="networkidle")
        text = page.locator("main").inner_text()
        assert "Everybody" in text and "For members" not in text
        context.close()


@pytest.mark.parametrize("mode", ["fragment", "server"])
def test_seen_and_clicked_come_to_the_same_in_both_modes(
    browser, own_site, make_page, make_visitor, make_segment, settings, mode
):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "PERSONALISE": mode}
    known, lead = make_visitor()
    asked = rule(("in_segment", {"segment": make_segment(lead).pk}))
    mine = dynamic([(asked, "For members")])
    mine["value"]["alternatives"][0]["value"]["content"] = [
        one_block("text", '<p>Mine: <a href="#there">there</a></p>')
    ]
    lines = [one_block("heading", f"Line {number}") for number in range(60)]
    below = dynamic([(asked, "Far below")])
    make_page([mine, *lines, below])
    context = browser.new_context(viewport={"width": 800, "height": 600})
    context.add_cookies(cookies_of(known, own_site))
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{own_site}/personal/", wait_until="networkidle")
    link = page.get_by_role("link", name="there")
    link.wait_for()
    with page.expect_request("**/automation/shown/"):
        page.wait_for_timeout(1100)
        link.click()
    page.wait_for_timeout(400)
    context.close()
    assert not errors
    (row,) = Showing.objects.filter(seen_count__gt=0)
    assert (row.lead_id, row.alternative, row.seen_count, row.click_count) == (
        lead.pk, mine["value"]["alternatives"][0]["id"], 1, 1,
    )  # fmt: skip
