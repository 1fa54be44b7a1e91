"""The whole road once: a visitor reads, consents, fills in a form, gets an email, clicks, and sees a page
made for them – and the marketer sees all of it. Real web server, qcluster, SMTP server and browser.
"""

import os
import re
import secrets
import time

import pytest
from playwright.sync_api import expect

expect.set_options(timeout=30_000)  # a busy machine is no defect
pytestmark = [pytest.mark.browser, pytest.mark.slow]

ADDRESS = f"elodie.{secrets.token_hex(4)}@example.org"


def eventually(check, seconds=90, what="it"):
    """Ask again until it is true; the last answer otherwise."""
    end = time.monotonic() + seconds
    while True:
        answer = check()
        if answer:
            return answer
        assert time.monotonic() < end, f"{what} did not happen within {seconds} s"
        time.sleep(0.3)


def cookies(context) -> set[str]:
    return {cookie["name"] for cookie in context.cookies()}


def people(site) -> int:
    """How many leads there are, asked in a process of its own."""
    code = "from wagtail_automation.leads.models import Lead; print('COUNT', Lead.objects.count())"
    return int(re.search(r"COUNT (\d+)", site.manage("shell", "-c", code)).group(1))


@pytest.fixture
def visitor(browser):
    context = browser.new_context(locale="en-GB")
    context.set_default_timeout(60_000)
    yield context
    context.close()


def open_mail(site, page, number, seconds=90):
    """The text of the ``number``-th message to our address, newest first, in the mailbox anyone can open."""

    def arrived():
        page.goto(f"{site.url}/mailbox/?to={ADDRESS}")
        return page.locator("tbody tr").count() >= number

    eventually(arrived, seconds, f"message {number}")
    page.locator("tbody tr a").first.click()
    return page.locator("h1").inner_text()


def login(context, site):
    page = context.new_page()
    page.goto(f"{site.url}/admin/")
    name, password = accounts(site)["Administrator"]
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    return page


def accounts(site) -> dict[str, tuple[str, str]]:
    """What the start printed: role, name and password."""
    found = re.findall(
        r"(Administrator|Marketer|Salesperson)\s+(\S+)\s+password\s+(\S+)", site.log.read_text()
    )
    return {role: (name, password) for role, name, password in found}


def test_the_whole_road(running_site, browser, visitor, tmp_path):
    site = running_site
    before = people(site)
    page = visitor.new_page()

    # 1. Before consent nothing is stored and no cookie is set; nor for a bot, whatever it sends.
    page.goto(site.url + "/")
    fallback = page.locator("main").inner_text()
    page.goto(site.url + "/pricing/")
    expect(page.get_by_role("region").filter(has=page.get_by_role("button"))).to_be_visible()
    bot = browser.new_context(
        user_agent="Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    )
    bot.add_cookies([{"name": "wa_consent", "value": "granted", "url": site.url}])
    bot.new_page().goto(site.url + "/")
    time.sleep(1)
    assert cookies(visitor) == set()
    assert people(site) == before

    page.goto(site.url + "/")
    page.locator("#wa-notice button[value=grant]").click()
    eventually(lambda: "wa_visitor" in cookies(visitor), what="the visitor's cookie")
    page.goto(site.url + "/pricing/")
    eventually(lambda: people(site) == before + 1, what="an anonymous lead")

    # The landing page's form, as a person fills it in.
    page.goto(site.url + "/guide/")
    page.get_by_label(re.compile("first name", re.I)).fill("Élodie")
    page.get_by_label(re.compile("email", re.I)).first.fill(ADDRESS)
    for box in page.locator("main form input[type=checkbox]").all():
        box.check()
    page.wait_for_timeout(2200)  # a form sent sooner was not filled in by a person
    page.locator("main form button[type=submit]").first.click()
    expect(page.get_by_role("status")).to_be_visible()

    # 3 and 4. The campaign's first email, by a real SMTP server, with unsubscribe headers that work.
    mail = visitor.new_page()
    subject = open_mail(site, mail, 1)
    assert subject
    frame = mail.frame_locator("iframe")
    expect(frame.locator("body")).to_contain_text("Élodie")
    raw_url = mail.get_by_role("link", name=re.compile("whole message", re.I)).get_attribute("href")
    raw = visitor.request.get(site.url + raw_url).text()
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in raw
    links = frame.locator("a[href*='/automation/e/']").all()
    assert links, "tracked links"
    clicked = links[0].get_attribute("href")
    first_mail_url = mail.url

    # 2. The lead and its timeline in the admin.
    admin_context = browser.new_context(locale="en-GB")
    admin_context.set_default_timeout(60_000)
    admin = login(admin_context, site)
    open_lead(admin, site)
    expect(admin.locator("main")).to_contain_text("/pricing/")
    expect(admin.locator("main")).to_contain_text(re.compile("form", re.I))
    admin.screenshot(path=str(tmp_path / "lead.png"), full_page=True)

    # 5. A minute later the decision waits; the click moves the person to "yes".
    site.move_clock(90)
    page.goto(clicked)
    expect(page).not_to_have_url(re.compile("/automation/e/"))
    assert "?" not in page.url.split("#")[0], "nothing that identifies stands in a query string"
    second = eventually(lambda: open_mail(site, mail, 2, 200), 210, "the second email")
    assert second != subject

    # The home page now shows what is made for those who clicked; others see the fallback.
    eventually(lambda: segment_alternative(site, page, fallback), 90, "the alternative on the home page")
    stranger = browser.new_context(locale="en-GB")
    other = stranger.new_page()
    other.goto(site.url + "/")
    other.wait_for_timeout(800)
    assert other.locator("main").inner_text() == fallback
    assert cookies(stranger) == set()

    # With consent in the ledger the same link recognises the person in another browser.
    phone = browser.new_context(locale="en-GB")
    second_browser = phone.new_page()
    second_browser.goto(clicked)
    eventually(lambda: "wa_visitor" in cookies(phone), what="the other browser's cookie")
    eventually(lambda: segment_alternative(site, second_browser, fallback), 90, "the alternative there")

    # 6. The campaign with its people, and the trace of this lead with reasons.
    open_lead(admin, site)
    panel = admin.locator("main")
    expect(panel).to_contain_text(re.compile(r"clicked", re.I))
    expect(panel).to_contain_text(re.compile(r"score", re.I))
    admin.screenshot(path=str(tmp_path / "trace.png"), full_page=True)
    open_campaign(admin, site)
    expect(admin.get_by_role("tree")).to_contain_text(re.compile(r"\d+ (passed|entered)"))
    expect(admin.get_by_role("tree")).to_contain_text(re.compile(r"\d+ waiting"))
    admin.screenshot(path=str(tmp_path / "campaign.png"), full_page=True)

    # The one-click header works without cookies: a POST, nothing else.
    target = re.search(r"List-Unsubscribe:.*?<(https?://[^>]+)>", raw.replace("\r\n ", ""), re.S).group(1)
    anyone = browser.new_context()
    looked = anyone.request.get(target)
    assert looked.status == 200
    posted = anyone.request.post(target, form={"List-Unsubscribe": "One-Click"})
    assert posted.status == 200
    open_lead(admin, site)
    expect(admin.locator("main")).to_contain_text(re.compile("unsubscribed|withdrawn", re.I))
    assert first_mail_url
    for context in (bot, admin_context, stranger, phone, anyone):
        context.close()
    if keep := os.environ.get("WA_KEEP_SCREENSHOTS"):
        for picture in tmp_path.glob("*.png"):
            picture.rename(f"{keep}/{picture.name}")


def segment_alternative(site, page, fallback) -> bool:
    page.goto(site.url + "/")
    page.wait_for_timeout(800)
    return page.locator("main").inner_text() != fallback


def open_lead(admin, site) -> None:
    admin.goto(f"{site.url}/admin/")
    admin.get_by_role("button", name="Automation").click()
    admin.get_by_role("button", name="Leads").click()
    admin.get_by_role("link", name="Leads", exact=True).click()
    admin.locator("input[name=q]").last.fill(ADDRESS)
    admin.get_by_role("link", name=re.compile("Élodie")).first.click()


def open_campaign(admin, site) -> None:
    admin.goto(f"{site.url}/admin/")
    admin.get_by_role("button", name="Automation").click()
    admin.get_by_role("button", name="Campaigns").click()
    admin.get_by_role("link", name=re.compile("Campaigns|Automation")).last.click()
    admin.get_by_role("link", name="The Towpath Guide").first.click()
