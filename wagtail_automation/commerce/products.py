"""Products as orders and imports bring them: made where nobody knows them, never overwritten by an order."""

import datetime as dt
import uuid
from typing import NamedTuple

from wagtail_automation import sql
from wagtail_automation.compiled import CompiledQuery, Given
from wagtail_automation.leads.folding import fold

from .models import ItemCategory, OrderItem, Product, ProductCategory
from .models.products import key_of

_NAMED = CompiledQuery(
    lambda: ProductCategory.objects.filter(folded__anyof=Given("keys")).values_list("folded", "pk", "uuid")
)
_OF_SKU = CompiledQuery(
    lambda: Product.objects.filter(sku_key__anyof=Given("keys")).values_list("sku_key", "pk", "uuid")
)


class Known(NamedTuple):
    """What rules and events call a product or category: by its id, or by its key."""

    pk: int
    key: str


def _known(rows: list[tuple]) -> dict[str, Known]:
    return {folded: Known(pk, str(key)) for folded, pk, key in rows}


def _made(model, field: str, rows: list[dict], *, shared: dict | None = None) -> dict[str, Known]:
    """Those of these rows that are new: another transaction may have been faster."""
    keys = {row[field]: str(row["uuid"]) for row in rows}
    made = sql.insert_rows(model, rows, shared=shared, ignore_conflicts=True, returning=("id", field))
    return {folded: Known(pk, keys[folded]) for pk, folded in made}


def categories_named(names) -> dict[str, Known]:
    """The categories of these names by their folded form, made where they are new. One statement, two or
    three where some are."""
    wanted = {key_of(name): name for name in names if key_of(name)}
    if not wanted:
        return {}
    found = _known(_NAMED(keys=list(wanted)))
    if missing := sorted(wanted.keys() - found.keys()):
        rows = [{"uuid": uuid.uuid4(), "name": wanted[key][:100], "folded": key} for key in missing]
        found |= _made(ProductCategory, "folded", rows)
        if others := wanted.keys() - found.keys():
            found |= _known(_NAMED(keys=list(others)))
    return found


def products_of(items: list[tuple[dict, str]], now: dt.datetime) -> dict[str, int]:
    """``{folded SKU: id}`` of the products of these ``(item, currency)``; the unknown are made of what the
    item says. One statement, at most six where there are new ones."""
    return {folded: known.pk for folded, known in _products(items, now)[0].items()}


def _products(
    items: list[tuple[dict, str]], now: dt.datetime, by_name: dict[str, Known] | None = None
) -> tuple[dict[str, Known], dict[int, set[Known]]]:
    """The products by their folded SKU, and of those that are new the categories by their id. ``by_name``:
    all categories that the items name, if the caller has them."""
    wanted: dict[str, tuple[dict, str]] = {}
    for item, currency in items:
        if key := key_of(item["sku"]):
            wanted.setdefault(key, (item, currency))
    if not wanted:
        return {}, {}
    known = _known(_OF_SKU(keys=list(wanted)))
    missing = sorted(wanted.keys() - known.keys())
    if not missing:
        return known, {}
    shared = {
        "description": "", "is_in_stock": True, "image": None, "attributes": {}, "archived": False,
        "created_at": now, "updated_at": now,
    }  # fmt: skip
    made = _made(Product, "sku_key", [_row(key, *wanted[key]) for key in missing], shared=shared)
    known |= made
    if others := wanted.keys() - known.keys():
        known |= _known(_OF_SKU(keys=list(others)))
    if by_name is None:
        by_name = categories_named(name for key in made for name in wanted[key][0]["categories"])
    stand_in = {
        product.pk: {by_name[key_of(name)] for name in wanted[key][0]["categories"]}
        for key, product in made.items()
    }
    links = [
        {"product": pk, "productcategory": category.pk}
        for pk, categories in stand_in.items()
        for category in sorted(categories)
    ]
    sql.insert_rows(Product.categories.through, links, ignore_conflicts=True)
    return known, stand_in


def _row(key: str, item: dict, currency: str) -> dict:
    return {
        "uuid": uuid.uuid4(),
        "sku": item["sku"],
        "sku_key": key,
        "name": item["name"],
        "folded": fold(item["name"])[:800],
        "price": item["price"] or None,  # a gift, or a line whose price nobody said: not what it costs
        "currency": currency,
        "image_url": item.get("image_url") or "",
        "url": item.get("url") or "",
    }


def resolve_items(
    lines: list[tuple[int, int, dict]], currencies: dict[int, str], now: dt.datetime
) -> dict[int, tuple[list[str], list[str]]]:
    """Insert items, ``(order, position, item)``, with their products and categories; returns ``{order: (keys
    of its products, of its categories)}``, as they follow each other. Four statements where all that they
    name is known, at most ten."""
    if not lines:
        return {}
    by_name = categories_named(name for _order, _position, item in lines for name in item["categories"])
    known, stood_in = _products([(item, currencies[order]) for order, _position, item in lines], now, by_name)
    rows, silent = [], set()
    bought: dict[int, tuple[list[str], list[str]]] = {order: ([], []) for order in currencies}
    for order, position, item in lines:
        sku_key = key_of(item["sku"])
        product = known.get(sku_key)
        rows.append(
            {
                "order": order,
                "position": position,
                "product": product and product.pk,
                "sku": item["sku"],
                "sku_key": sku_key,
                "name": item["name"],
                "folded": fold(item["name"])[:800],
                "quantity": item["quantity"],
                "price": item["price"],
            }
        )
        if product:
            bought[order][0].append(product.key)
            if not item["categories"] and product.pk not in stood_in:
                silent.add(product.pk)
    stood_in |= _categories_of(silent)
    named = {(order, position): item["categories"] for order, position, item in lines}
    by_place = {(row["order"], row["position"]): row["product"] for row in rows}
    made = sql.insert_rows(OrderItem, rows, returning=("id", "order", "position"))
    links = []
    for pk, order, position in sorted(made, key=lambda row: row[1:]):
        found = {by_name[key_of(name)] for name in named[order, position]}
        for category in sorted(found or stood_in.get(by_place[order, position], ())):
            links.append({"item": pk, "category": category.pk})
            bought[order][1].append(category.key)
    sql.insert_rows(ItemCategory, links, ignore_conflicts=True)
    return bought


def _categories_of(products: set[int]) -> dict[int, set[Known]]:
    """The categories in which products stand now, for items that name none."""
    if not products:
        return {}
    found: dict[int, set[Known]] = {}
    rows = Product.categories.through.objects.filter(product__anyof=sorted(products))
    for product, *category in rows.values_list("product_id", "productcategory_id", "productcategory__uuid"):
        found.setdefault(product, set()).add(Known(category[0], str(category[1])))
    return found


#: value of an import -> column
COLUMNS = {
    "product.name": "name",
    "product.units": "price",
    "product.currency": "currency",
    "product.stock": "is_in_stock",
    "product.url": "url",
    "product.image_url": "image_url",
    "product.description": "description",
}


def put(rows: list[dict], now: dt.datetime) -> tuple[int, int]:
    """Add and update products, ``{"product.sku": …, "product.name": …}``; returns how many of each. What a
    row does not name stays as it is; categories it names take the place of others. Of two rows of one SKU the
    later counts. At most nine statements for a thousand."""
    wanted: dict[str, dict] = {}
    for row in rows:
        key = key_of(row["product.sku"])
        wanted[key] = wanted.get(key, {}) | row
    if not wanted:
        return 0, 0
    items = [
        (
            {
                "sku": row["product.sku"],
                "name": row.get("product.name") or row["product.sku"],
                "price": row.get("product.units"),
                "categories": row.get("product.categories", []),
            },
            row.get("product.currency") or "",
        )
        for row in wanted.values()
    ]
    present = set(Product.objects.filter(sku_key__in=wanted).values_list("sku_key", flat=True))
    products_of(items, now)
    found = list(Product.objects.filter(sku_key__in=wanted))
    for product in found:
        row = wanted[product.sku_key]
        for name, column in COLUMNS.items():
            if name in row:
                setattr(product, column, row[name])
        product.folded = fold(product.name)[:800]
        product.attributes = product.attributes | row.get("product.attributes", {})
        product.updated_at = now
    Product.objects.bulk_update(
        found, [*COLUMNS.values(), "folded", "attributes", "updated_at"], batch_size=200
    )
    _place(found, wanted, present)
    return len(wanted) - len(present), len(present)


def _place(found: list[Product], wanted: dict[str, dict], present: set[str]) -> None:
    """The categories of known products whose row names some."""
    named = [product for product in found if wanted[product.sku_key].get("product.categories")]
    named = [product for product in named if product.sku_key in present]
    if not named:
        return
    by_name = categories_named(name for one in named for name in wanted[one.sku_key]["product.categories"])
    through = Product.categories.through
    through.objects.filter(product__anyof=[product.pk for product in named]).delete()
    links = [
        {"product": product.pk, "productcategory": by_name[key_of(name)].pk}
        for product in named
        for name in wanted[product.sku_key]["product.categories"]
    ]
    sql.insert_rows(through, links, ignore_conflicts=True)
