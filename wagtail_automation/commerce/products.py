"""Products as orders and imports bring them: made where nobody knows them, never overwritten by an order."""

import datetime as dt
import uuid

from wagtail_automation import sql
from wagtail_automation.leads.folding import fold

from .models import ItemCategory, OrderItem, Product, ProductCategory
from .models.products import key_of


def categories_named(names) -> dict[str, int]:
    """``{folded name: id}`` of the categories of these names, made where they are new. Two statements."""
    wanted = {key_of(name): name for name in names if key_of(name)}
    if not wanted:
        return {}
    sql.insert_rows(
        ProductCategory,
        [{"uuid": uuid.uuid4(), "name": name[:100], "folded": key} for key, name in sorted(wanted.items())],
        ignore_conflicts=True,
    )
    return dict(ProductCategory.objects.filter(folded__anyof=list(wanted)).values_list("folded", "pk"))


def products_of(items: list[tuple[dict, str]], now: dt.datetime) -> dict[str, int]:
    """``{folded SKU: id}`` of the products of these ``(item, currency)``; the unknown are made of what the
    item says. Two statements, and two more where there are new ones with categories."""
    wanted: dict[str, tuple[dict, str]] = {}
    for item, currency in items:
        if key := key_of(item["sku"]):
            wanted.setdefault(key, (item, currency))
    if not wanted:
        return {}
    rows = [
        {
            "uuid": uuid.uuid4(),
            "sku": item["sku"],
            "sku_key": key,
            "name": item["name"],
            "folded": fold(item["name"])[:800],
            "price": item["price"],
            "currency": currency,
            "image_url": item.get("image_url") or "",
            "url": item.get("url") or "",
        }
        for key, (item, currency) in sorted(wanted.items())
    ]
    shared = {
        "description": "", "is_in_stock": True, "image": None, "attributes": {}, "archived": False,
        "created_at": now, "updated_at": now,
    }  # fmt: skip
    made = sql.insert_rows(Product, rows, shared=shared, ignore_conflicts=True, returning=("id", "sku_key"))
    known = dict(Product.objects.filter(sku_key__anyof=list(wanted)).values_list("sku_key", "pk"))
    by_name = categories_named(
        name for _pk, key in made for name in wanted[key][0]["categories"]
    ) if made else {}  # fmt: skip
    through = Product.categories.through
    sql.insert_rows(
        through,
        [
            {"product": pk, "productcategory": by_name[key_of(name)]}
            for pk, key in made
            for name in wanted[key][0]["categories"]
        ],
        ignore_conflicts=True,
    )
    return known


def resolve_items(
    lines: list[tuple[int, int, dict]], currencies: dict[int, str], now: dt.datetime
) -> dict[int, tuple[list[int], list[int]]]:
    """Insert items, ``(order, position, item)``, with their products and categories; returns ``{order: (ids
    of its products, of its categories)}``, as they follow each other. At most eight statements."""
    if not lines:
        return {}
    known = products_of([(item, currencies[order]) for order, _position, item in lines], now)
    rows = [
        {
            "order": order,
            "position": position,
            "product": known.get(key_of(item["sku"])),
            "sku": item["sku"],
            "sku_key": key_of(item["sku"]),
            "name": item["name"],
            "folded": fold(item["name"])[:800],
            "quantity": item["quantity"],
            "price": item["price"],
        }
        for order, position, item in lines
    ]
    made = sql.insert_rows(OrderItem, rows, returning=("id", "order", "position"))
    named = {(order, position): item["categories"] for order, position, item in lines}
    by_name = categories_named(name for names in named.values() for name in names)
    stood_in = _categories_of(known.values()) if any(not names for names in named.values()) else {}
    by_place = {(row["order"], row["position"]): row["product"] for row in rows}
    links, bought = [], {order: ([], []) for order in currencies}
    for row in rows:
        if row["product"]:
            bought[row["order"]][0].append(row["product"])
    for pk, order, position in made:
        names = named[order, position]
        found = {by_name[key_of(name)] for name in names} or stood_in.get(by_place[order, position], set())
        links += [{"item": pk, "category": category} for category in sorted(found)]
        bought[order][1].extend(sorted(found))
    sql.insert_rows(ItemCategory, links, ignore_conflicts=True)
    return bought


def _categories_of(products) -> dict[int, set[int]]:
    """The categories in which products stand now, for items that name none."""
    through = Product.categories.through
    found: dict[int, set[int]] = {}
    rows = through.objects.filter(product__anyof=sorted(set(products)))
    for product, category in rows.values_list("product_id", "productcategory_id"):
        found.setdefault(product, set()).add(category)
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
        {"product": product.pk, "productcategory": by_name[key_of(name)]}
        for product in named
        for name in wanted[product.sku_key]["product.categories"]
    ]
    sql.insert_rows(through, links, ignore_conflicts=True)
