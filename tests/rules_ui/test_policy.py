"""Every admin page of ours under ``script-src 'self'; style-src 'self'``, and what must work there."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from wagtail.models import Collection

from tests.tree.browsing import LISTEN
from wagtail_automation.audiences.models import Segment
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.leads.models import Team

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

#: Draftail writes its styles into the page; so does every rich text field of Wagtail
WAGTAILS = re.compile(r"^style-src\S* inline \S*/wagtailadmin/js/vendor\.js")
#: not looked at from here: they change something, or are Wagtail's own for every model
ELSEWHERE = re.compile(r"/(bulk|export|delete|unpublish|history|usage|workflow|lock|unlock|copy|revisions)/")


@pytest.fixture
def strict(admin, site, settings):
    if not Collection.objects.exists():  # the tests before may have emptied the database
        Collection.add_root(name="Root")
    settings.MIDDLEWARE = ["tests.tree.browsing.PolicyMiddleware", *settings.MIDDLEWARE]
    admin.page.context.add_init_script(LISTEN)
    return admin


def kind(path):
    """Pages of one kind are looked at once."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+", "N", path)


def own_links(page):
    links = page.evaluate("[...document.links].map((link) => link.href)")
    paths = [urlsplit(link) for link in links]
    return [
        f"{path.path}?{path.query}" if path.path.endswith("/why/") else path.path
        for path in paths
        if "automation" in path.path and not ELSEWHERE.search(path.path)
    ]


@pytest.mark.once
def test_no_page_of_ours_breaks_the_policy(strict):
    Team.objects.create(name="North")
    Campaign.objects.create(name="Small", tree="[]", live=False)
    page = strict.open("/admin/")
    menu = page.locator("#wagtail-sidebar-props").text_content()
    waiting = [path for path in re.findall(r'"(/admin/[^"?]*)"', menu) if "automation" in path]
    seen, broken = set(), {}
    while waiting:
        path = waiting.pop(0)
        if kind(path) in seen or not path.startswith("/admin/"):
            continue
        seen.add(kind(path))
        strict.errors.clear()
        page = strict.open(path)
        page.wait_for_load_state("networkidle")
        found = [line for line in page.evaluate("window.violations") if not WAGTAILS.match(line)]
        if found or strict.errors:
            broken[path] = found + strict.errors
        waiting += own_links(page)
    assert len(seen) > 45
    assert broken == {}


@pytest.mark.once
def test_the_choosers_of_forms_start(strict):
    segment = Segment.objects.get(name="Friends")
    page = strict.open(f"/admin/snippets/wagtail_automation_audiences/segment/edit/{segment.pk}/")
    persona = page.locator("section", has=page.get_by_role("heading", name="Persona"))
    persona.get_by_role("button").first.click()
    page.get_by_role("button", name="Choose an image").click()
    expect(page.locator(".modal.in")).to_contain_text("Choose an image")

    page = strict.open("/admin/automation/teams/new/")
    page.get_by_role("button", name="Add member").click()
    expect(page.get_by_role("combobox", name="Person")).to_have_count(1)

    page = strict.open("/admin/automation/interests/new/")
    page.get_by_role("button", name="Add section").click()
    page.get_by_role("button", name="Choose a page").click()
    expect(page.locator(".modal.in")).to_contain_text("Choose a page")
