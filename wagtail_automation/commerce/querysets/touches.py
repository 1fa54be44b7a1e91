"""Touches before orders, and what each of them earned."""

import datetime as dt
import uuid
from functools import lru_cache

from django.apps import apps
from django.core.exceptions import EmptyResultSet
from django.db import connections, models, router
from django.db.models import F, OuterRef, Subquery, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, Left

from wagtail_automation.compiled import Given, Reader, Statement

from .base import model_named


class TouchQuerySet(models.QuerySet):
    def collect(self, orders: list[int], *, names: list[str], days: int) -> int:
        """Write every visit and every event of these names that the leads of these orders had in so many
        days before the order; returns how many are new. One statement, whatever the number of orders."""
        using = router.db_for_write(self.model)
        return len(_collecting(using, tuple(names), days).ask(using, {"orders": orders}))


@lru_cache(maxsize=16)  # to compile it takes longer than the database does for one order
def _collecting(using: str, names: tuple[str, ...], days: int) -> Statement:
    touches, connection = model_named("Touch").objects.using(using).values_list("pk"), connections[using]
    visits, events = _visits(days), _events(names, days)
    selects, params = [], []
    for rows, columns in (visits, events):
        chosen = rows.using(using).order_by().annotate(**columns).values_list(*columns)
        select, values = chosen.query.get_compiler(using).as_sql()
        selects.append(select)
        params += values
    fields = [touches.model._meta.get_field(name.removeprefix("_touch_")) for name in visits[1]]
    quote = connection.ops.quote_name
    table, key = quote(touches.model._meta.db_table), quote(touches.model._meta.pk.column)
    verb, tail = "INSERT INTO", "ON CONFLICT DO NOTHING "
    if connection.vendor == "sqlite":  # it would parse ON CONFLICT after a SELECT as a join's constraint
        verb, tail = "INSERT OR IGNORE INTO", ""
    statement = (
        f"{verb} {table} ({', '.join(quote(field.column) for field in fields)}) "
        f"{' UNION ALL '.join(selects)} {tail}RETURNING {key}"
    )
    compiler = touches.query.get_compiler(using)
    compiler.as_sql()
    return Statement(statement, params, Reader(touches, compiler))


def _orders() -> models.QuerySet:
    rows = model_named("Order").objects.filter(pk__anyof=Given("orders"), lead__isnull=False)
    return rows.annotate(_moment=Coalesce("placed_at", "paid_at")).filter(_moment__isnull=False)


def _named(**columns) -> dict:
    """Columns of touches under names that no order has."""
    return {
        f"_touch_{name}": Value(value, models.CharField()) if isinstance(value, str) else value
        for name, value in columns.items()
    }


def _visits(days: int) -> tuple[models.QuerySet, dict]:
    visit, window = "lead__visitors__visits__", dt.timedelta(days=days)
    first_view = apps.get_model("wagtail_automation_tracking", "Event").objects.filter(
        visitor=OuterRef("lead__visitors__pk"),
        name="page_viewed",
        at__gte=OuterRef(f"{visit}started_at"),
        at__lte=OuterRef(f"{visit}last_at"),
    )
    first_view = first_view.order_by("at", "pk")
    rows = _orders().filter(
        **{
            f"{visit}human": True,
            f"{visit}started_at__lte": F("_moment"),
            f"{visit}started_at__gte": F("_moment") - window,
        }
    )
    return rows, _named(
        order=F("pk"), name="visit", ref=F(f"{visit}pk"), at=F(f"{visit}started_at"), channel="web",
        source=F(f"{visit}source"), medium=F(f"{visit}medium"), campaign=F(f"{visit}campaign"),
        device=F(f"{visit}device"), object_kind=Subquery(first_view.values("object_kind")[:1]),
        object_key=Subquery(first_view.values("object_key")[:1]), origin="",
    )  # fmt: skip


def _events(names: tuple[str, ...], days: int) -> tuple[models.QuerySet, dict]:
    event, window = "lead__events__", dt.timedelta(days=days)
    rows = _orders().filter(
        **{
            f"{event}name__in": names,
            f"{event}human": True,
            f"{event}at__lte": F("_moment"),
            f"{event}at__gte": F("_moment") - window,
        }
    )
    said = {
        name: Coalesce(KeyTextTransform(name, f"{event}data"), Value("")) for name in ("device", "origin")
    }
    return rows, _named(
        order=F("pk"), name=F(f"{event}name"), ref=F(f"{event}pk"), at=F(f"{event}at"),
        channel=F(f"{event}channel"), source="", medium="", campaign="", device=Left(said["device"], 8),
        object_kind=F(f"{event}object_kind"), object_key=F(f"{event}object_key"),
        origin=Left(said["origin"], 60),
    )  # fmt: skip


#: what credits may be counted by -> expression over ``t``, a touch
TOUCH_COLUMNS = {
    "source": "t.source",
    "medium": "t.medium",
    "url_campaign": "t.campaign",
    "origin": "t.origin",
    "contact": "t.name",
    "device": "t.device",
    "email_kind": "CASE WHEN t.object_kind = 2 THEN t.object_kind END",
    "email": "CASE WHEN t.object_kind = 2 THEN t.object_key END",
    "page_kind": "CASE WHEN t.name = 'visit' THEN t.object_kind END",
    "page": "CASE WHEN t.name = 'visit' THEN t.object_key END",
    "content_kind": "CASE WHEN t.name IN ('content_clicked', 'content_seen') THEN t.object_kind END",
    "content": "CASE WHEN t.name IN ('content_clicked', 'content_seen') THEN t.object_key END",
}


def credited(orders, columns: tuple[str, ...], model: str, *, only_seen: list[str]) -> list[tuple]:
    """``(key, currency, orders, revenue)`` of what these orders earned, by these columns of their touches.

    Shares are whole units and add up to each order's revenue: the n-th of c touches gets what n/c of it is
    more than (n-1)/c. One statement.
    """
    counted = orders.filter(is_counted=True).order_by()
    using = counted.db
    connection = connections[using]
    quote = connection.ops.quote_name
    whole = counted.annotate(_left=F("total") - F("refunded")).values_list("pk", "currency", "_left")
    try:
        inner, params = whole.query.get_compiler(using).as_sql()
    except EmptyResultSet:
        return []
    table = quote(model_named("Touch")._meta.db_table)
    names = [f"k{position}" for position in range(len(columns))]
    picked = ", ".join(
        f"{TOUCH_COLUMNS[name]} AS {alias}" for name, alias in zip(columns, names, strict=True)
    )
    keys, left_out = ", ".join(names), ", ".join(["%s"] * len(only_seen)) or "''"
    touched = (
        f"WITH o (id, currency, revenue) AS ({inner}), touched AS (SELECT {picked}, o.id, o.currency, "
        "o.revenue, ROW_NUMBER() OVER (PARTITION BY o.id ORDER BY t.at, t.id) AS n, "
        f"COUNT(*) OVER (PARTITION BY o.id) AS c FROM {table} t JOIN o ON o.id = t.order_id "
        f"WHERE t.name NOT IN ({left_out})) "
    )
    # who took part: of an order that nothing of this kind touched, that is all there is to say
    kind = " OR ".join(f"COALESCE(CAST({name} AS text), '') <> ''" for name in names)
    where = {"last": " WHERE n = c", "first": " WHERE n = 1", "linear": "", "any": f" WHERE {kind}"}[model]
    source, share = f"touched{where}", "revenue"
    if model == "any":
        source = f"(SELECT DISTINCT {keys}, id, currency, revenue FROM {source}) AS d"
    elif model == "linear":
        share = "revenue * n / c - revenue * (n - 1) / c"
    rest = f"SELECT id FROM touched{where if model == 'any' else ''}"
    empty = ", ".join(["NULL"] * len(names))
    with connection.cursor() as cursor:
        cursor.execute(
            f"{touched}SELECT {keys}, currency, COUNT(DISTINCT id), SUM({share}) FROM {source} "
            f"GROUP BY {keys}, currency UNION ALL SELECT {empty}, currency, COUNT(*), SUM(revenue) FROM o "
            f"WHERE id NOT IN ({rest}) GROUP BY currency",
            (*params, *only_seen),
        )
        rows = cursor.fetchall()
    found: dict[tuple, list[int]] = {}
    for *key, currency, count, revenue in rows:
        place = tuple(_plain_key(part) for part in key)
        sums = found.setdefault((place if any(place) else (), currency), [0, 0])
        sums[0], sums[1] = sums[0] + count, sums[1] + int(revenue)
    return [(key, currency, count, revenue) for (key, currency), (count, revenue) in found.items()]


def _plain_key(part):
    """A UUID as its text, whichever database it comes from; nothing for nothing."""
    if isinstance(part, str) and len(part) == 32 and not part.strip("0123456789abcdef"):
        return str(uuid.UUID(part))
    return str(part) if isinstance(part, uuid.UUID) else (part if part is not None else "")
