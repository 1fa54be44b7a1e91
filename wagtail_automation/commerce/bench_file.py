"""The part of the benchmark that fills the shop: many people by sets of SQL, then their orders as an editor
brings them, from a CSV file through the importer."""

import datetime as dt
import json
import time
import uuid
from collections.abc import Iterator

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import CharField, F, IntegerField, Value
from django.db.models.functions import Cast, Concat, Mod
from django.test.utils import CaptureQueriesContext

from wagtail_automation import clock, sql
from wagtail_automation.bench import percentile
from wagtail_automation.leads.bench import measure
from wagtail_automation.leads.files import storage
from wagtail_automation.leads.models import Identifier, ImportRun, Lead

from .models import Cart, LeadOrders, LeadSpend, Order, OrderItem
from .models.orders import ItemCategory
from .recording import record_statements
from .stating import order_statement

MARK = "automation_bench"
NAIVE, GOODS, ITEMS = 200, 200, 3
HEADER = [
    "order", "date", "email", "sku", "name", "quantity", "price", "category", "gift",
]  # fmt: skip
TARGETS = [
    "order.number", "order.at", "id.email", "order.sku", "order.name", "order.quantity", "order.price",
    "order.categories", "order.info",
]  # fmt: skip


def make_people(count: int, now: dt.datetime) -> list[int]:
    """So many known leads with an address each, by doubling; returns their ids."""
    Lead.objects.bulk_create(
        Lead(source=MARK, status="known", created_at=now) for _n in range(min(count, 1000))
    )
    mine = Lead.objects.filter(source=MARK).order_by("pk")
    copied = ("status", "source", "attributes", "folded", "field_sources", "created_at", "score")
    empty = (
        "email", "phone", "first_name", "last_name", "company", "job_title", "language", "country", "region",
        "city", "postal_code", "street", "time_zone",
    )  # fmt: skip
    while (there := mine.count()) < count:
        bucket = Cast(Mod(F("pk") * 104_729 + there, Value(1_000_000)), IntegerField())
        columns = {name: F(name) for name in copied} | dict.fromkeys(empty, "")
        columns |= {"uuid": sql.RandomUUID(), "bucket": bucket}
        sql.insert_select(Lead, columns, mine[: min(there, count - there)])
    address = Concat(Value("bench."), Cast(F("pk"), CharField()), Value("@bench.example"))
    columns = {"kind": "email", "value": address, "lead": F("pk"), "source": MARK, "created_at": now}
    sql.insert_select(Identifier, columns, mine)
    sql.analyze(Lead, Identifier)
    return list(mine.values_list("pk", flat=True))


def lead_of(number: int, leads: list[int]) -> int:
    """Whose order it is: most people ordered once, some never, some several times."""
    return leads[(number * 31 if number % 4 else number * number // 7) % len(leads)]


def bought(number: int) -> list[dict]:
    """The items of the order of this number."""
    goods = [(number * 7 + place * 13) % GOODS for place in range(ITEMS)]
    return [
        {
            "sku": f"bench-{good}",
            "name": f"Bench thing {good}",
            "quantity": 1 + (number + place) % 3,
            "price": f"{5 + (number + place) % 90}.50",
            "categories": [f"Bench {good % 20}"],
        }
        for place, good in enumerate(goods)
    ]


def moment_of(number: int, now: dt.datetime) -> dt.datetime:
    return (now - dt.timedelta(minutes=number % 500_000 + 1)).replace(microsecond=0)


def lines(count: int, leads: list[int], now: dt.datetime) -> Iterator[bytes]:
    """The file: a row for each item."""
    yield (",".join(HEADER) + "\n").encode()
    for number in range(count):
        at, email = moment_of(number, now).isoformat(), f"bench.{lead_of(number, leads)}@bench.example"
        gift = "no" if number % 9 else "yes"
        for item in bought(number):
            row = (item["sku"], item["name"], item["quantity"], item["price"], item["categories"][0], gift)
            yield (",".join(map(str, (number, at, email, *row))) + "\n").encode()


def make_run(count: int, leads: list[int], now: dt.datetime) -> ImportRun:
    """An import of so many orders, mapped and ready to begin."""
    users = get_user_model()
    user = users._default_manager.filter(is_superuser=True).first()
    if user is None:
        user = users._default_manager.create_superuser(
            **{users.USERNAME_FIELD: "bench"}, password=uuid.uuid4().hex
        )
    return ImportRun.objects.create(
        user=user,
        kind="orders",
        name="orders.csv",
        upload=storage.create("orders.csv", lines(count, leads, now)),
        format={"kind": "csv", "encoding": "utf-8", "separator": ",", "skip": 0, "has_header": True},
        header=HEADER,
        columns=[{"target": target, "policy": ""} for target in TARGETS],
        options={
            "source": MARK, "currency": "EUR", "channel": "web", "state": "paid", "zone": "UTC",
            "day_first": "day", "create": False, "wake": False, "on_error": "refuse",
        },
        state="queued",
    )  # fmt: skip


def load(count: int, now: dt.datetime, out) -> dict:
    """``count`` people, then a tenth of their orders and all of them from files, then the loop; the figures
    of it. The second file says the first tenth again, which changes nothing."""
    begun = time.perf_counter()
    leads = make_people(count, now)
    figures: dict = {"people_seconds": round(time.perf_counter() - begun, 1)}
    out(f"{count:,} people in {figures['people_seconds']} s")
    for name, number in (("tenth", max(1, count // 10)), ("whole", count)):
        run = make_run(number, leads, now)
        out(f"Importing a file of {number:,} orders of {ITEMS} items …")
        result = measure(run)
        counts = result["counts"]
        if (counts["items"], counts["refused"]) != (number * ITEMS, 0):
            raise RuntimeError(f"Not all rows came: {counts}")
        figures[name] = {
            "orders": number,
            "orders_per_second": round(number / result["seconds"]),
            "rows_per_second": round(number * ITEMS / result["seconds"]),
            "seconds": round(result["seconds"], 1),
            "cpu_seconds": round(result["cpu"], 1),
            "peak_mb": result["memory_mb"],
        }
        out(json.dumps(figures[name]))
    if Order.objects.filter(source=MARK).count() != count:
        raise RuntimeError("Not every order is there once.")
    sql.analyze(Lead, Order, OrderItem, ItemCategory, LeadOrders, LeadSpend, Cart)
    figures["loop"] = one_by_one(count, leads, now)
    out(json.dumps(figures["loop"]))
    return figures


def one_by_one(count: int, leads: list[int], now: dt.datetime) -> dict:
    """New orders recorded as a shop's code calls ``record_order``: a transaction each."""
    times = []
    for number in range(count, count + NAIVE):
        begun = time.perf_counter()
        record_statements([_statement(number, leads, now)])
        times.append(time.perf_counter() - begun)
    with CaptureQueriesContext(connection) as captured:
        record_statements([_statement(count + NAIVE, leads, now)])
    return {
        "orders_per_second": round(NAIVE / sum(times)),
        "call_p50_ms": round(percentile(times, 0.5) * 1000, 2),
        "call_queries": len(captured),
    }


def _statement(number: int, leads: list[int], now: dt.datetime):
    return order_statement(
        str(number),
        source=MARK,
        at=clock.now(),
        lead=lead_of(number, leads),
        currency="EUR",
        items=bought(number),
        paid_at=moment_of(number, now),
        info={"gift": "no" if number % 9 else "yes"},
    )
