"""Every question to the database about products, orders and carts."""

import datetime as dt
import json
import math

from django.apps import apps
from django.db import connections, models, router
from django.db.models import CharField, Count, Exists, F, Func, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.db.models.lookups import (
    Contains,
    EndsWith,
    Exact,
    StartsWith,
)

from wagtail_automation.leads.operators import text_q
from wagtail_automation.tracking.matching import NUMBER_LOOKUPS


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

    def spent(self, currency: str, units: int, since: dt.datetime):
        """Leads (``lead_id``) whose orders since then make at least so much, less what was paid back."""
        rows = self.counted().filter(currency=currency, paid_at__gte=since).order_by().values("lead_id")
        return rows.annotate(_spent=Sum(F("total") - F("refunded"))).filter(_spent__gte=units)

    def of_lead(self, lead_pk: int):
        """All orders of one lead, the latest first."""
        latest = Coalesce("placed_at", "paid_at", "recorded_at")
        return self.filter(lead=lead_pk).order_by(latest.desc(), "-pk")

    def latest_of(self, leads: list[int]):
        """The latest order of each of these leads; one statement."""
        mine = self.filter(lead=OuterRef("pk")).order_by(
            Coalesce("placed_at", "paid_at", "recorded_at").desc(), "-pk"
        )
        people = apps.get_model("wagtail_automation_leads", "Lead").objects.filter(pk__in=leads)
        latest = people.annotate(_latest=Subquery(mine.values("pk")[:1])).values("_latest")
        return self.filter(pk__in=latest)

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


def has_bought(lead_pk: int) -> bool:
    """Whether there is any order, cart or total of the lead. One statement."""
    found = {
        f"has_{name}": Exists(_model(name).objects.filter(lead=OuterRef("pk")))
        for name in ("Order", "Cart", "LeadOrders", "LeadSpend")
    }
    leads = apps.get_model("wagtail_automation_leads", "Lead").objects.filter(pk=lead_pk)
    return any(any(row) for row in leads.annotate(**found).values_list(*found))


def move_to_survivor(source_pk: int, target_pk: int) -> tuple[bool, bool]:
    """A merge: orders and carts change hands; whether there were any of each."""
    orders = _model("Order").objects.filter(lead=source_pk).update(lead=target_pk)
    carts = _model("Cart").objects.filter(lead=source_pk).update(lead=target_pk)
    return bool(orders), bool(carts)


def blank_number() -> Concat:
    """A number that tells nothing, for anonymised orders: unique, since it is the row's own."""
    return Concat(Value("anonymised:"), Cast(F("pk"), CharField()))


class InfoText(Func):
    """An information of an order, folded; empty where there is no text."""

    output_field = models.TextField()

    def __init__(self, name: str):
        super().__init__(F("folded"))
        self.name = name

    def as_postgresql(self, compiler, connection, **context):
        data, params = compiler.compile(self.source_expressions[0])
        statement = f"COALESCE(CASE WHEN jsonb_typeof({data} -> %s) = 'string' THEN {data} ->> %s END, '')"
        return statement, (*params, self.name, *params, self.name)

    def as_sqlite(self, compiler, connection, **context):
        data, params = compiler.compile(self.source_expressions[0])
        path = json_path(self.name)
        statement = (
            f"COALESCE(CASE WHEN JSON_TYPE({data}, %s) = 'text' THEN JSON_EXTRACT({data}, %s) END, '')"
        )
        return statement, (*params, path, *params, path)


class InfoNumber(InfoText):
    """An information of an order as a number; NULL where it is none."""

    output_field = models.FloatField()

    def as_postgresql(self, compiler, connection, **context):
        data, params = compiler.compile(self.source_expressions[0])
        statement = (
            f"CASE WHEN jsonb_typeof({data} -> %s) = 'number' THEN ({data} ->> %s)::double precision END"
        )
        return statement, (*params, self.name, *params, self.name)

    def as_sqlite(self, compiler, connection, **context):
        data, params = compiler.compile(self.source_expressions[0])
        path = json_path(self.name)
        statement = (
            f"CASE WHEN JSON_TYPE({data}, %s) IN ('integer', 'real') THEN JSON_EXTRACT({data}, %s) END"
        )
        return statement, (*params, path, *params, path)


def json_path(name: str) -> str:
    """The path of a member in SQLite's words; names hold no quotes (``stating.info_key``)."""
    return f'$."{name}"'


def info_q(name: str, operator: str, value) -> Q | None:
    """Orders whose information compares so; None for what cannot be asked. A missing text is not anything, so
    that "is not" is true of it; a missing number compares with none."""
    if operator in NUMBER_LOOKUPS:
        number = as_number(value)
        if number is None:
            return None
        missing = -1e300 if operator in ("gt", "gte") else 1e300
        return Q(NUMBER_LOOKUPS[operator](Coalesce(InfoNumber(name), missing), number))

    def ask(op, text):
        lookup = {"exact": Exact, "contains": Contains, "startswith": StartsWith, "endswith": EndsWith}[op]
        found = Q(lookup(InfoText(name), text))
        number = as_number(text) if op == "exact" else None
        return found if number is None else found | Q(Exact(Coalesce(InfoNumber(name), 1e300), number))

    return text_q({"operator": operator, "text": value}, ask)


def as_number(text) -> float | None:
    """The number that somebody typed, with a comma or a point; None if it is none."""
    try:
        number = float(str(text).strip().replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def classify() -> list[int]:
    """Give every customer points and class anew; returns the ids of those whose class is another one now.

    One statement to find the currency in which most people buy, one to write what changed.
    """
    totals, spends = _model("LeadOrders"), _model("LeadSpend")
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
