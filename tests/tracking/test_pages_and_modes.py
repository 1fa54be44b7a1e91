"""What a page costs, and the two sources of page views: one view is one event in either."""

import pytest
from asgiref.sync import async_to_sync
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext

from wagtail_automation.tracking import checks, events, visitors
from wagtail_automation.tracking.middleware import AutomationMiddleware
from wagtail_automation.tracking.models import Event, Visit, Visitor

pytestmark = pytest.mark.django_db

SERVER = {"PAGE_VIEWS": "server"}


@pytest.fixture
def server_mode(settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, **SERVER}


def queries_of(browser, path, middleware):
    with CaptureQueriesContext(connection) as queries:
        response = browser.get(path)
    return len(queries), response


@pytest.mark.parametrize("mode", ["script", "server"])
def test_an_unpersonalised_page_costs_nothing(site, pricing, browser_class, settings, mode):
    ours = "wagtail_automation.tracking.middleware.AutomationMiddleware"
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "PAGE_VIEWS": mode}
    browser_class().get("/pricing/")
    with_it, response = queries_of(browser_class(), "/pricing/", True)
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != ours]
    without, plain = queries_of(browser_class(), "/pricing/", False)
    assert with_it == without
    assert not response.cookies
    assert response.headers == plain.headers


def test_the_tags_run_no_query_and_are_the_same_for_everybody(site, consented, rf, django_assert_num_queries):
    template = Template(
        "{% load automation_tracking %}{% automation_script %}"
        "{% privacy_choices %}{% privacy_choices 'Cookies' %}"
    )
    with django_assert_num_queries(0):
        html = template.render(Context({"request": rf.get("/pricing/?a=<b>")}))
    assert 'data-collect="/automation/collect/"' in html
    assert "next=%2Fpricing%2F" in html
    assert "data-wa-privacy" in html
    assert ">Cookies<" in html
    assert "<script>" not in html
    assert "onclick" not in html
    assert " style=" not in html


def test_in_script_mode_serving_a_page_records_nothing(site, pricing, consented):
    consented.get("/pricing/")
    assert not Event.objects.exists()
    consented.view("/pricing/")
    assert Event.objects.filter(name=events.PAGE_VIEWED).count() == 1


def test_in_server_mode_serving_records_and_reporting_does_not(site, pricing, consented, server_mode):
    response = consented.get("/pricing/?q=1", headers={"referer": "https://duckduckgo.com/"})
    assert response.status_code == 200
    event = Event.objects.get(name=events.PAGE_VIEWED)
    assert (event.url, event.object_key) == ("/pricing/?q=1", pricing.translation_key)
    assert Visit.objects.get().medium == "organic"
    assert "Cookie" not in response.get("Vary", "")
    consented.view("/pricing/")
    assert Event.objects.filter(name=events.PAGE_VIEWED).count() == 1


def test_server_mode_without_script_from_refusal_to_consent(site, pricing, browser, server_mode):
    browser.get("/pricing/")
    assert not Visitor.objects.exists()
    browser.post("/automation/consent/", {"choice": "grant", "next": "/pricing/"})
    browser.get("/pricing/")
    assert Event.objects.filter(name=events.PAGE_VIEWED).count() == 1
    assert Visitor.objects.count() == 1


@pytest.mark.parametrize("path", ["/admin/", "/nowhere/", "/automation/consent/"])
def test_server_mode_records_pages_only(site, consented, server_mode, path):
    consented.get(path, follow=True)
    assert not Event.objects.exists()


def test_server_mode_ignores_head_prefetch_and_bots(site, pricing, consented, server_mode):
    consented.head("/pricing/")
    consented.get("/pricing/", headers={"sec-purpose": "prefetch"})
    consented.get("/pricing/", headers={"user-agent": "AhrefsBot/7.0"})
    consented.get("/pricing/", headers={"sec-gpc": "1"})
    assert not Event.objects.exists()


def test_a_first_view_served_sets_a_cookie_that_no_cache_may_keep(site, pricing, browser, server_mode):
    browser.cookies["wa_consent"] = "granted"
    response = browser.get("/pricing/")
    assert response.cookies["wa_visitor"]["httponly"]
    assert "private" in response["Cache-Control"]
    assert "no-store" in response["Cache-Control"]


def test_a_response_that_asked_who_it_is_becomes_private(rf, site):
    def view(request):
        request.automation.level  # noqa: B018  asking is the point
        return HttpResponse("x")

    request = rf.get("/", headers={"user-agent": "Mozilla/5.0 Firefox"})
    response = AutomationMiddleware(view)(request)
    assert "Cookie" in response["Vary"]
    assert "private" in response["Cache-Control"]
    assert visitors.current(request) is request.automation


def test_the_middleware_also_serves_async_views(rf):
    async def view(request):
        return HttpResponse("x")

    response = async_to_sync(AutomationMiddleware(view))(rf.get("/"))
    assert not response.cookies


def test_a_view_that_cannot_be_stored_does_not_break_the_page(
    site, pricing, consented, server_mode, monkeypatch
):
    from django.db import DatabaseError

    from wagtail_automation.tracking import collecting

    def broken(*args, **kwargs):
        raise DatabaseError("full")

    monkeypatch.setattr(collecting, "record_served_page", broken)
    assert consented.get("/pricing/").status_code == 200


def test_the_missing_middleware_is_told(settings):
    settings.MIDDLEWARE = []
    (error,) = checks.check_middleware()
    assert "AutomationMiddleware" in error.hint


def test_no_migration_is_missing():
    call_command("makemigrations", "wagtail_automation_tracking", check=True, dry_run=True, verbosity=0)
