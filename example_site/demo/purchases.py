"""The shop's side of the example data: its products, and sixty days of orders, carts and market stalls."""

import datetime as dt
import random

from wagtail_automation import clock
from wagtail_automation.commerce import carts, promoting, rfm
from wagtail_automation.commerce.actions import record_order, update_cart
from wagtail_automation.commerce.models import Product, ProductCategory, Promotion, PromotionProduct
from wagtail_automation.leads.models import Lead
from wagtail_automation.testing import clock as set_clock

from .pages_en import PAGES

#: page -> (SKU, category)
GOODS = {
    "otter": ("OTTER-9L", "Bags"),
    "glowworm": ("GLOW-17", "Light"),
    "heron": ("HERON-6L", "Garden"),
    "badger": ("BADGER-190", "Blankets"),
}
SMALL = [("WAX-TIN", "Tin of wax", "9.50", "Care"), ("STRAP-2", "Pair of straps", "14.00", "Care")]
SOURCE, STALL = "mill-shop", "market-stall"


def products(pages: dict, images: dict) -> None:
    """The four things of the shop's pages and what mends them; those that exist stay as they are."""
    now = clock.now()
    for key, (sku, category) in GOODS.items():
        page = PAGES[key]
        product, made = Product.objects.get_or_create(
            sku_key=sku.lower(),
            defaults={
                "sku": sku,
                "name": page["title"],
                "description": page["introduction"],
                "price": page["price"],
                "currency": "EUR",
                "image": images[page["picture"]],
                "url": pages["en", key].full_url or "",
                "attributes": dict(page["details"]),
                "created_at": now,
                "updated_at": now,
            },
        )
        if made:
            product.categories.add(ProductCategory.objects.get_or_create(name=category)[0])


def buy(*, days: int, seed: int) -> None:
    """Every third known person orders once to four times; every eighth leaves a cart behind."""
    rng, now = random.Random(seed), clock.now()
    people = list(Lead.objects.filter(status=Lead.Status.KNOWN).order_by("pk"))
    moments = []
    for lead in people:
        if rng.random() < 0.35:
            for _time in range(rng.choice([1, 1, 1, 2, 2, 3, 4])):
                known = max(lead.identified_at or lead.created_at, now - dt.timedelta(days=days))
                moments.append((known + rng.random() * (now - known), _order, lead))
        if rng.random() < 0.13:
            moments.append((now - dt.timedelta(hours=rng.uniform(0.2, 200)), _cart, lead))
    for number, (moment, act, lead) in enumerate(sorted(moments, key=lambda entry: entry[0]), 1):
        with set_clock.freeze(moment):
            act(number, lead, rng)
    promotion()
    carts.mark_abandoned()
    rfm.refresh()


def promotion() -> None:
    """The code that some of the orders carry, with two of the products at the price that it makes."""
    now = clock.now()
    spring, made = Promotion.objects.get_or_create(
        reference_key="towpath-10",
        defaults={
            "reference": "TOWPATH-10",
            "name": "Ten per cent off on the towpath",
            "benefit": "−10 %",
            "codes": Promotion.Codes.SINGLE,
            "code": "TOWPATH10",
            "starts_at": now - dt.timedelta(days=60),
            "ends_at": now + dt.timedelta(days=30),
            "created_at": now,
            "updated_at": now,
        },
    )
    if made:
        for product in Product.objects.filter(sku_key__in=("otter-9l", "heron-6l")):
            PromotionProduct.objects.create(
                promotion=spring, product=product, price=product.price * 9 // 10, currency=product.currency
            )
        promoting.claim_orders(spring)


def _lines(rng: random.Random) -> list[dict]:
    keys = rng.sample(sorted(GOODS), rng.choice([1, 1, 1, 2]))
    lines = [
        {
            "sku": GOODS[key][0],
            "name": PAGES[key]["title"],
            "quantity": rng.choice([1, 1, 1, 2]),
            "price": f"{PAGES[key]['price'] / 100:.2f}",
            "categories": [GOODS[key][1]],
        }
        for key in keys
    ]
    if rng.random() < 0.4:
        sku, name, price, category = rng.choice(SMALL)
        lines.append({"sku": sku, "name": name, "price": price, "categories": [category]})
    return lines


def _order(number: int, lead: Lead, rng: random.Random) -> None:
    at_stall = rng.random() < 0.15
    said = {
        "source": STALL if at_stall else SOURCE,
        "lead": lead,
        "currency": "EUR",
        "items": _lines(rng),
        "shipping": "0" if at_stall else "6.90",
        "channel": "shop" if at_stall else "web",
        "coupon": rng.choice(["", "", "", "TOWPATH10"]),
        "info": {"gift": "yes"} if rng.random() < 0.2 else {},
        "state": "paid",
        "wake": False,
    }
    key = f"{'S' if at_stall else 'M'}-{1000 + number}"
    order = record_order(key, **said)
    fate = rng.random()
    if fate < 0.04:
        record_order(key, source=said["source"], state="cancelled", wake=False)
    elif fate < 0.1:
        record_order(
            key,
            source=said["source"],
            currency="EUR",
            refunds=[{"key": "1", "amount": f"{order.total // 3 / 100:.2f}"}],
            wake=False,
        )


def _cart(number: int, lead: Lead, rng: random.Random) -> None:
    update_cart(f"cart-{number}", source=SOURCE, lead=lead, currency="EUR", items=_lines(rng), at=clock.now())
