"""The carts that a site's own pages report, in a real browser."""

import datetime as dt
import time

import pytest
from django.template import engines

from tests.commerce.conftest import NOW
from tests.tracking.test_script import chromium
from wagtail_automation.commerce.models import Cart
from wagtail_automation.leads.models import Lead
from wagtail_automation.testing import clock as test_clock

PAGE = """{% load automation_tracking automation_commerce %}<!doctype html>
<html lang="en"><head><title>Shop</title></head><body><h1>Shop</h1>
{% privacy_choices %}{% automation_script %}{% automation_cart_script %}</body></html>"""
SAY = """(items) => window.wa.cart(items, "EUR", "/cart/")"""
BAG = {"sku": "OTTER", "name": "Otter", "quantity": 2, "price": "49.90"}

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shop(transactional_db, live_server, monkeypatch, settings):
    from wagtail.models import Locale, Page, Site

    from tests.testapp.models import SimplePage

    monkeypatch.setattr(SimplePage, "template", engines["django"].from_string(PAGE))
    locale = Locale.objects.get_or_create(language_code="en")[0]
    root = Page.objects.filter(depth=1).first() or Page.add_root(title="Root", slug="root", locale=locale)
    home = root.add_child(instance=SimplePage(title="Home", slug="wa-shop", locale=locale))
    Site.objects.all().delete()
    Site.objects.create(hostname="localhost", root_page=home, is_default_site=True)
    return live_server.url


def carts(expected: int) -> list[Cart]:
    """What is stored, once there is that much; the script does not wait for the answer."""
    for _wait in range(80):
        found = list(Cart.objects.order_by("pk"))
        if len(found) == expected:
            return found
        time.sleep(0.05)
    return found


def test_a_cart_is_kept_with_consent_and_emptied(shop, chromium_path):
    with chromium(chromium_path) as page:
        page.goto(shop)
        page.wait_for_function("window.wa && window.wa.cart")
        assert page.evaluate(SAY, [BAG]) is False  # nobody was asked yet
        assert not Cart.objects.exists()
        page.context.add_cookies([{"name": "wa_consent", "value": "granted", "url": shop}])
        page.reload()
        page.wait_for_function("window.wa && window.wa.cart && window.wa.choice() === 'granted'")
        page.wait_for_load_state("networkidle")  # the view is told: now they have their cookie
        assert page.evaluate(SAY, [BAG]) is True
        (cart,) = carts(1)
        assert (cart.total, cart.item_count, str(cart.state)) == (9980, 2, "open")
        assert cart.url.endswith("/cart/")
        assert cart.lead.status == Lead.Status.ANONYMOUS
        # what makes no sense is refused, and the page goes on
        assert page.evaluate(SAY, [{**BAG, "price": "1.005"}]) is False
        assert page.evaluate(SAY, [{**BAG, "quantity": -1}]) is False
        with test_clock.freeze(NOW + dt.timedelta(seconds=9)):
            assert page.evaluate(SAY, []) is True
            for _wait in range(80):
                cart.refresh_from_db()
                if cart.total == 0:
                    break
                time.sleep(0.05)
        assert (cart.total, str(cart.state)) == (0, "emptied")
        assert [text for text in page.problems if "400" not in text] == []
