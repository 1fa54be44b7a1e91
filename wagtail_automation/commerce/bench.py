"""The benchmark suite ``commerce``: a file of orders of three items through the importer, orders one by one,
and each condition asked of everybody, beside a statement written by hand for the same database.

``amount_spent`` is R8 of ENGINE.md's rules: a sum of purchases, answered by counters.
"""

import datetime as dt
import json
import time

from django.db import connection

from wagtail_automation import clock, sql
from wagtail_automation.bench import percentile, register_suite
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.compiler import compile_rule
from wagtail_automation.rules.rule import Rule
from wagtail_automation.rules.scope import Scope

from . import rfm
from .bench_file import MARK, load
from .models import LeadOrders, LeadSpend, Order, OrderItem, ProductCategory
from .models.orders import ItemCategory

SCALE, SINGLE = 20_000, 200

#: Bought items by hand; ``{…}`` are tables and the few words in which the databases differ.
BOUGHT = "SELECT o.lead_id FROM {item} i JOIN {order} o ON o.id = i.order_id WHERE o.is_counted AND "
IN_CATEGORY = "i.id IN (SELECT item_id FROM {stood} WHERE category_id = {category})"
#: name -> condition, parameters, the same by hand
RULES = {
    "R8 amount_spent": (
        "amount_spent",
        {"amount": {"operator": "gt", "value": 500}, "currency": "EUR"},
        "SELECT lead_id FROM {spend} WHERE currency = 'EUR' AND revenue > 50000",
    ),
    "amount_spent in 30 days": (
        "amount_spent",
        {"amount": {"operator": "gt", "value": 150}, "currency": "EUR", "days": 30},
        "SELECT lead_id FROM {order} WHERE is_counted AND currency = 'EUR' AND paid_at >= {month} "
        "GROUP BY lead_id HAVING SUM(total - refunded) > 15000",
    ),
    "average_basket": (
        "average_basket",
        {"amount": {"operator": "gt", "value": 150}, "currency": "EUR"},
        "SELECT lead_id FROM {spend} WHERE currency = 'EUR' AND order_count > 0 "
        "AND revenue > 15000.0 * order_count",
    ),
    "last_order": (
        "last_order",
        {"ago": {"operator": "lt", "value": 30}, "unit": "days"},
        "SELECT lead_id FROM {totals} WHERE last_at > {month}",
    ),
    "order_count": (
        "order_count",
        {"count": {"operator": "gte", "value": 2}},
        "SELECT lead_id FROM {totals} WHERE order_count >= 2",
    ),
    "bought_category": ("bought_category", {"quantity": 1}, BOUGHT + IN_CATEGORY),
    "bought_category, 3 pieces": (
        "bought_category",
        {"quantity": 3},
        BOUGHT + IN_CATEGORY + " GROUP BY o.lead_id HAVING SUM(i.quantity) >= 3",
    ),
    "bought_sku": ("bought_sku", {"sku": "bench-17", "quantity": 1}, BOUGHT + "i.sku_key = 'bench-17'"),
    "bought_name": (
        "bought_name",
        {"how": "contains", "text": "thing 17", "quantity": 1},
        BOUGHT + "i.folded LIKE '%thing 17%'",
    ),
    "order_with_info": (
        "order_with_info",
        {"attribute": "gift", "operator": "is", "value": "yes"},
        "SELECT lead_id FROM {order} WHERE is_counted AND {gift} = 'yes'",
    ),
    "rfm_class": (
        "rfm_class",
        {"name": "champion"},
        "SELECT lead_id FROM {totals} WHERE rfm = 'champion'",
    ),
}


def _words(category: ProductCategory, now: dt.datetime) -> dict:
    tables = {"order": Order, "item": OrderItem, "spend": LeadSpend, "totals": LeadOrders}
    tables["stood"] = ItemCategory
    month = connection.ops.adapt_datetimefield_value(now - dt.timedelta(days=30))
    return {name: connection.ops.quote_name(model._meta.db_table) for name, model in tables.items()} | {
        "category": category.pk,
        "month": f"'{month.isoformat() if isinstance(month, dt.datetime) else month}'",
        "gift": "folded->>'gift'" if sql.is_postgresql() else "json_extract(folded, '$.gift')",
    }


def _best(run, times: int = 3) -> tuple[int, float]:
    count, best = 0, None
    for _n in range(times):
        begun = time.perf_counter()
        count = run()
        seconds = time.perf_counter() - begun
        best = seconds if best is None else min(best, seconds)
    return count, round(best * 1000, 2)


@register_suite("commerce")
def commerce_suite(scale: int | None, out) -> dict:
    """``scale`` orders of three items, of as many leads. Fills the database."""
    count, now = scale or SCALE, clock.now()
    figures = {"scale": count, "recording": load(count, now, out)}
    return figures | ask(now, out)


def ask(now: dt.datetime, out) -> dict:
    """Every condition of everybody and of one, beside the same by hand, over what ``load`` has made."""
    figures: dict = {}
    started = time.perf_counter()
    rfm.refresh(now=now)
    figures["rfm_seconds"] = round(time.perf_counter() - started, 2)
    sql.analyze(LeadOrders)
    table = connection.ops.quote_name(Lead._meta.db_table)
    ids = list(Lead.objects.filter(source=MARK).order_by("bucket").values_list("pk", flat=True)[:SINGLE])
    figures["conditions"] = {}
    category = ProductCategory.objects.get(folded="bench 7")
    words = _words(category, now)
    for name, (key, parameters, by_hand) in RULES.items():
        value = parameters | ({"category": category.pk} if key == "bought_category" else {})
        rule = Rule({"match": "all", "items": [{"id": "1", "type": key, "value": value}]})
        everybody = Lead.objects.filter(source=MARK).filter(compile_rule(rule, Scope(now, mode="set")))
        those = by_hand.format(**words)
        statement = f"SELECT COUNT(*) FROM {table} WHERE source = '{MARK}' AND id IN ({those})"  # noqa: S608
        found, ours = _best(everybody.count)
        expected, bare = _best(lambda sql_=statement: sql.fetch("default", sql_, None)[0][0])
        one, singles = Lead.objects.filter(compile_rule(rule, Scope(now, mode="one"))), []
        for pk in ids:
            begun = time.perf_counter()
            one.filter(pk=pk).exists()
            singles.append((time.perf_counter() - begun) * 1000)
        figures["conditions"][name] = {
            "matching": found,
            "by_hand_matching": expected,
            "set_ms": ours,
            "by_hand_ms": bare,
            "ratio": round(ours / bare, 2) if bare else None,
            "one_p50_ms": round(percentile(singles, 0.5), 2),
        }
        out(f"{name}: {json.dumps(figures['conditions'][name])}")
    return figures
