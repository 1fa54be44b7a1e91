"""Orders that WooCommerce and Shopify tell of: signed, once, in any order, and never trusted further."""

import base64
import datetime as dt
import hashlib
import hmac
import itertools
import json

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.commerce.conftest import NOW
from wagtail_automation import urls
from wagtail_automation.commerce.models import LeadSpend, Order, Refund
from wagtail_automation.leads.models import Lead
from wagtail_automation.tracking.models import Event

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.commerce.webhook_urls")]
SECRET = "shared-with-the-shop"
HEADERS = {"woocommerce": "X-WC-Webhook-Signature", "shopify": "X-Shopify-Hmac-Sha256"}
SHOPS = pytest.mark.parametrize("provider", ["woocommerce", "shopify"])


@pytest.fixture(autouse=True)
def secrets(settings):
    settings.WAGTAIL_AUTOMATION_WOOCOMMERCE = {"SECRETS": {"mill": SECRET}}
    settings.WAGTAIL_AUTOMATION_SHOPIFY = {"SECRETS": {"mill": SECRET}}


def signed(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def call(client, provider, said, *, body=None, signature=None, shop="mill"):
    body = json.dumps(said).encode() if body is None else body
    return client.post(
        f"/automation/commerce/{provider}/{shop}/",
        body,
        content_type="application/json",
        headers={HEADERS[provider]: signed(body) if signature is None else signature},
    )


def at(minutes: int, zone: str = "") -> str:
    moment = NOW - dt.timedelta(hours=3) + dt.timedelta(minutes=minutes)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + zone


def woocommerce(status="processing", minutes=10, **more) -> dict:
    """As the REST API describes an order (shortened)."""
    return {
        "id": 727, "number": "727", "status": status, "currency": "EUR", "customer_id": 26,
        "date_created_gmt": at(0), "date_modified_gmt": at(minutes), "created_via": "checkout",
        "date_paid_gmt": at(5) if status in {"processing", "completed", "refunded"} else None,
        "discount_total": "10.00", "shipping_total": "6.50", "total_tax": "16.00", "total": "96.50",
        "billing": {"first_name": "Ada", "email": "Ada@example.com", "phone": "n/a"},
        "payment_method_title": "Card",
        "line_items": [
            {"id": 1, "name": "Otter bag", "product_id": 93, "variation_id": 0, "quantity": 1,
             "sku": "OTTER", "total": "50.00", "total_tax": "10.00", "price": 50},
            {"id": 2, "name": "Wax", "product_id": 22, "variation_id": 23, "quantity": 2,
             "sku": "", "total": "24.00", "total_tax": "6.00", "price": 12},
        ],
        "coupon_lines": [{"id": 7, "code": "spring"}], "refunds": [],
    } | more  # fmt: skip


def shopify(status="paid", minutes=10, **more) -> dict:
    """As the Admin API describes an order (shortened)."""
    return {
        "id": 450789469, "name": "#727", "test": False, "currency": "EUR", "financial_status": status,
        "created_at": at(0, "+00:00"), "processed_at": at(0, "+00:00"), "updated_at": at(minutes, "+00:00"),
        "cancelled_at": None, "source_name": "pos", "contact_email": "ada@example.com", "phone": None,
        "customer": {"id": 207119551, "email": "ada@example.com", "phone": "-"},
        "total_price": "96.50", "total_tax": "16.00", "total_discounts": "10.00",
        "total_shipping_price_set": {"shop_money": {"amount": "6.50", "currency_code": "EUR"}},
        "line_items": [
            {"id": 1, "sku": "OTTER", "name": "Otter bag - moss", "quantity": 1, "price": "70.00",
             "discount_allocations": [{"amount": "10.00"}], "variant_id": 39072856},
            {"id": 2, "sku": None, "title": "Wax", "quantity": 2, "price": "15.00", "variant_id": 23},
        ],
        "discount_codes": [{"code": "spring", "amount": "10.00"}], "refunds": [],
    } | more  # fmt: skip


class Exact(str):
    """A number that stands in the JSON as it is written here."""


MADE = {"woocommerce": woocommerce, "shopify": shopify}


def refunded(provider: str, minutes=20) -> dict:
    """Ten of it were paid back, for the bag."""
    if provider == "woocommerce":
        return woocommerce(minutes=minutes, refunds=[{"id": 9, "reason": "scratch", "total": "-10.00"}])
    money = {"kind": "refund", "status": "success", "amount": "10.00"}
    back = [{"quantity": 1, "line_item": {"sku": "OTTER"}}]
    refund = {"id": 9, "created_at": at(15, "+00:00"), "transactions": [money], "refund_line_items": back}
    return shopify("partially_refunded", minutes, refunds=[refund])


@SHOPS
def test_an_order_is_what_the_shop_says(client, provider):
    response = call(client, provider, MADE[provider]())
    assert response.status_code == 200 and response.json()["state"] == "paid", response.content
    assert "no-store" in response["Cache-Control"]
    order = Order.objects.get()
    assert (order.source, order.number.lstrip("#"), order.currency) == ("mill", "727", "EUR")
    amounts = (order.total, order.shipping, order.discount, order.tax, order.coupon)
    assert amounts == (9650, 650, 1000, 1600, "spring")
    assert order.channel == ("shop" if provider == "shopify" else "web")
    lines = [(line.sku, line.quantity, line.price) for line in order.items.all()]
    bare = {"woocommerce": "woo-23", "shopify": "shopify-23"}[provider]
    assert lines == [("OTTER", 1, 6000), (bare, 2, 1500)]
    lead = Lead.objects.get()
    assert lead.email == "ada@example.com" and lead.pk == order.lead_id and lead.phone == ""
    assert LeadSpend.objects.get().revenue == 9650


@SHOPS
def test_repeated_late_and_reordered_calls_end_alike(client, provider):
    """A refund may come before the payment, and an old word never undoes a newer one."""
    make = MADE[provider]
    pending = make("pending", 1, **{"total" if provider == "woocommerce" else "total_price": "1.00"})
    said = [pending, make(minutes=10), refunded(provider)]
    ends = set()
    for turn in itertools.permutations(said):
        for one in (*turn, turn[0]):
            assert call(client, provider, one).status_code == 200
        order = Order.objects.get()
        told = Event.objects.filter(name__startswith="order_").values_list("name", "at", "value")
        ends.add((order.state, order.total, order.refunded, order.placed_at, order.paid_at, order.coupon,
                  Refund.objects.count(), LeadSpend.objects.get().revenue, len(told)))  # fmt: skip
        Order.objects.all().delete()
        LeadSpend.objects.all().delete()
        Event.objects.all().delete()
    ((state, total, back, *_moments, refunds, revenue, events),) = ends
    assert (state, total, back, refunds, revenue, events) == ("part_refunded", 9650, 1000, 1, 8650, 3)


@SHOPS
def test_a_cancelled_order_counts_no_more(client, provider):
    call(client, provider, MADE[provider]())
    gone = woocommerce("cancelled", 30) if provider == "woocommerce" else shopify(
        "voided", 30, cancelled_at=at(30, "+00:00")
    )  # fmt: skip
    assert call(client, provider, gone).json()["state"] == "cancelled"
    assert call(client, provider, MADE[provider]()).json()["state"] == "cancelled"
    assert not LeadSpend.objects.exists()


@SHOPS
@pytest.mark.parametrize(
    "signature",
    ["", "x", "äö", signed(b"another body"), signed(b"{}"), "=" * 44, signed(b"x", "another secret")],
)
def test_forged_calls_write_nothing(client, provider, signature):
    response = call(client, provider, MADE[provider](), signature=signature.encode().decode("latin-1"))
    assert response.status_code == 403
    assert not Order.objects.exists() and not Lead.objects.exists()


@SHOPS
def test_a_changed_body_and_another_shop_are_forged(client, provider):
    body = json.dumps(MADE[provider]()).encode()
    changed = body.replace(b"96.50", b"00.01")
    assert call(client, provider, None, body=changed, signature=signed(body)).status_code == 403
    assert call(client, provider, MADE[provider](), shop="other").status_code == 404
    too_long = body + b" " * 1_000_001
    assert call(client, provider, None, body=too_long).status_code == 413
    assert client.get(f"/automation/commerce/{provider}/mill/").status_code == 405
    assert not Order.objects.exists()


def bad(provider: str) -> list:
    make, total = MADE[provider], {"woocommerce": "total", "shopify": "total_price"}[provider]
    changed = {"woocommerce": "date_modified_gmt", "shopify": "updated_at"}[provider]
    line = make()["line_items"][0]
    return [
        [], 5, "x", {}, {"line_items": []}, {"id": 5, "title": "a product"},
        make(currency="ZZZ"), make(currency=5), make(**{total: "-5"}), make(**{total: "NaN"}),
        make(**{total: "1e13"}), make(**{total: "0.001"}), make(**{changed: "soon"}), make(**{changed: None}),
        make(**{changed: 5}), make(line_items=[line | {"quantity": -2}]),
        make(line_items=[line | {"quantity": "x"}]), make(line_items=[5]), make(line_items=[{}]),
        make(**{changed: "2199-01-01T00:00:00Z"}), make(refunds=[5]), make(line_items=[line] * 501),
    ]  # fmt: skip


@SHOPS
@pytest.mark.parametrize("number", range(22))
def test_signed_nonsense_is_logged_and_the_shop_goes_on_calling(client, provider, number, caplog):
    """Another answer than 200 makes both providers stop calling after a few times."""
    response = call(client, provider, bad(provider)[number])
    assert response.status_code == 200 and {"error", "errors"} & response.json().keys(), response.content
    assert "mill" in caplog.text and not Order.objects.exists()


ODD = (None, True, 0, -1, "", "x", [], ["x"], {}, {"x": 1}, "1e400", Exact("1e999999999"), Exact("NaN"))


@SHOPS
def test_another_type_in_any_place_is_never_a_fault_of_ours(client, provider):
    """What cannot be read is answered with 200 and leaves nothing behind; the rest is an order."""
    for name in MADE[provider]():
        for value in ODD:
            body = json.dumps(MADE[provider]() | {name: value})
            if isinstance(value, Exact):
                body = body.replace(f'"{value}"', value)
            with transaction.atomic():
                response = call(client, provider, None, body=body.encode())
                said = response.json()
                assert response.status_code == 200, (name, value)
                assert said.keys() in ({"number", "state"}, {"error"}, {"errors"}, {"ignored"}), said
                assert Order.objects.count() == Lead.objects.count() == ("number" in said), (name, value)
                transaction.set_rollback(True)


@SHOPS
@pytest.mark.parametrize("value", [None, [], {}, "x", "1e400", True, 10**7, -1])
def test_a_quantity_that_is_none(client, provider, value):
    line = MADE[provider]()["line_items"][0] | {"quantity": value}
    said = call(client, provider, MADE[provider](line_items=[line])).json()
    if value in (None, [], {}):  # nothing of it was bought
        assert Order.objects.get(number=said["number"]).item_count == 0
    else:
        assert said.keys() & {"error", "errors"} and not Order.objects.exists()


@SHOPS
def test_what_is_sold_by_weight_is_at_least_one_piece(client, provider):
    more = {"quantity": 0.25} if provider == "woocommerce" else {"quantity": "0.25", "price": "240.00"}
    line = MADE[provider]()["line_items"][0] | more
    call(client, provider, MADE[provider](line_items=[line]))
    assert [row.quantity for row in Order.objects.get().items.all()] == [1]


def test_customers_of_two_shops_with_one_number_are_two_people(client, settings):
    settings.WAGTAIL_AUTOMATION_WOOCOMMERCE = {"SECRETS": {"mill": SECRET, "quay": SECRET}}
    call(client, "woocommerce", woocommerce())
    call(client, "woocommerce", woocommerce(billing={"email": "bob@example.com"}), shop="quay")
    owners = dict(Order.objects.values_list("source", "lead__email"))
    assert owners == {"mill": "ada@example.com", "quay": "bob@example.com"}


def test_no_json_and_deep_json(client):
    for body in (b"", b"\xff", b"{", b"[" * 100_000):
        assert call(client, "shopify", None, body=body).json() == {"error": "not an order"}


def test_what_is_no_order_yet_is_left_out(client):
    assert call(client, "woocommerce", woocommerce("checkout-draft")).json() == {"ignored": True}
    assert call(client, "shopify", shopify(test=True)).json() == {"ignored": True}
    # WooCommerce asks, unsigned, whether somebody is there
    ping = client.post(
        "/automation/commerce/woocommerce/mill/", "webhook_id=17",
        content_type="application/x-www-form-urlencoded",
    )  # fmt: skip
    assert ping.status_code == 200 and not Order.objects.exists()
    assert call(client, "woocommerce", None, body=b"webhook_id=1&x=2", signature="").status_code == 403


def test_a_failed_payment_may_succeed_later(client):
    assert call(client, "woocommerce", woocommerce("failed", 3)).json()["state"] == "placed"
    assert call(client, "woocommerce", woocommerce("completed", 9)).json()["state"] == "paid"


@SHOPS
def test_a_call_takes_as_many_queries_for_a_hundred_items(client, provider):
    make, counts = MADE[provider], []
    call(client, provider, make())
    for size in (1, 100):
        lines = [make()["line_items"][0] | {"sku": f"{size}-{n}"} for n in range(size)]
        name = "number" if provider == "woocommerce" else "name"
        with CaptureQueriesContext(connection) as queries:
            assert call(client, provider, make(**{name: f"s{size}", "line_items": lines})).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] and Order.objects.get(number="s100").items.count() == 100, counts


def test_the_adapters_addresses_come_with_the_apps(monkeypatch):
    def names() -> list[str]:
        return [pattern.urlconf_module.app_name for pattern in urls.addresses(urls.ADAPTERS)]

    assert names() == []
    monkeypatch.setattr(
        urls.apps, "is_installed", lambda name: name.startswith("wagtail_automation.contrib.")
    )
    assert names() == ["wagtail_automation_woocommerce", "wagtail_automation_shopify"]
