"""What Oscar knows of an order, basket or product, in the words of ``commerce.actions``.

Everything is read anew each time, so that it does not matter which signal came, how often, or in which order.
"""

import contextlib
from decimal import Decimal

from django.conf import settings
from django.urls import NoReverseMatch, reverse

from wagtail_automation import clock, conf

SOURCE = "oscar"
#: ``WAGTAIL_AUTOMATION_OSCAR`` overrides these.
DEFAULTS = {
    # statuses of orders that mean paid and cancelled; payments are looked at beside them
    "PAID": ("Paid", "Complete"),
    "CANCELLED": ("Cancelled", "Canceled"),
    # names of payment events that pay something back, with the lines it is for
    "REFUND_EVENTS": ("Refund", "Refunded"),
    # scheme and host of links to products; None: BASE_URL
    "BASE_URL": None,
}


def option(name: str):
    return getattr(settings, "WAGTAIL_AUTOMATION_OSCAR", {}).get(name, DEFAULTS[name])


def base_url() -> str:
    return (option("BASE_URL") or conf.get("BASE_URL") or "").rstrip("/")


def sku_of(line) -> str:
    """Oscar's own number of what a line of an order or basket is."""
    product = line.product
    partner = getattr(line, "partner_sku", "") or getattr(
        getattr(line, "stockrecord", None), "partner_sku", ""
    )
    upc = getattr(line, "upc", None) or getattr(product, "upc", None)
    return str(upc or partner or (f"oscar-{product.pk}" if product else f"line-{line.pk}"))[:100]


def order_said(order) -> dict:
    """The arguments of ``record_order`` for an Oscar order."""
    paid_at, refunds = _payments(order)
    cancelled = order.status in option("CANCELLED")
    discounts = list(order.discounts.all())
    said = {
        "number": order.number,
        "source": SOURCE,
        "at": clock.now(),
        "placed_at": order.date_placed,
        "paid_at": paid_at,
        "cancelled_at": _moment_of(order, option("CANCELLED")) if cancelled else None,
        "currency": order.currency,
        "items": [item_said(line) for line in order.lines.all()],
        "total": _money(order.total_incl_tax),
        "shipping": _money(order.shipping_incl_tax),
        "tax": _money(order.total_incl_tax - (order.total_excl_tax or order.total_incl_tax)),
        "discount": _money(sum((discount.amount for discount in discounts), Decimal(0))),
        "refunds": refunds,
        "channel": "web",
        "coupon": next(
            (discount.voucher_code for discount in order.discounts.all() if discount.voucher_code), ""
        ),
        "info": {"status": order.status or "", "shipping method": order.shipping_method or ""},
    }
    if who := people_said(order.user, order.email):
        said["identifiers"] = who
    if order.basket_id:
        said["cart"] = str(order.basket_id)
    return said


def item_said(line) -> dict:
    """A line of an order as an item."""
    product = line.product
    quantity = line.quantity or 1
    price = line.line_price_incl_tax if line.line_price_incl_tax is not None else line.line_price_excl_tax
    return {
        "sku": sku_of(line),
        "name": (line.title or (product.get_title() if product else ""))[:255],
        "quantity": quantity,
        "price": _money(price / quantity),
        "categories": categories_of(product),
        "url": url_of(product),
    }


def basket_said(basket) -> dict:
    """The arguments of ``update_cart`` for an Oscar basket; needs a strategy for its prices."""
    items = []
    for line in basket.all_lines():
        price = line.purchase_info.price
        unit = price.incl_tax if price.is_tax_known else price.excl_tax
        items.append(
            {
                "sku": sku_of(line),
                "name": line.product.get_title()[:255],
                "quantity": line.quantity,
                "price": _money(unit or 0),
                "categories": categories_of(line.product),
                "url": url_of(line.product),
            }
        )
    said = {"key": str(basket.pk), "source": SOURCE, "items": items, "currency": basket.currency or ""}
    said["currency"] = said["currency"] or settings.OSCAR_DEFAULT_CURRENCY
    if base_url():
        with contextlib.suppress(NoReverseMatch):  # a shop without pages of its own
            said["url"] = base_url() + reverse("basket:summary")
    if who := people_said(basket.owner, getattr(basket.owner, "email", "")):
        said["identifiers"] = who
    return said


def product_said(product) -> dict:
    """A row of ``commerce.products.put`` for an Oscar product."""
    from oscar.core.loading import get_class

    info = get_class("partner.strategy", "Selector")().strategy().fetch_for_product(product)
    found = {
        "product.sku": str(product.upc or f"oscar-{product.pk}")[:100],
        "product.name": product.get_title()[:255],
        "product.stock": bool(info.availability.is_available_to_buy),
        "product.url": url_of(product),
        "product.categories": categories_of(product),
    }
    price = info.price
    if price.exists:
        from wagtail_automation.commerce import money

        amount = price.incl_tax if price.is_tax_known else price.excl_tax
        found["product.units"] = money.to_units(_money(amount), price.currency)
        found["product.currency"] = price.currency
    return found


def people_said(user, email: str) -> dict:
    """Who it is: the account on this site and the address."""
    found = {"email": email} if email else {}
    if user is not None and user.pk:
        found["user"] = str(user.pk)
    return found


def categories_of(product) -> list[str]:
    if product is None:
        return []
    parent = product.parent if product.is_child else product
    return [category.name[:100] for category in parent.get_categories()[:20]]


def url_of(product) -> str:
    return base_url() + product.get_absolute_url() if product is not None and base_url() else ""


def _payments(order) -> tuple:
    """``(when it was paid, refunds)``: by payments taken, or by the order's status."""
    taken, paid_at, refunds = Decimal(0), None, []
    for payment in order.sources.all():
        for part in payment.transactions.order_by("date_created", "pk"):
            if part.txn_type == part.DEBIT:
                taken += part.amount
                if taken >= order.total_incl_tax and paid_at is None:
                    paid_at = part.date_created
            elif part.txn_type == part.REFUND:
                refunds.append(
                    {"key": f"txn-{part.pk}", "amount": _money(part.amount), "at": part.date_created}
                )
    if paid_at is None and order.status in option("PAID"):
        paid_at = _moment_of(order, option("PAID"))
    events = order.payment_events.filter(event_type__name__in=option("REFUND_EVENTS"))
    by_line = [
        {
            "key": f"event-{event.pk}",
            "amount": _money(event.amount),
            "at": event.date_created,
            "items": [
                {"sku": sku_of(part.line), "quantity": part.quantity} for part in event.line_quantities.all()
            ],
        }
        for event in events
    ]
    # events say which lines it is for; where there are any, transactions say the same money again
    return paid_at, [refund for refund in by_line or refunds if Decimal(refund["amount"])]


def _moment_of(order, statuses):
    """When it came into one of these statuses; when it was placed if nobody noted it."""
    change = order.status_changes.filter(new_status__in=statuses).order_by("date_created").first()
    return change.date_created if change else order.date_placed


def _money(amount) -> str:
    return str(Decimal(amount).quantize(Decimal("0.01")))
