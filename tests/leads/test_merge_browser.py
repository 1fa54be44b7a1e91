"""The merge screen: values follow the lead that stays, but for those somebody chose."""

import datetime as dt

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse
from wagtail.models import Locale

from tests import browsers
from wagtail_automation.leads import actions
from wagtail_automation.leads.models import Lead

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def test_values_follow_the_survivor(chromium_path, live_server, client):
    one, two = (
        actions.identify(
            lead=None,
            identifiers={"email": f"{name}@example.com"},
            fields={"first_name": name, "city": city, "company": company},
            source="x",
            now=NOW,
        )
        for name, city, company in (("Zoe", "Lyon", "Acme"), ("Zed", "Nice", ""))
    )
    Locale.objects.get_or_create(language_code="en")
    client.force_login(get_user_model().objects.create_superuser("admin", password="x"))
    context = browsers.shared(chromium_path).new_context(base_url=live_server.url)
    context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        page.goto(reverse("wagtail_automation_lead_merge", args=[one.pk, two.pk]))
        value = lambda name: page.locator(f"input[name=field-{name}]:checked").get_attribute("value")  # noqa: E731
        assert {value(name) for name in ("first_name", "city", "company")} == {str(one.pk)}
        page.check(f"input[name=field-city][value='{two.pk}']")
        page.check(f"input[name=field-city][value='{one.pk}']")
        page.check(f"input[name=survivor][value='{two.pk}']")
        assert value("first_name") == value("email") == str(two.pk)
        assert value("city") == str(one.pk), "chosen on purpose"
        assert value("company") == str(one.pk), "the other has none"
        page.check(f"input[name=survivor][value='{one.pk}']")
        assert value("first_name") == str(one.pk)
        page.check(f"input[name=survivor][value='{two.pk}']")
        page.locator(".wa-merge button[type=submit]").click()
        page.wait_for_url(f"**/inspect/{two.pk}/")
    finally:
        context.close()
    left = Lead.objects.get()
    assert (left.pk, left.first_name, left.city, left.company) == (two.pk, "Zed", "Lyon", "Acme")
    assert errors == []
