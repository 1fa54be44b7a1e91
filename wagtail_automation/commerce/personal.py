"""What texts may name of purchases: ``{{ order.… }}``, ``{{ cart.… }}``, ``{{ product.… }}`` – the one that
was looked at last –, ``{{ together.products }}`` and ``{{ customer.… }}``.

Amounts come twice: ``total`` as a number to compute with, ``total_shown`` as people read it.
"""

from wagtail_automation import conf, liquid

from . import money, rfm, showing
from .models import Cart, LeadOrders, LeadSpend, Order, OrderItem, Product
from .models.products import key_of

#: as many as an email shows at most
TOGETHER = 12
NO_ORDER = {"number": "", "state": "", "channel": "", "coupon": "", "currency": "", "total": 0,
            "total_shown": "", "placed_at": "", "items": [], "info": {}}  # fmt: skip
NO_CART = {
    "key": "",
    "state": "",
    "currency": "",
    "total": 0,
    "total_shown": "",
    "touched_at": "",
    "url": "",
    "items": [],
}
NO_CUSTOMER = {"order_count": 0, "first_at": "", "last_at": "", "class": "", "class_shown": "", "spent": 0,
               "spent_shown": "", "average": 0, "average_shown": ""}  # fmt: skip


def _line(item: dict, currency: str, product: Product | None, picture: str = "") -> dict:
    return {
        "key": str(product.uuid) if product else "",
        "sku": item["sku"],
        "name": item["name"],
        "quantity": item["quantity"],
        "price": money.to_decimal(item["price"], currency),
        "price_shown": money.display(item["price"], currency),
        "url": item.get("url") or (product.url if product else ""),
        "image_url": item.get("image_url") or picture,
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
                    item.product.image_url if item.product else "",
                )
                for item in lines.get(order.pk, ())
            ],
        }  # fmt: skip
    return found


@liquid.register_object("cart")
def cart_data(leads: list) -> dict[int, dict]:
    """What each left in a cart last; at most four queries for any number of leads."""
    latest: dict[int, Cart] = {}
    rows = Cart.objects.left().filter(lead__in=[lead.pk for lead in leads])
    for cart in rows.order_by("touched_at", "pk"):
        latest[cart.lead_id] = cart
    keys = {key_of(item["sku"]) for cart in latest.values() for item in cart.items}
    products = {product.sku_key: product for product in Product.objects.filter(sku_key__in=keys)}
    pictures = showing.pictures(list(products.values()), conf.get("BASE_URL") or "")
    found = {}
    for lead in leads:
        cart = latest.get(lead.pk)
        found[lead.pk] = NO_CART if cart is None else {
            "key": str(cart.uuid),
            "state": str(cart.state),
            "currency": cart.currency,
            "total": money.to_decimal(cart.total, cart.currency),
            "total_shown": cart.total_shown,
            "touched_at": cart.touched_at,
            "url": cart.url,
            "items": [
                _line(item, cart.currency, product, pictures.get(product.pk, "") if product else "")
                for item in cart.items
                for product in [products.get(key_of(item["sku"]))]
            ],
        }  # fmt: skip
    return found


@liquid.register_object("customer")
def customer_data(leads: list) -> dict[int, dict]:
    """Totals of each; what was spent, and the average order, in the site's currency. Two queries for any
    number of leads."""
    ids, currency = [lead.pk for lead in leads], conf.get("CURRENCY")
    totals = LeadOrders.objects.in_bulk(ids)
    spends = {row.lead_id: row for row in LeadSpend.objects.filter(lead__in=ids, currency=currency)}
    found = {}
    for pk in ids:
        row, spend = totals.get(pk), spends.get(pk) or LeadSpend(currency=currency)
        found[pk] = NO_CUSTOMER if row is None else {
            "order_count": row.order_count,
            "first_at": row.first_at,
            "last_at": row.last_at,
            "class": row.rfm,
            "class_shown": str(rfm.CLASSES.get(row.rfm, "")),
            "spent": money.to_decimal(spend.revenue, currency),
            "spent_shown": spend.revenue_shown,
            "average": money.to_decimal(spend.average, currency),
            "average_shown": spend.average_shown,
        }  # fmt: skip
    return found


@liquid.register_object("together")
def together_data(leads: list) -> dict[int, dict]:
    """``products``: what others bought with what was in the latest order of each, the most frequent first. At
    most seven queries for any number of leads."""
    latest = {order.pk: order.lead_id for order in Order.objects.latest_of([lead.pk for lead in leads])}
    baskets: dict[int, list[int]] = {}
    rows = OrderItem.objects.filter(order__anyof=list(latest), product__isnull=False).order_by()
    for order, product in rows.values_list("order_id", "product_id"):
        baskets.setdefault(latest[order], []).append(product)
    by_lead = showing.bought_with(baskets, limit=TOGETHER)
    every = {product.pk: product for products in by_lead.values() for product in products}
    pictures = showing.pictures(list(every.values()), conf.get("BASE_URL") or "")
    return {
        lead.pk: {
            "products": [
                showing.as_data(product, pictures[product.pk]) for product in by_lead.get(lead.pk, ())
            ]
        }
        for lead in leads
    }


NO_PRODUCT = {"key": "", "sku": "", "name": "", "description": "", "price": 0, "price_shown": "",
              "currency": "", "url": "", "image_url": "", "is_in_stock": False, "seen": []}  # fmt: skip


@liquid.register_object("product")
def product_data(leads: list) -> dict[int, dict]:
    """The product that each looked at last, and in ``seen`` the latest six with it. At most five queries for
    any number of leads."""
    by_lead = showing.seen_by([lead.pk for lead in leads])
    every = {product.pk: product for products in by_lead.values() for product in products}
    pictures = showing.pictures(list(every.values()), conf.get("BASE_URL") or "")
    found = {}
    for lead in leads:
        seen = [showing.as_data(product, pictures[product.pk]) for product in by_lead.get(lead.pk, ())]
        found[lead.pk] = {**seen[0], "seen": seen} if seen else NO_PRODUCT
    return found
