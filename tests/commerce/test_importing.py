"""Orders and products from files: one row for each item, errors by row, once however often."""

import datetime as dt
import io
import json

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.commerce.conftest import NOW
from tests.leads.imports.conftest import boss, load, reasons  # noqa: F401  (fixtures)
from wagtail_automation.commerce import bench_file
from wagtail_automation.commerce.importing import Orders
from wagtail_automation.commerce.models import LeadSpend, Order, Product
from wagtail_automation.leads.imports.runner import run_import
from wagtail_automation.leads.models import Identifier, Lead
from wagtail_automation.signals import events_recorded
from wagtail_automation.testing import clock as test_clock

pytestmark = pytest.mark.django_db
OPTIONS = {"kind": "orders", "zone": "Europe/Paris", "source": "till", "currency": "EUR", "channel": "shop",
           "state": "paid"}  # fmt: skip
FILE = (
    "order;date;email;sku;name;qty;price;category;coupon\n"
    "T-1;01/02/2026 9:05;ada@example.com;OTTER;Otter bag;1;1 089,90;Bags, Leather;SPRING\n"
    "T-2;02/02/2026;bob@example.com;WAX;Wax;2;9,50;Care;\n"
    "T-1;01/02/2026 9:05;ada@example.com;WAX;Wax;3;9.50;Care;\n"
)


def test_rows_of_one_number_are_one_order(load, person):
    ada = person("ada")
    run = load(FILE, **OPTIONS)
    assert run.state == "done", run.problem
    assert run.counts | {"items": 3, "orders": 2, "waiting": 1, "refused": 0} == run.counts
    one, two = Order.objects.order_by("number")
    assert (one.lead_id, one.total, one.item_count, one.coupon) == (ada.pk, 111840, 4, "SPRING")
    assert one.paid_at == dt.datetime(2026, 2, 1, 8, 5, tzinfo=dt.UTC) and one.channel == "shop"
    assert [line.sku for line in one.items.all()] == ["OTTER", "WAX"]
    assert two.lead_id is None and Lead.objects.count() == 1
    bob = person("bob")
    two.refresh_from_db()
    assert two.lead_id == bob.pk and LeadSpend.objects.get(lead=bob).revenue == 1900


def test_the_same_file_again_changes_nothing_and_wakes_nobody(load, person):
    person("ada")
    heard = []

    def hear(sender, events, **kwargs):
        heard.extend(events)

    events_recorded.connect(hear)
    try:
        for _again in range(2):
            run = load(FILE, **OPTIONS)
    finally:
        events_recorded.disconnect(hear)
    assert run.state == "done" and Order.objects.count() == 2 and heard == []
    assert list(LeadSpend.objects.values_list("revenue", flat=True)) == [111840]


@pytest.mark.parametrize("chunk", [1, 2])
def test_an_order_over_two_chunks_is_whole(load, person, monkeypatch, chunk):
    monkeypatch.setattr(Orders, "chunk", chunk)
    person("ada")
    run = load(FILE, **OPTIONS)
    assert run.counts["orders"] == 2 and run.counts["items"] == 3
    assert [line.sku for line in Order.objects.get(number="T-1").items.all()] == ["OTTER", "WAX"]
    assert LeadSpend.objects.get().revenue == 111840


CONTRADICTING = (
    "order;date;email;phone;sku;qty;price;currency\n"
    "T-1;01/02/2026 9:05;ada@example.com;;OTTER;1;10;EUR\n"
    "T-1;01/02/2026 9:05;bob@example.com;;WAX;1;20;EUR\n"
    "T-1;01/02/2026 9:05;ada@example.com;;STRAP;1;40;USD\n"
    "T-1;03/02/2026 9:05;ada@example.com;;BELT;1;80;\n"
    "T-1;01/02/2026 9:05;;+33612345678;CAP;1;160;EUR\n"
    "T-1;01/02/2026 9:05;ada@office.example;;LACE;1;320;EUR\n"
    "T-2;02/02/2026;zoe@example.com;;WAX;1;640;USD\n"
    "T-2;02/02/2026;yan@example.com;;WAX;1;1280;\n"
    "T-2;02/02/2026;zoe@example.com;;CAP;1;2560;\n"
)


@pytest.mark.parametrize("chunk", [1, 2, 1500])
def test_rows_that_contradict_their_order_are_told(load, person, monkeypatch, chunk):
    monkeypatch.setattr(Orders, "chunk", chunk)
    ada = person("ada")
    Identifier.objects.create(lead=ada, kind="email", value="ada@office.example")
    run = load(CONTRADICTING, **OPTIONS)
    assert run.state == "done", run.problem
    other, time = "An earlier row of this order is of another person.", "Another row of this order says"
    found = reasons(run)
    assert sorted(found) == [3, 4, 5, 9]
    assert found[3] == found[9] == other and found[4] == "An earlier row of this order is in EUR."
    assert found[5].startswith(time)
    assert run.counts | {"items": 6, "orders": 2, "waiting": 1, "refused": 3, "noted": 1} == run.counts
    one, two = Order.objects.order_by("number")
    assert (one.lead_id, one.total, one.currency) == (ada.pk, 57000, "EUR")
    assert one.paid_at == dt.datetime(2026, 2, 1, 8, 5, tzinfo=dt.UTC)
    assert (two.lead_id, two.total, two.currency) == (None, 320000, "USD")
    assert [claim.value for claim in two.claims.all()] == ["zoe@example.com"]
    cents = sum(int(row.split(";")[6]) * 100 for row in CONTRADICTING.splitlines()[1:])
    refused = sum(int(problem.cells[6]) * 100 for problem in run.problems.filter(refused=True))
    assert one.total + two.total + refused == cents


@pytest.mark.parametrize("chunk", [1, 3, 1500])
def test_what_rows_say_counts_however_the_file_is_cut(load, monkeypatch, chunk):
    monkeypatch.setattr(Orders, "chunk", chunk)
    lines = ["order;date;email;phone;sku;price;total;channel;state;coupon"]
    for row in range(12):
        lines.append(f"A;01/02/2026;{'zoe@example.com' if not row else ''};;S{row};{row};;;;")
        only_first = ";;;" if row else "500;web;annulée;SPRING"
        lines.append(f"B;01/02/2026;;{'+33612345678' if row else ''};S{row};1;{only_first}")
    run = load("\n".join(lines), **OPTIONS)
    assert (run.state, run.counts["items"], run.counts["orders"]) == ("done", 24, 2), reasons(run)
    one, two = Order.objects.order_by("number")
    assert (one.total, one.item_count, one.channel, one.state) == (6600, 12, "shop", "paid")
    assert [line.sku for line in one.items.all()] == [f"S{row}" for row in range(12)]
    assert [claim.value for claim in one.claims.all()] == ["zoe@example.com"]
    assert (two.total, two.item_count, two.channel, two.coupon) == (50000, 12, "web", "SPRING")
    assert two.state == "cancelled" and [claim.kind for claim in two.claims.all()] == ["phone"]


DIFFERING = (
    "order;date;sku;price;total;channel;state;coupon;note;colour\n"
    "T-1;01/02/2026;OTTER;10;;;;;;\n"
    "T-1;01/02/2026;WAX;20;71;web;paid;SPRING;gift;red\n"
    "T-1;01/02/2026;STRAP;40;71,00;online;payée;spring;gift;\n"
    "T-1;01/02/2026;BELT;80;150;magasin;annulée;AUTUMN;card;\n"
    "T-2;01/02/2026;WAX;5;;marketplace;placed;;;blue\n"
)


@pytest.mark.parametrize("chunk", [1, 2, 1500])
def test_rows_that_say_another_total_state_channel_or_coupon_are_told(load, monkeypatch, chunk):
    monkeypatch.setattr(Orders, "chunk", chunk)
    run = load(DIFFERING, columns={"note": "order.info", "colour": "order.info"}, **OPTIONS)
    assert run.state == "done", run.problem
    assert run.counts | {"items": 5, "orders": 2, "refused": 0} == run.counts
    one, two = Order.objects.order_by("number")
    assert [line.sku for line in one.items.all()] == ["OTTER", "WAX", "STRAP", "BELT"]
    assert (one.total, one.channel, one.state, one.coupon) == (7100, "web", "paid", "SPRING")
    assert one.info == {"note": "gift", "colour": "red"} and two.info == {"colour": "blue"}
    assert (two.total, two.channel, two.state) == (500, "marketplace", "placed")
    told = reasons(run)
    assert [
        part.partition(":")[0] for part in told.pop(5).split(" · ")
    ] == ["Total of the order", "State", "Channel", "Coupon", "note"]  # fmt: skip
    assert told == (
        {3: "Channel: before this row it was “Shop”; what this row says counts."} if chunk == 1 else {}
    )


AS_THE_FORM_SAYS = (
    "order;date;sku;price;total;channel;state\n"
    "T-1;01/02/2026;OTTER;10;10;shop;paid\n"
    "T-1;01/02/2026;WAX;20;;;\n"
    "T-1;01/02/2026;STRAP;40;70;web;cancelled\n"
    "T-2;01/02/2026;WAX;5;;;\n"
)


@pytest.mark.parametrize("chunk", [1, 2, 1500])
def test_what_a_row_says_counts_though_it_would_be_so_without_it(load, monkeypatch, chunk):
    """Of an order cut by chunks, the words of its first row are no less than in one piece."""
    monkeypatch.setattr(Orders, "chunk", chunk)
    told = []
    for again in range(2):
        with test_clock.freeze(NOW + dt.timedelta(hours=again)):
            run = load(AS_THE_FORM_SAYS, **OPTIONS)
        assert run.state == "done", run.problem
        one, two = Order.objects.order_by("number")
        assert (one.total, one.item_count, one.channel, one.state) == (1000, 3, "shop", "paid")
        assert (two.total, two.channel, two.state) == (500, "shop", "paid")
        told.append(reasons(run))
    words = "{}: another row of this order says “{}”, and that counts."
    facts = ("Total of the order", 10), ("State", "Paid"), ("Channel", "Shop")
    said, row = [words.format(*fact) for fact in facts], told[0].pop(4).replace("10.00", "10").split(" · ")
    assert sorted(row) == sorted(said) and told[0] == {}


def test_words_of_an_earlier_file_do_not_bind_the_next(load, monkeypatch):
    monkeypatch.setattr(Orders, "chunk", 1)
    load(AS_THE_FORM_SAYS, **OPTIONS)
    with test_clock.freeze(NOW + dt.timedelta(days=1)):
        lines = "order;date;sku;price;channel;state\nT-1;01/02/2026;A;1;;\nT-1;01/02/2026;B;1;web;cancelled\n"
        run = load(lines, **OPTIONS)
    order = Order.objects.get(number="T-1")
    assert (order.total, order.channel, order.state) == (200, "web", "cancelled")
    assert [line.sku for line in order.items.all()] == ["A", "B"]
    assert reasons(run)[3].count("before this row it was") == 2


def shown_before(load, client, boss, data, **options):
    """``{row: (refused, remarks)}`` of the preview, of the rows of which there are any."""
    run = load(data, go=False, **options)
    run.state = "draft"
    run.save()
    client.force_login(boss)
    page = client.get(reverse("wagtail_automation_imports:preview", args=[run.pk]))
    return page, {
        row["number"]: (row["refused"], row["errors"])
        for row in page.context["rows"]
        if row["refused"] or row["errors"]
    }


def test_the_preview_foresees_what_the_report_will_tell_of_contradictions(load, boss, client, person):
    person("ada")
    data = "\n".join(CONTRADICTING.splitlines()[:5]) + "\n"
    page, found = shown_before(load, client, boss, data, **OPTIONS)
    assert found == {
        3: (True, ["An earlier row of this order is of another person."]),
        4: (True, ["An earlier row of this order is in EUR."]),
        5: (False, ["Another row of this order says another time: the earliest counts."]),
    }
    assert page.context["refused"] == 2
    assert "An earlier row of this order is of another person." in page.content.decode()
    columns = {"note": "order.info", "colour": "order.info"}
    page, found = shown_before(load, client, boss, DIFFERING, columns=columns, **OPTIONS)
    told = reasons(load(DIFFERING, columns=columns, **OPTIONS))
    refused, remarks = found.pop(5)
    assert not refused and found == {} and len(remarks) == 4
    assert all(remark in told[5] for remark in remarks)
    notes = [cell["error"] for row in page.context["rows"] for cell in row["cells"] if cell["error"]]
    assert notes == ["another row of this order says “gift”, and that counts."]
    assert Order.objects.count() == 2, "the preview wrote nothing"


def test_the_preview_of_products_foresees_rows_that_differ(load, boss, client):
    rows = "sku,name,price,stock\nA,Ant,5,yes\na,Bee,,\nB,Bee,1,\n"
    _page, found = shown_before(load, client, boss, rows, kind="products", currency="EUR")
    assert found == {2: (False, ["A later row of this product says something else, and that counts."])}
    assert not Product.objects.exists()


def test_a_state_that_an_earlier_chunk_reached_is_not_taken_back(load, monkeypatch):
    monkeypatch.setattr(Orders, "chunk", 1)
    lines = ["order;date;sku;price;state"]
    lines += [f"A;01/02/2026;X{n};1;{state}" for n, state in enumerate(("", "placed", "cancelled", "paid"))]
    run = load("\n".join(lines), **OPTIONS)
    order = Order.objects.get()
    assert (order.state, order.item_count, run.counts["noted"]) == ("cancelled", 4, 3)
    found = reasons(run)
    assert found[3] == "State: another row of this order says “Paid”, and that counts."
    assert found[4] == "State: before this row it was “Paid”; what this row says counts."
    assert found[5] == "State: another row of this order says “Cancelled”, and that counts."


@pytest.mark.parametrize(
    ("text", "currency", "units"),
    [("1,500", "EUR", None), ("12.000", "EUR", None), ("1,000", "JPY", None), ("999.990", "EUR", None),
     ("1,500", "KWD", 1500), ("0,500", "EUR", 50), ("1 500", "EUR", 150000), ("1,500.00", "EUR", 150000),
     ("1.500,00", "EUR", 150000), ("1500", "EUR", 150000), ("1,50", "EUR", 150)],
)  # fmt: skip
def test_an_amount_that_may_be_a_thousand_or_one_is_refused(load, text, currency, units):
    run = load(f"order;date;sku;price;currency\nA;2026-02-01;X;{text};{currency}\n", **OPTIONS)
    stored = Order.objects.values_list("total", flat=True).first()
    assert stored == units
    assert (units is None) is ("This may be" in reasons(run).get(2, ""))


def back(load, minutes, *rows):
    """A file that is imported so many minutes later."""
    head = "order;date;email;sku;price;total;state;refunded"
    with test_clock.freeze(NOW + dt.timedelta(minutes=minutes)):
        return load("\n".join([head, *rows]), **OPTIONS)


BOUGHT = [
    "A;01/02/2026;ada@example.com;OTTER;40;;;5",
    "A;01/02/2026;ada@example.com;WAX;10;;;",
    "B;01/02/2026;ada@example.com;OTTER;40;;remboursée;",
    "C;01/02/2026;ada@example.com;;;30;Refunded;",
]


@pytest.mark.parametrize("chunk", [1, 1500])
def test_what_was_paid_back_comes_with_files(load, person, monkeypatch, chunk):
    monkeypatch.setattr(Orders, "chunk", chunk)
    ada = person("ada")
    for again in range(2):
        run = back(load, again, *BOUGHT)
        assert run.counts["refused"] == 0, reasons(run)
    one, two, three = Order.objects.order_by("number")
    assert (one.state, one.total, one.refunded) == ("part_refunded", 5000, 500)
    assert (two.state, two.refunded, three.state, three.refunded) == ("refunded", 4000, "refunded", 3000)
    spend = LeadSpend.objects.get(lead=ada)
    assert (spend.order_count, spend.revenue, spend.refunded) == (1, 4500, 500)
    # more was paid back later, in rows that say nothing else; a file of before says nothing new
    later = ["A;03/02/2026;;;;;;12,50"]
    for minutes, rows in enumerate((later, BOUGHT[:2], later), 3):
        run = back(load, minutes, *rows)
        assert (run.counts["refused"], run.counts["noted"]) == (0, 0), reasons(run)
    one.refresh_from_db()
    assert (one.total, one.item_count, one.refunded, one.lead_id) == (5000, 2, 1250, ada.pk)
    assert one.paid_at == dt.datetime(2026, 1, 31, 23, tzinfo=dt.UTC)
    assert sorted(one.refunds.values_list("amount", flat=True)) == [500, 750]
    back(load, 9, "A;04/02/2026;;;;;refunded;")
    one.refresh_from_db()
    assert (one.state, one.refunded) == ("refunded", 5000) and not LeadSpend.objects.exists()


def test_refunds_in_files_before_their_order_and_without_sense(load, person):
    person("ada")
    run = back(
        load,
        0,
        "A;03/02/2026;;;;;;5",
        "B;03/02/2026;;;;;refunded;",
        "C;03/02/2026;;;;;;-5",
        "D;03/02/2026;;;;;;0,001",
    )
    assert sorted(reasons(run)) == [3, 4, 5] and reasons(run)[3] == "Nothing says how much was paid back."
    assert (Order.objects.get().refunded, Order.objects.get().is_counted) == (500, False)
    back(load, 1, *BOUGHT[:2])
    order = Order.objects.get()
    assert (order.total, order.refunded, order.state) == (5000, 500, "part_refunded")
    assert order.paid_at == dt.datetime(2026, 1, 31, 23, tzinfo=dt.UTC)


def test_people_are_made_where_that_is_wanted(load):
    run = load(FILE, create=True, **OPTIONS)
    assert run.counts["waiting"] == 0
    assert sorted(Lead.objects.values_list("email", flat=True)) == ["ada@example.com", "bob@example.com"]


def test_bad_rows_say_what_is_wrong_and_the_others_come(load):
    rows = [
        ("1", "2026-02-01", "-2", "5", "EUR"), ("2", "2026-02-01", "1", "5,001", "EUR"),
        ("3", "2026-02-01", "1", "-5", "EUR"), ("4", "2026-02-01", "1", "1000000000000", "EUR"),
        ("5", "2026-02-01", "1", "5", "ZZZ"), ("6", "2099-02-01", "1", "5", "EUR"),
        ("7", "soon", "1", "5", "EUR"), ("", "2026-02-01", "1", "5", "EUR"),
        ("9", "2026-02-01", "1.5", "5", "EUR"), ("10", "2026-02-01", "1", "five", "EUR"),
        ("11", "2026-02-01", "1", "5", "JPY"), ("12", "2026-02-01", "1", "5.5", "JPY"),
    ]  # fmt: skip
    lines = [f"{';'.join(row)};x\n" for row in rows]
    run = load("order;date;qty;price;currency;sku\n" + "".join(lines), **OPTIONS)
    assert run.state == "done", run.problem
    found = reasons(run)
    assert sorted(found) == [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13]
    assert "quantity" in found[2] and "finer" in found[3] and "negative" in found[4] and "large" in found[5]
    assert list(Order.objects.values_list("number", "currency", "total")) == [("11", "JPY", 5)]


def test_a_workbook_with_merged_cells_formulas_and_dates_as_numbers(load, person):
    from openpyxl import Workbook

    person("ada")
    book = Workbook()
    sheet = book.active
    sheet.append(["order", "date", "email", "sku", "price", *(f"note {n}" for n in range(495))])
    sheet.append(["X-1", dt.datetime(2026, 2, 1, 9, 5), "ada@example.com", "OTTER", 89.9])  # noqa: DTZ001
    sheet.append(["X-2", 46054, "ada@example.com", "WAX", "=4+5"])
    sheet.append(["X-3", 46054.5, "ada@example.com", "STRAP", 14])
    sheet.merge_cells("A4:A5")
    sheet.append([None, 46054, "ada@example.com", "WAX", 9.5])
    stream = io.BytesIO()
    book.save(stream)
    run = load(stream.getvalue(), **OPTIONS)
    assert run.state == "done", run.problem
    found = reasons(run)
    assert "formula" in found[3].lower()
    stored = {order.number: order.total for order in Order.objects.all()}
    assert stored["X-1"] == 8990 and "X-2" not in stored and stored["X-3"] in (1400, 2350)


def test_statements_do_not_grow_with_the_rows(load, person):
    person("ada")
    counts = []
    for size in (5, 200):
        lines = "".join(f"{size}-{n},2026-02-01,ada@example.com,SKU-{n % 3},5\n" for n in range(size))
        run = load("order,date,email,sku,price\n" + lines, go=False, **OPTIONS)
        with CaptureQueriesContext(connection) as queries:
            run_import(run.pk, seconds=60)
        counts.append(len(queries))
    assert counts[1] == counts[0], counts


PRODUCTS = (
    "sku,name,price,categories,in stock,url,Colour\n"
    'OTTER,Otter bag,"1 089,90","Bags, Leather",yes,https://shop.example/otter,moss\n'
    "WAX,Wax,9.50,Care,0,,\n"
)


def test_products_are_made_and_brought_up_to_date(load):
    options = {"kind": "products", "currency": "EUR", "columns": {"Colour": "product.attributes"}}
    run = load(PRODUCTS, **options)
    assert run.state == "done", run.problem
    assert (run.counts["created"], run.counts["updated"]) == (2, 0)
    otter, wax = Product.objects.order_by("sku")
    assert (otter.price, otter.is_in_stock, otter.attributes) == (108990, True, {"Colour": "moss"})
    assert sorted(category.name for category in otter.categories.all()) == ["Bags", "Leather"]
    assert (wax.price, wax.is_in_stock) == (950, False)
    changed = "sku,price,categories\notter,99,Sale\nNEW,1,\n"
    run = load(changed, **options)
    assert (run.counts["created"], run.counts["updated"]) == (1, 1)
    otter.refresh_from_db()
    assert (otter.name, otter.price, otter.sku) == ("Otter bag", 9900, "OTTER")
    assert [category.name for category in otter.categories.all()] == ["Sale"]
    assert otter.updated_at >= NOW


def test_rows_of_one_product_that_differ_are_told(load):
    rows = "sku,name,price,stock\nA,Ant,5,yes\na,Bee,,\nA,,5.00,\nB,Bee,1,\nb,Bee,1.0,\n"
    run = load(rows, kind="products", currency="EUR")
    assert Product.objects.get(sku_key="a").name == "Bee" and run.counts["created"] == 2
    assert reasons(run) == {2: "A later row of this product says something else, and that counts."}


def test_results_of_formulas_are_read_as_a_spreadsheet_shows_them(load):
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["order", "date", "sku", "price", "qty"])
    book.active.append(["X-1", 46054.5, "WAX", 3 * 19.9, 1])
    book.active.append(["X-2", 46054.37847222222, "WAX", 0.1 + 0.2, 3.0])
    stream = io.BytesIO()
    book.save(stream)
    assert (3 * 19.9, 0.1 + 0.2) == (59.699999999999996, 0.30000000000000004)
    run = load(stream.getvalue(), **OPTIONS)
    assert run.counts["refused"] == 0, reasons(run)
    one, two = Order.objects.order_by("number")
    assert (one.total, two.total) == (5970, 90)
    assert two.paid_at == dt.datetime(2026, 2, 1, 8, 5, tzinfo=dt.UTC)


def test_bad_products(load):
    run = load(
        "sku,name,price,url,stock\nA,A,5.005,,\nB,B,5,javascript:x,\n,C,5,,\nD,D,5,,perhaps\nE,E,5,,oui\n",
        kind="products",
        currency="EUR",
    )
    assert sorted(reasons(run)) == [2, 3, 4, 5] and Product.objects.get().sku == "E"


def test_the_benchmark_imports_a_file_and_asks_every_condition(monkeypatch, boss):
    """All but the process of its own: that would see another database here."""

    def measure(run):
        run_import(run.pk, seconds=60)
        run.refresh_from_db()
        return {"seconds": 1, "cpu": 1, "memory_mb": 1, "counts": run.counts}

    monkeypatch.setattr(bench_file, "measure", measure)
    monkeypatch.setattr(bench_file, "NAIVE", 2)
    out = io.StringIO()
    call_command("automation_bench", "commerce", scale=120, json=True, stdout=out)
    figures = json.loads(out.getvalue())
    assert figures["recording"]["whole"]["rows_per_second"] == 360
    orders = Order.objects.filter(source="automation_bench", state="paid", lead__isnull=False)
    assert orders.count() == 123 and figures["recording"]["loop"]["call_queries"] > 5
    found = figures["conditions"]
    assert all(one["matching"] == one["by_hand_matching"] for one in found.values()), found
    assert found["order_count"]["matching"] and found["bought_category"]["matching"]
