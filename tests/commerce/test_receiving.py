"""Signed calls of shops over HTTP, and the cart that the site's own pages report."""

import datetime as dt
import json
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.commerce.conftest import NOW, hours_ago, item
from wagtail_automation.commerce.actions import record_order
from wagtail_automation.commerce.models import Cart, LeadOrders, LeadSpend, Order
from wagtail_automation.leads.models import Identifier, Lead
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.identity import signature

pytestmark = pytest.mark.django_db
SECRET = "till-secret"


@pytest.fixture(autouse=True)
def keys(settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "COMMERCE_KEYS": {"till": SECRET}}


def call(client, said, *, to="orders", key="till", secret=SECRET, stamp=None, body=None):
    stamp = str(int(NOW.timestamp())) if stamp is None else stamp
    body = json.dumps(said).encode() if body is None else body
    return client.post(
        reverse(f"wagtail_automation_commerce:{to}"),
        body,
        content_type="application/json",
        headers={"X-WA-Key": key, "X-WA-Timestamp": stamp, "X-WA-Signature": signature(secret, stamp, body)},
    )


ORDER = {
    "number": "T-1",
    "identifiers": {"email": "ada@example.com"},
    "currency": "EUR",
    "items": [item("otter", 49.90, 2, categories=["Bags"])],
    "state": "paid",
    "info": {"table": 7.5},
}


def test_an_order_is_recorded_once_however_often_it_is_sent(client):
    for _again in range(3):
        response = call(client, ORDER)
        assert response.status_code == 200, response.content
    order = Order.objects.get()
    assert response.json() == {"orders": [{"number": "T-1", "state": "paid", "order": str(order.uuid)}]}
    assert (order.source, order.total, order.info) == ("till", 9980, {"table": 7.5})
    assert response["Cache-Control"].startswith("no-store") or "no-store" in response["Cache-Control"]
    assert LeadSpend.objects.get().revenue == 9980


def test_what_is_sent_again_later_turns_nothing_back(client):
    """The statement is of the signature's moment: a replay within the five minutes is an old word."""
    call(client, ORDER)
    with test_clock.freeze(hours_ago(-0.05)):
        record_order("T-1", source="till", currency="EUR", items=[item(price="1")])
        call(client, ORDER)
    assert Order.objects.get().total == 100


def test_the_good_are_recorded_and_the_bad_are_named(client):
    bad = [
        {"number": "B-1", "currency": "EUR", "items": [item(quantity=-2)]},
        {"number": "B-2", "currency": "XXQ", "items": [item()]},
        {"number": "B-3", "currency": "EUR", "items": [item(price=1e13)]},
        {"number": "B-4", "currency": "EUR", "items": [item(price=0.001)]},
        {"number": "B-5", "at": "yesterday"},
        {"number": "B-6", "paid_at": "2026-03-01T10:00:00"},
        {"number": "B-7", "currency": "EUR", "refunds": [{"key": "a", "amount": "1", "at": 5}]},
        {"currency": "EUR"},
    ]
    response = call(client, {"orders": [*bad, ORDER]})
    assert response.status_code == 422
    answers = response.json()["orders"]
    assert [next(iter(answer["errors"])) for answer in answers[:-1]] == [
        "items", "currency", "items", "items", "at", "paid_at", "refunds", "number",
    ]  # fmt: skip
    assert answers[-1]["state"] == "paid" and Order.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"secret": "wrong"}, 403),
        ({"key": "nobody"}, 403),
        ({"key": ""}, 403),
        ({"stamp": "x"}, 403),
        ({"stamp": ""}, 403),
        ({"stamp": "٣"}, 403),
        ({"stamp": str(int(NOW.timestamp()) - 301)}, 403),
        ({"stamp": str(int(NOW.timestamp()) + 301)}, 403),
        ({"stamp": "9" * 40}, 403),
        ({"body": b"x" * 1_000_001}, 413),
        ({"body": b"{"}, 400),
        ({"body": b"\xff"}, 400),
        ({"body": b"[" * 100_000}, 400),
        ({"body": b'{"orders": []}'}, 400),
        ({"body": b'{"orders": 5}'}, 400),
        ({"body": b"[]"}, 400),
        ({"body": b'{"orders": [5]}'}, 400),
        ({"body": b'{"number": "1", "lead": 1}'}, 400),
        ({"body": b'{"number": NaN}'}, 400),
        ({"body": b'{"number": "1", "total": 1e99999999999999999999}'}, 400),
        ({"body": json.dumps({"orders": [ORDER] * 101}).encode()}, 400),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_calls_write_nothing(client, more, status):
    response = call(client, ORDER, **more)
    assert response.status_code == status and "error" in response.json()
    assert not Order.objects.exists() and not Lead.objects.exists()


def test_only_posted(client):
    for name in ("orders", "carts", "cart"):
        assert client.get(reverse(f"wagtail_automation_commerce:{name}")).status_code == 405


def queries_of(client, rows: list[dict]) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert call(client, {"orders": rows}).status_code == 200
    return len(queries)


def test_a_call_takes_as_many_queries_for_fifty_orders_as_for_one(client):
    def orders(size: int, **more) -> list[dict]:
        return [
            ORDER
            | {"number": f"{size}-{number}", "identifiers": {"email": f"p{number % 2}@example.com"}, **more}
            for number in range(size)
        ]

    call(client, {"orders": orders(2)})  # the two people are known, the product too
    fresh = [queries_of(client, orders(size)) for size in (1, 50)]
    assert fresh[0] == fresh[1], fresh
    # neither does what changes, nor what is sent again, cost more the more there is
    later = {"coupon": "SPRING", "at": (NOW + dt.timedelta(seconds=1)).isoformat()}
    for _again in range(2):
        changed = [queries_of(client, orders(size, **later)) for size in (1, 50)]
        assert changed[0] == changed[1], changed


def test_a_call_takes_as_many_queries_for_fifty_unknown_people_as_for_one(client):
    def orders(size: int) -> list[dict]:
        people = [{"email": f"{size}.{n}@example.com", "external": f"{size}-{n}"} for n in range(size)]
        return [
            ORDER | {"number": f"{size}-{n}-{turn}", "identifiers": who}
            for turn in range(2)
            for n, who in enumerate(people)
        ]

    call(client, ORDER)
    costs = [queries_of(client, orders(size)) for size in (1, 50)]
    assert costs[0] == costs[1], costs
    assert Lead.objects.count() == 52
    assert sorted(set(LeadOrders.objects.values_list("order_count", flat=True))) == [1, 2]


def test_people_who_share_identifiers_in_one_call_become_as_few_as_one_by_one(client):
    whos = [
        {"email": "a@example.com"}, {"email": "a@example.com", "phone": "+33612345678"},
        {"phone": "+33612345678"}, {"email": "b@example.com"}, {"email": "b@example.com"},
    ]  # fmt: skip
    rows = [ORDER | {"number": f"S-{n}", "identifiers": who} for n, who in enumerate(whos)]
    assert call(client, {"orders": rows}).status_code == 200
    owners = dict(Order.objects.values_list("number", "lead__email"))
    a, b = "a@example.com", "b@example.com"
    assert owners == {"S-0": a, "S-1": a, "S-2": a, "S-3": b, "S-4": b} and Lead.objects.count() == 2


def test_a_call_takes_as_many_queries_for_a_hundred_items_as_for_one(client):
    def order(number: str, size: int) -> dict:
        lines = [item(f"{number}-sku{n}", 5, categories=[f"{number} category {n}"]) for n in range(size)]
        return ORDER | {"number": number, "items": lines}

    call(client, ORDER)
    fresh = {size: queries_of(client, [order(f"s{size}", size)]) for size in (1, 100)}
    assert fresh[1] == fresh[100] and Order.objects.get(number="s100").items.count() == 100, fresh


def test_carts_of_a_shop(client):
    said = {"key": "c1", "currency": "EUR", "items": [item(price="5")], "url": "https://shop.example/c1"}
    assert call(client, said, to="carts").json()["carts"][0]["state"] == "open"
    assert call(client, {"carts": [{"key": "c1", "items": []}]}, to="carts").status_code == 200
    # of one moment, one of the two counts, always the same
    wrong = [{"key": "c2"}, {"key": "c3", "items": [item(quantity=0)], "currency": "EUR"}]
    bad = call(client, {"carts": wrong}, to="carts")
    assert bad.status_code == 422 and Cart.objects.count() == 1


class TestScript:
    url = property(lambda self: reverse("wagtail_automation_commerce:cart"))

    @pytest.fixture
    def visitor(self, site):
        browser = Client(
            headers={
                "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Accept": "text/html", "Accept-Language": "en", "Sec-Fetch-Site": "same-origin",
            }
        )  # fmt: skip
        browser.post(reverse("wagtail_automation_tracking:consent"), {"choice": "grant"})
        return browser

    def post(self, browser, said, **more):
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        return browser.post(self.url, body, content_type="text/plain", **more)

    def test_the_cart_belongs_to_the_browser_and_its_person(self, visitor):
        for price in ("5", "6"):
            said = {"items": [item(price=price)], "currency": "EUR", "url": "https://testserver/cart/"}
            assert self.post(visitor, said).status_code == 204
        cart = Cart.objects.get()
        assert (cart.source, cart.state, cart.item_count) == ("site", "open", 1)
        assert cart.lead is not None and not cart.lead.is_known
        # its person orders in whatever shop of the site: the cart is bought
        record_order("1", source="web-shop", lead=cart.lead, currency="EUR", items=[item()], at=NOW,
                     placed_at=NOW)  # fmt: skip
        cart.refresh_from_db()
        assert cart.state == "ordered"

    def test_nothing_is_kept_without_consent(self, site):
        browser = Client(headers={"User-Agent": "Mozilla/5.0 Firefox/140.0", "Sec-Fetch-Site": "same-origin"})
        assert self.post(browser, {"items": [item()], "currency": "EUR"}).status_code == 204
        assert not Cart.objects.exists() and not Lead.objects.exists()

    @pytest.mark.parametrize(
        ("said", "status"),
        [
            ({"items": [item(quantity=-1)], "currency": "EUR"}, 400),
            ({"items": [item(price=0.001)], "currency": "EUR"}, 400),
            ({"items": [item()], "currency": "ZZZ"}, 400),
            ({"items": [item()], "currency": "EUR", "key": "another's"}, 400),
            ({"currency": "EUR"}, 400),
            (b"[]", 400),
            (b"{", 400),
            (b'{"items": [{"sku": "otter", "price": 1e99999999999999999999}], "currency": "EUR"}', 400),
            ({"items": [{"sku": "otter"}], "currency": "EUR"}, 400),
            ({"items": "", "currency": "EUR"}, 400),
            ({"items": [item()], "currency": "EUR", "url": 0}, 400),
            (b"x" * 70_000, 413),
        ],
    )
    def test_bad_input(self, visitor, said, status):
        assert self.post(visitor, said).status_code == status
        assert not Cart.objects.exists()

    def test_another_site_may_not_report(self, visitor):
        said = {"items": [item()], "currency": "EUR"}
        response = self.post(visitor, said, headers={"Sec-Fetch-Site": "cross-site"})
        assert response.status_code == 403 and not Cart.objects.exists()


def test_nothing_is_the_same_as_not_said(client):
    """A guest has no number: nulls make one person of no two."""
    for number, address in (("G-1", "ada@example.com"), ("G-2", "bob@example.com")):
        who = {"email": address, "external": None, "phone": ""}
        row = {"number": number, "currency": "EUR", "items": [item() | {"name": None}], "identifiers": who}
        assert call(client, row).status_code == 200
    assert sorted(Lead.objects.values_list("email", flat=True)) == ["ada@example.com", "bob@example.com"]
    assert not Identifier.objects.filter(kind="external").exists()


def test_numbers_stay_decimal(client):
    call(client, None, body=json.dumps(ORDER | {"total": 0.1 + 0.2}).encode())
    assert not Order.objects.exists(), "0.30000000000000004 is no amount"
    assert Decimal("49.9") == Decimal(str(ORDER["items"][0]["price"]))
