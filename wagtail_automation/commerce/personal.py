"""What texts may name of purchases: ``{{ order.… }}``, ``{{ cart.… }}`` and ``{{ customer.… }}``.

Amounts come twice: ``total`` as a number to compute with, ``total_shown`` as people read it.
"""

from wagtail_automation import conf, liquid

from . import money, rfm
from .models import Cart, LeadOrders, LeadSpend, Order, OrderItem, Product
from .models.products import key_of

NO_ORDER = {"number": "", "state": "", "channel": "", "coupon": "", "currency": "", "total": 0,
            "total_shown": "", "placed_at": "", "items": [], "info": {}}  # fmt: skip
NO_CART = {
    "state": "",
    "currency": "",
    "total": 0,
    "total_shown": "",
    "touched_at": "",
    "url": "",
    "items": [],
}
NO_CUSTOMER = {"order_count": 0, "first_at": "", "last_at": "", "class": "", "class_shown": "", "spent": 0,
               "spent_shown": ""}  # fmt: skip


def _line(item: dict, currency: str, product: Product | None) -> dict:
    return {
        "sku": item["sku"],
        "name": item["name"],
        "quantity": item["quantity"],
        "price": money.to_decimal(item["price"], currency),
        "price_shown": money.display(item["price"], currency),
        "url": item.get("url") or (product.url if product else ""),
        "image_url": item.get("image_url") or (product.image_url if product else ""),
    }


@liquid.register_object("order")
def order_data(leads: list) -> dict[int, dict]:
    """The latest order of each; three queries for any number of leads."""
    latest = {order.lead_id: order for order in Order.objects.latest_of([lead.pk for lead in leads])}
    lines: dict[int, list] = {}
    rows = OrderItem.objects.filter(order__anyof=[order.pk for order in latest.values()])
    for item in rows.select_related("product").order_by("order", "position"):
        lines.setdefault(item.order_id, []).append(item)
    found = {}
    for lead in leads:
        order = latest.get(lead.pk)
        found[lead.pk] = NO_ORDER if order is None else {
            "number": order.number,
            "state": str(order.state),
            "channel": str(order.channel),
            "coupon": order.coupon,
            "currency": order.currency,
            "total": money.to_decimal(order.total, order.currency),
            "total_shown": order.total_shown,
            "placed_at": order.happened_at,
            "info": order.info,
            "items": [
                _line(
                    {"sku": item.sku, "name": item.name, "quantity": item.quantity, "price": item.price},
                    order.currency,
                    item.product,
                )
                for item in lines.get(order.pk, ())
            ],
        }  # fmt: skip
    return found


@liquid.register_object("cart")
def cart_data(leads: list) -> dict[int, dict]:
    """What each left in a cart last; two queries for any number of leads."""
    latest: dict[int, Cart] = {}
    rows = Cart.objects.left().filter(lead__in=[lead.pk for lead in leads])
    for cart in rows.order_by("touched_at", "pk"):
        latest[cart.lead_id] = cart
    keys = {key_of(item["sku"]) for cart in latest.values() for item in cart.items}
    products = {product.sku_key: product for product in Product.objects.filter(sku_key__in=keys)}
    found = {}
    for lead in leads:
        cart = latest.get(lead.pk)
        found[lead.pk] = NO_CART if cart is None else {
            "state": str(cart.state),
            "currency": cart.currency,
            "total": money.to_decimal(cart.total, cart.currency),
            "total_shown": cart.total_shown,
            "touched_at": cart.touched_at,
            "url": cart.url,
            "items": [
                _line(item, cart.currency, products.get(key_of(item["sku"]))) for item in cart.items
            ],
        }  # fmt: skip
    return found


@liquid.register_object("customer")
def customer_data(leads: list) -> dict[int, dict]:
    """Totals of each; what was spent in the site's currency. Two queries for any number of leads."""
    ids, currency = [lead.pk for lead in leads], conf.get("CURRENCY")
    totals = LeadOrders.objects.in_bulk(ids)
    spent = dict(LeadSpend.objects.filter(lead__in=ids, currency=currency).values_list("lead_id", "revenue"))
    found = {}
    for pk in ids:
        row = totals.get(pk)
        found[pk] = NO_CUSTOMER if row is None else {
            "order_count": row.order_count,
            "first_at": row.first_at,
            "last_at": row.last_at,
            "class": row.rfm,
            "class_shown": str(rfm.CLASSES.get(row.rfm, "")),
            "spent": money.to_decimal(spent.get(pk, 0), currency),
            "spent_shown": money.display(spent.get(pk, 0), currency),
        }  # fmt: skip
    return found
