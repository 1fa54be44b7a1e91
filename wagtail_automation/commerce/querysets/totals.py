"""Totals, sums and classes of customers, set by set."""

import json

from django.apps import apps
from django.db import connections, router
from django.db.models import CharField, Count, Exists, F, OuterRef, Value
from django.db.models.functions import Cast, Concat

from .base import model_named


def recount(leads: list[int], *, lost: list[int] | None = None) -> None:
    """Bring the totals of these leads to what their orders say; the caller holds the leads' locks.

    ``lost``: those of them who may have less than before; None: all. Four statements, however many leads
    there are, two where nobody lost anything; a repeat changes nothing.
    """
    if not leads:
        return
    orders, totals, spends = model_named("Order"), model_named("LeadOrders"), model_named("LeadSpend")
    connection = connections[router.db_for_write(orders)]
    quote = connection.ops.quote_name
    if connection.vendor == "postgresql":
        those, ids = "lead_id = ANY(%s::bigint[])", list(leads)
    else:
        those, ids = "lead_id IN (SELECT value FROM json_each(%s))", json.dumps(list(leads))
    source = f"FROM {quote(orders._meta.db_table)} WHERE is_counted AND {those}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(totals._meta.db_table)} "
            "(lead_id, order_count, item_count, first_at, last_at) "
            f"SELECT lead_id, COUNT(*), SUM(item_count), MIN(paid_at), MAX(paid_at) {source} "
            "GROUP BY lead_id ON CONFLICT (lead_id) DO UPDATE SET order_count = excluded.order_count, "
            "item_count = excluded.item_count, first_at = excluded.first_at, last_at = excluded.last_at",
            [ids],
        )
        cursor.execute(
            f"INSERT INTO {quote(spends._meta.db_table)} (lead_id, currency, order_count, revenue, refunded) "
            f"SELECT lead_id, currency, COUNT(*), SUM(total - refunded), SUM(refunded) {source} "
            "GROUP BY lead_id, currency ON CONFLICT (lead_id, currency) DO UPDATE SET "
            "order_count = excluded.order_count, revenue = excluded.revenue, refunded = excluded.refunded",
            [ids],
        )
    fewer = leads if lost is None else lost
    if not fewer:
        return
    mine = orders.objects.counted().filter(lead=OuterRef("lead_id"))
    totals.objects.filter(~Exists(mine), lead__anyof=fewer).delete()
    spends.objects.filter(~Exists(mine.filter(currency=OuterRef("currency"))), lead__anyof=fewer).delete()


def has_bought(lead_pk: int) -> bool:
    """Whether there is any order, cart, total or offer of the lead. One statement."""
    found = {
        f"has_{name}": Exists(model_named(name).objects.filter(lead=OuterRef("pk")))
        for name in ("Order", "Cart", "LeadOrders", "LeadSpend", "Offer")
    }
    leads = apps.get_model("wagtail_automation_leads", "Lead").objects.filter(pk=lead_pk)
    return any(any(row) for row in leads.annotate(**found).values_list(*found))


def move_to_survivor(source_pk: int, target_pk: int) -> tuple[bool, bool]:
    """A merge: orders and carts change hands; whether there were any of each."""
    orders = model_named("Order").objects.filter(lead=source_pk).update(lead=target_pk)
    carts = model_named("Cart").objects.filter(lead=source_pk).update(lead=target_pk)
    return bool(orders), bool(carts)


def blank_number() -> Concat:
    """A number that tells nothing, for anonymised orders: unique, since it is the row's own."""
    return Concat(Value("anonymised:"), Cast(F("pk"), CharField()))


def classify() -> list[int]:
    """Give every customer points and class anew; returns the ids of those whose class is another one now.

    One statement to find the currency in which most people buy, one to write what changed.
    """
    totals, spends = model_named("LeadOrders"), model_named("LeadSpend")
    main = spends.objects.order_by().values("currency").annotate(_people=Count("*"))
    currency = main.order_by("-_people", "currency").values_list("currency", flat=True).first()
    connection = connections[router.db_for_write(totals)]
    quote = connection.ops.quote_name
    table = quote(totals._meta.db_table)
    rank = "CAST(1 + 4.999999 * PERCENT_RANK() OVER (ORDER BY {by}) AS INTEGER)"
    if connection.vendor == "postgresql":
        rank = "TRUNC(1 + 4.999999 * PERCENT_RANK() OVER (ORDER BY {by}))::integer"
    points = (
        f"SELECT t.lead_id, {rank.format(by='t.last_at')} AS r, {rank.format(by='t.order_count')} AS f, "
        f"{rank.format(by='COALESCE(s.revenue, 0)')} AS m FROM {table} t "
        f"LEFT JOIN {quote(spends._meta.db_table)} s ON s.lead_id = t.lead_id AND s.currency = %s"
    )
    classes = (
        "SELECT lead_id, r, f, m, CASE WHEN r >= 4 AND f + m >= 8 THEN 'champion' "
        "WHEN r >= 3 AND f + m >= 6 THEN 'loyal' WHEN r >= 4 THEN 'new' WHEN r = 3 THEN 'attention' "
        f"WHEN f + m >= 6 THEN 'at_risk' ELSE 'lost' END AS rfm FROM ({points}) AS p"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT t.lead_id FROM {table} t JOIN ({classes}) AS c ON c.lead_id = t.lead_id "
            "WHERE t.rfm <> c.rfm",
            [currency or ""],
        )
        changed = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            f"UPDATE {table} SET recency = c.r, frequency = c.f, monetary = c.m, rfm = c.rfm "
            f"FROM ({classes}) AS c WHERE c.lead_id = {table}.lead_id AND "
            f"(COALESCE({table}.recency, 0), COALESCE({table}.frequency, 0), COALESCE({table}.monetary, 0), "
            f"{table}.rfm) <> (c.r, c.f, c.m, c.rfm)",
            [currency or ""],
        )
    return changed
