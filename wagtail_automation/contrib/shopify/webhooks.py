"""Calls of a Shopify shop: ``orders/create``, ``orders/updated``, ``orders/paid``, ``orders/cancelled``.

The signature is the header ``X-Shopify-Hmac-Sha256``, base64 of the body's HMAC-SHA256 under the app's client
secret (https://shopify.dev/docs/apps/build/webhooks/subscribe/https); the body is the order of the Admin API
(https://shopify.dev/docs/api/admin-rest/latest/resources/order).
"""

from decimal import Decimal

from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from wagtail_automation.contrib import calls

SETTING = "WAGTAIL_AUTOMATION_SHOPIFY"
PAID = frozenset({"paid", "partially_refunded", "refunded"})
#: ``source_name`` -> channel; others are the web shop's
CHANNELS = {"pos": "shop", "shopify_draft_order": "call_centre", "iphone": "app", "android": "app"}


@csrf_exempt
@require_POST
def receive(request, shop):
    """One order; see ``calls.receive``."""
    secret = calls.secret_of(SETTING, shop)
    given = request.headers.get("X-Shopify-Hmac-Sha256", "")
    return calls.receive(request, shop, secret=secret, given=given, read=read)


def read(order: dict) -> dict | None:
    """The arguments of ``record_order`` for an order of the Admin API; None for the shop's own trials."""
    if order.get("test"):
        return None
    changed = calls.moment(order["updated_at"])
    if changed is None:
        raise calls.Unusable("no updated_at")
    placed = calls.moment(order.get("processed_at") or order.get("created_at"))
    customer, currency = order.get("customer") or {}, order["currency"]
    shipping = (order.get("total_shipping_price_set") or {}).get("shop_money") or {}
    return {
        "number": str(order.get("name") or order["id"]),
        "at": changed,
        "placed_at": placed,
        # the order says that it is paid, not when: the moment must be the same whichever call comes first
        "paid_at": (placed or changed) if order.get("financial_status") in PAID else None,
        "cancelled_at": calls.moment(order.get("cancelled_at")),
        "currency": currency,
        "items": [_item(line, currency) for line in order["line_items"] if calls.pieces(line["quantity"])],
        "total": str(calls.amount(order["total_price"])),
        "shipping": str(calls.amount(shipping.get("amount"))),
        "discount": str(calls.amount(order.get("total_discounts"))),
        "tax": str(calls.amount(order.get("total_tax"))),
        "refunds": [said for refund in order.get("refunds") or [] if (said := _refund(refund))],
        "channel": CHANNELS.get(order.get("source_name") or "", "web"),
        "coupon": next((code.get("code") or "" for code in order.get("discount_codes") or []), ""),
        "info": {"status": order.get("financial_status") or ""},
        "identifiers": calls.people(
            email=order.get("contact_email") or order.get("email") or customer.get("email"),
            phone=order.get("phone") or customer.get("phone"),
            external=f"shopify:{customer['id']}" if customer.get("id") else "",
        ),
    }


def _item(line: dict, currency: str) -> dict:
    """A line as it was sold: what came back is told by refunds."""
    quantity = calls.pieces(line["quantity"])
    reduced = sum(
        (calls.amount(part["amount"]) for part in line.get("discount_allocations") or []), Decimal(0)
    )
    whole = calls.amount(line["price"]) * quantity - reduced
    return {
        "sku": (line.get("sku") or f"shopify-{line.get('variant_id') or line['id']}")[:100],
        "name": (line.get("name") or line.get("title") or "")[:255],
        "quantity": quantity,
        "price": calls.each(whole, quantity, currency),
    }


def _refund(refund: dict) -> dict | None:
    """What was paid back with it; None where only goods came back."""
    paid = sum(
        (
            calls.amount(part["amount"])
            for part in refund.get("transactions") or []
            if part.get("kind") == "refund" and part.get("status") == "success"
        ),
        Decimal(0),
    )
    if not paid:
        return None
    back = [
        {"sku": (part["line_item"].get("sku") or "")[:100], "quantity": calls.pieces(part["quantity"])}
        for part in refund.get("refund_line_items") or []
        if (part.get("line_item") or {}).get("sku") and calls.pieces(part["quantity"])
    ]
    return {
        "key": str(refund["id"]),
        "amount": str(paid),
        "at": calls.moment(refund.get("created_at")),
        "items": back,
    }
