"""Every question to the database about products, orders and carts."""

import datetime as dt
import json

from django.apps import apps
from django.db import connections, models, router
from django.db.models import CharField, Count, Exists, F, OuterRef, Q, Sum, Value
from django.db.models.functions import Cast, Coalesce, Concat


def _model(name: str):
    return apps.get_model("wagtail_automation_commerce", name)


class ProductCategoryQuerySet(models.QuerySet):
    def with_counts(self):
        """Each with ``product_count``."""
        return self.annotate(product_count=Count("products"))


class ProductQuerySet(models.QuerySet):
    def on_offer(self):
        """Those that are still sold."""
        return self.filter(archived=False)


class OrderQuerySet(models.QuerySet):
    def counted(self):
        """Those that totals and rules count: paid, known, neither cancelled nor wholly paid back."""
        return self.filter(is_counted=True)

    def of_lead(self, lead_pk: int):
        """All orders of one lead, the latest first."""
        latest = Coalesce("placed_at", "paid_at", "recorded_at")
        return self.filter(lead=lead_pk).order_by(latest.desc(), "-pk")

    def numbered(self, numbers):
        """Those of these ``(source, number)``; one statement by the unique key."""
        by_source: dict[str, list[str]] = {}
        for source, number in numbers:
            by_source.setdefault(source, []).append(number)
        wanted = Q(pk__in=[])
        for source, found in by_source.items():
            wanted |= Q(source=source, number__in=found)
        return self.filter(wanted)


class OrderItemQuerySet(models.QuerySet):
    def bought(self, quantity: int = 1, since=None):
        """Items of orders that count, by lead where they make at least so many pieces together.

        The rows are leads (``order__lead_id``) if ``quantity`` is more than one, else items.
        """
        rows = self.filter(order__is_counted=True)
        if since is not None:
            rows = rows.filter(order__paid_at__gte=since)
        if quantity <= 1:
            return rows
        return rows.order_by().values("order__lead_id").annotate(_pieces=Sum("quantity")).filter(
            _pieces__gte=quantity
        )  # fmt: skip


class CartQuerySet(models.QuerySet):
    def left(self):
        """Something lies in them and nobody has bought it."""
        return self.filter(state__in=self.model.LEFT)

    def untouched(self, hours: int, now: dt.datetime):
        """Left for at least so many hours, and not told of so many yet."""
        return self.left().filter(touched_at__lte=now - dt.timedelta(hours=hours), told_hours__lt=hours)


class ClaimQuerySet(models.QuerySet):
    def settled(self):
        """``(claim, order, cart, kind, lead)`` of those whose identifier belongs to somebody by now."""
        identifiers = apps.get_model("wagtail_automation_leads", "Identifier")
        claims, connection = self.model._meta.db_table, connections[router.db_for_write(self.model)]
        quote = connection.ops.quote_name
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT c.id, c.order_id, c.cart_id, c.kind, i.lead_id FROM {quote(claims)} c "
                f"JOIN {quote(identifiers._meta.db_table)} i ON i.kind = c.kind AND i.value = c.value "
                "ORDER BY c.id LIMIT 2000"
            )
            return cursor.fetchall()


def recount(leads: list[int]) -> None:
    """Bring the totals of these leads to what their orders say; the caller holds the leads' locks.

    Four statements, however many leads there are; a repeat changes nothing.
    """
    if not leads:
        return
    orders, totals, spends = _model("Order"), _model("LeadOrders"), _model("LeadSpend")
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
    mine = orders.objects.counted().filter(lead=OuterRef("lead_id"))
    totals.objects.filter(~Exists(mine), lead__anyof=leads).delete()
    spends.objects.filter(~Exists(mine.filter(currency=OuterRef("currency"))), lead__anyof=leads).delete()


def refund_sums(orders: list[int]) -> dict[int, int]:
    """What was paid back of each of these orders; one statement."""
    rows = _model("Refund").objects.filter(order__anyof=orders).order_by().values("order_id")
    return dict(rows.annotate(_sum=Sum("amount")).values_list("order_id", "_sum"))


def move_to_survivor(source_pk: int, target_pk: int) -> tuple[bool, bool]:
    """A merge: orders and carts change hands; whether there were any of each."""
    orders = _model("Order").objects.filter(lead=source_pk).update(lead=target_pk)
    carts = _model("Cart").objects.filter(lead=source_pk).update(lead=target_pk)
    return bool(orders), bool(carts)


def blank_number() -> Concat:
    """A number that tells nothing, for anonymised orders: unique, since it is the row's own."""
    return Concat(Value("anonymised:"), Cast(F("pk"), CharField()))
