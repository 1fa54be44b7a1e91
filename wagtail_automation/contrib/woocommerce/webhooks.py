"""Calls of a WooCommerce shop: ``order.created``, ``order.updated``, ``order.restored``.

The signature is the header ``X-WC-Webhook-Signature``, base64 of the body's HMAC-SHA256
(https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks); the body is the order of the REST API
(https://woocommerce.github.io/woocommerce-rest-api-docs/#order-properties).
"""

import datetime as dt
import re
from functools import partial

from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from wagtail_automation.contrib import calls

SETTING = "WAGTAIL_AUTOMATION_WOOCOMMERCE"
#: When a webhook is saved the shop asks, unsigned, whether somebody is there.
PING = re.compile(rb"webhook_id=[0-9]{1,12}")
#: Not ordered yet.
DRAFTS = frozenset({"auto-draft", "checkout-draft", "draft"})
#: A payment that failed may succeed later: it is no cancellation.
CANCELLED = frozenset({"cancelled", "trash"})


@csrf_exempt
@require_POST
def receive(request, shop):
    """One order; see ``calls.receive``."""
    secret = calls.secret_of(SETTING, shop)
    given = request.headers.get("X-WC-Webhook-Signature", "")
    if not given and PING.fullmatch(request.body[:40]):
        return calls.answer({"ignored": True})
    return calls.receive(request, shop, secret=secret, given=given, read=partial(read, shop=shop))


def read(order: dict, *, shop: str) -> dict | None:
    """The arguments of ``record_order`` for an order of the REST API; None for a draft. Each shop counts its
    customers by itself: the 26th of one is not the 26th of another."""
    if order["status"] in DRAFTS:
        return None
    changed, currency = _moment(order, "date_modified"), order["currency"]
    if changed is None:
        raise calls.Unusable("no date_modified_gmt")
    billing = order.get("billing") or {}
    customer = order.get("customer_id")
    return {
        "number": str(order.get("number") or order["id"]),
        "at": changed,
        "placed_at": _moment(order, "date_created"),
        "paid_at": _moment(order, "date_paid"),
        "cancelled_at": changed if order["status"] in CANCELLED else None,
        "currency": currency,
        "items": [_item(line, currency) for line in order["line_items"] if calls.pieces(line["quantity"])],
        "total": str(calls.amount(order["total"])),
        "shipping": str(calls.amount(order.get("shipping_total"))),
        "discount": str(calls.amount(order.get("discount_total"))),
        "tax": str(calls.amount(order.get("total_tax"))),
        "refunds": [
            {"key": str(refund["id"]), "amount": str(abs(calls.amount(refund["total"])))}
            for refund in order.get("refunds") or []
            if calls.amount(refund["total"])
        ],
        "channel": "web",
        "coupon": next((line.get("code") or "" for line in order.get("coupon_lines") or []), ""),
        "info": {"status": order["status"], "payment": order.get("payment_method_title") or ""},
        "identifiers": calls.people(
            email=billing.get("email"), external=f"woocommerce:{shop}:{customer}" if customer else ""
        ),
    }


def _item(line: dict, currency: str) -> dict:
    quantity = calls.pieces(line["quantity"])
    whole = calls.amount(line.get("total")) + calls.amount(line.get("total_tax"))
    number = line.get("variation_id") or line.get("product_id") or line["id"]
    return {
        "sku": (line.get("sku") or f"woo-{number}")[:100],
        "name": (line.get("name") or "")[:255],
        "quantity": quantity,
        "price": calls.each(whole, quantity, currency),
    }


def _moment(order: dict, name: str) -> dt.datetime | None:
    return calls.moment(order.get(f"{name}_gmt"), zone=dt.UTC)
