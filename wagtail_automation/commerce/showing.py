"""Which products a block or text shows, and as what: looked at last, sold best, of a category.

Every function is a constant number of queries, whatever the number of people or products.
"""

import datetime as dt
from collections import Counter
from urllib.parse import urljoin

from django.core.cache import cache
from django.db.models import F, Sum, Window
from django.db.models.functions import RowNumber
from wagtail.images import get_image_model
from wagtail.models import Site

from wagtail_automation import clock, conf
from wagtail_automation.tracking import events
from wagtail_automation.tracking.models import Event

from . import money
from .models import OrderItem, Product
from .models.products import key_of

#: How far back somebody's views are looked through, and how many of them.
SEEN_DAYS, SEEN_VIEWS = 60, 60
#: How long the list of best sellers is kept, and of which days it is.
SELLERS_SECONDS, SELLERS_DAYS = 600, 30
#: Best sellers that are looked up at once, of which each block takes the first.
SELLERS = 50
#: Of a product, how far back and in how many of its orders it is counted what was bought with it.
TOGETHER_DAYS, TOGETHER_ORDERS = 365, 300
RENDITION = "max-600x600"


def seen_by(leads: list[int], *, limit: int = 6, now: dt.datetime | None = None) -> dict[int, list[Product]]:
    """The products whose pages each of these leads viewed last, the latest first; those not sold any more are
    left out. A page is a product's if its address is the product's link. Three queries."""
    now = now or clock.now()
    views = Event.objects.filter(
        lead__in=leads, name=events.PAGE_VIEWED, human=True, at__gte=now - dt.timedelta(days=SEEN_DAYS)
    )
    number = Window(RowNumber(), partition_by=F("lead_id"), order_by=[F("at").desc(), F("pk").desc()])
    latest = views.annotate(_number=number).filter(_number__lte=SEEN_VIEWS).order_by("_number")
    rows = list(latest.values_list("lead_id", "site_id", "url"))
    if not rows:
        return {}
    roots = {site.pk: site.root_url for site in Site.objects.all()}
    base = conf.get("BASE_URL") or ""
    wanted = {(lead, place) for lead, site, url in rows for place in _addresses(url, roots.get(site), base)}
    offered = Product.objects.on_offer().filter(url__in={place for _lead, place in wanted})
    by_url = {product.url: product for product in offered.select_related("image")}
    found: dict[int, list[Product]] = {}
    for lead, site, url in rows:
        place = next((place for place in _addresses(url, roots.get(site), base) if place in by_url), None)
        mine = found.setdefault(lead, [])
        if place and by_url[place] not in mine and len(mine) < limit:
            mine.append(by_url[place])
    return found


def _addresses(url: str, root: str | None, base: str) -> list[str]:
    """The whole addresses that a viewed path may have."""
    path = url.partition("?")[0].partition("#")[0]
    return list(dict.fromkeys(urljoin(f"{place}/", path) for place in (root, base) if place))


def best_sellers(*, limit: int, category: int | None = None, now: dt.datetime | None = None) -> list[Product]:
    """The products of which most pieces were bought in the last 30 days, in stock, the first of them first;
    remembered for ten minutes. Two queries the first time, one later."""
    key = f"wagtail_automation_best_sellers:{category or ''}"
    ids = cache.get(key)
    if ids is None:
        since = (now or clock.now()) - dt.timedelta(days=SELLERS_DAYS)
        rows = OrderItem.objects.bought(since=since).filter(product__archived=False)
        if category:
            rows = rows.filter(product__categories=category)
        sums = (
            rows.order_by()
            .values("product")
            .annotate(_pieces=Sum(F("quantity") - F("returned")))
            .order_by("-_pieces", "product")
        )
        ids = list(sums.values_list("product", flat=True)[:SELLERS])
        cache.set(key, ids, SELLERS_SECONDS)
    sold = Product.objects.on_offer().filter(pk__in=ids, is_in_stock=True).select_related("image")
    by_pk = {product.pk: product for product in sold}
    return [by_pk[pk] for pk in ids if pk in by_pk][:limit]


def bought_with(baskets: dict, *, limit: int, now: dt.datetime | None = None) -> dict[object, list[Product]]:
    """What was most often in one order with something of each basket (``{key: ids of products}``), in stock,
    the most frequent first and nothing of the basket itself, as ``{key: products}``.

    Of each product the latest orders of a year are counted, and remembered for ten minutes. Three queries the
    first time, one later, whatever the number of baskets.
    """
    counts = _together({pk for basket in baskets.values() for pk in basket}, now or clock.now())
    ranked = {}
    for key, basket in baskets.items():
        sums = Counter()
        for pk in set(basket):
            sums.update(counts.get(pk, {}))
        others = [pk for pk in sums if pk not in set(basket)]
        ranked[key] = sorted(others, key=lambda pk: (-sums[pk], pk))[:SELLERS]
    wanted = {pk for pks in ranked.values() for pk in pks}
    sold = Product.objects.on_offer().filter(pk__in=wanted, is_in_stock=True).select_related("image")
    by_pk = sold.in_bulk() if wanted else {}
    return {key: [by_pk[pk] for pk in pks if pk in by_pk][:limit] for key, pks in ranked.items()}


def _together(pks: set[int], now: dt.datetime) -> dict[int, dict[int, int]]:
    """``{product: {another: how many of its latest orders held both}}``."""
    place = "wagtail_automation_together:{}".format
    known = cache.get_many([place(pk) for pk in pks])
    counts = {pk: known[place(pk)] for pk in pks if place(pk) in known}
    if unread := sorted(pks - counts.keys()):
        since = now - dt.timedelta(days=TOGETHER_DAYS)
        rows = OrderItem.objects.bought(since=since).filter(product__anyof=unread)
        number = Window(RowNumber(), partition_by=F("product_id"), order_by=F("order_id").desc())
        latest = rows.annotate(_number=number).filter(_number__lte=TOGETHER_ORDERS).order_by()
        orders: dict[int, set[int]] = {}
        for order, product in latest.values_list("order_id", "product_id"):
            orders.setdefault(order, set()).add(product)
        fresh = {pk: Counter() for pk in unread}
        beside = OrderItem.objects.filter(order__anyof=sorted(orders), product__isnull=False).order_by()
        for order, other in beside.values_list("order_id", "product_id").distinct():
            for pk in orders[order] - {other}:
                fresh[pk][other] += 1
        fresh = {pk: dict(sums.most_common(SELLERS)) for pk, sums in fresh.items()}
        cache.set_many({place(pk): sums for pk, sums in fresh.items()}, SELLERS_SECONDS)
        counts |= fresh
    return counts


def newest(*, limit: int, category: int | None = None) -> list[Product]:
    """The products added last, in stock. One query."""
    rows = Product.objects.on_offer().filter(is_in_stock=True).select_related("image")
    if category:
        rows = rows.filter(categories=category)
    return list(rows.order_by("-created_at", "-pk")[:limit])


def chosen(pks: list[int]) -> list[Product]:
    """These products in this order, without those not sold any more. One query."""
    by_pk = Product.objects.on_offer().select_related("image").in_bulk([pk for pk in pks if pk])
    return [by_pk[pk] for pk in dict.fromkeys(pks) if pk in by_pk]


def pictures(products: list[Product], base: str = "") -> dict[int, str]:
    """``{product: address of its picture}``, whole where ``base`` is given. Two queries, and those of Wagtail
    for pictures that are shown for the first time."""
    wanted = {product.image_id for product in products if product.image_id}
    images = {}
    if wanted:
        rows = get_image_model().objects.filter(pk__in=wanted).prefetch_renditions(RENDITION)
        images = {image.pk: image for image in rows}
    found = {}
    for product in products:
        image = images.get(product.image_id)
        url = image.get_rendition(RENDITION).url if image else product.image_url
        found[product.pk] = urljoin(f"{base}/", url) if url and base else url
    return found


def as_data(product: Product, picture: str) -> dict:
    """A product as texts and blocks see it."""
    return {
        "key": str(product.uuid),
        "sku": product.sku,
        "name": product.name,
        "description": product.description,
        "price": money.to_decimal(product.price, product.currency) if product.currency else 0,
        "price_shown": product.price_shown,
        "currency": product.currency,
        "url": product.url,
        "image_url": picture or "",
        "is_in_stock": product.is_in_stock,
    }


def listed(products: list[Product], base: str = "") -> list[dict]:
    """``as_data`` of each."""
    found = pictures(products, base)
    return [as_data(product, found[product.pk]) for product in products]


def by_sku(skus: list[str]) -> list[Product]:
    """The products of these SKUs, sold or not. One query."""
    return list(
        Product.objects.filter(sku_key__in={key_of(sku) for sku in skus} - {""}).select_related("image")
    )
