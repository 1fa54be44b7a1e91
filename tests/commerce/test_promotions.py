# ruff: noqa: E501, F401  (long tables; fixtures of other tests)
"""Promotions: from a file, with codes, shown to whom they are for, and what came of them."""

import datetime as dt
import io

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from tests.commerce.conftest import NOW, hours_ago, item
from tests.commerce.test_blocks import (
    Mailbox,
    _base,
    _shop_on_pages,
    brand,
    fragments,
    goods,
    make_email,
    make_lead,
    make_page,
    make_segment,
    make_visitor,
    names,
    one_block,
    part,
    queue,
    rule,
    send,
    smtp,
)
from tests.leads.imports.conftest import boss, load, reasons
from wagtail_automation.admin import roles
from wagtail_automation.commerce import promoting, querysets
from wagtail_automation.commerce.actions import record_order
from wagtail_automation.commerce.models import Offer, Order, Product, Promotion, PromotionProduct
from wagtail_automation.leads import actions as leads
from wagtail_automation.leads.imports.runner import run_import
from wagtail_automation.rules.rule import Rule
from wagtail_automation.tracking.models import Event

pytestmark = pytest.mark.django_db


def make(reference="spring", **more) -> Promotion:
    return Promotion.objects.create(
        **{"reference": reference, "name": "Spring sale", "created_at": NOW, "updated_at": NOW} | more
    )


def buy(number, coupon, lead=None, price="10.00", **more):
    return record_order(number, lead=lead, currency="EUR", items=[item(price=price)], state="paid",
                        coupon=coupon, at=hours_ago(1), **more)  # fmt: skip


def results(promotion):
    return querysets.results([promotion.pk], Order.objects.all())[promotion.pk]


# -- codes and orders ------------------------------------------------------------------------------------------


def test_an_order_with_the_code_is_owed_to_the_promotion(person):
    spring = make(codes="single", code="Spring-10")
    assert buy("1", " SPRING-10 ", person()).promotion_id == spring.pk
    assert buy("2", "other", person()).promotion_id is None
    record_order("1", coupon="other", at=NOW)
    assert Order.objects.get(number="1").promotion_id is None
    assert results(spring)["used"] == 0


def test_orders_that_came_before_their_promotion(person):
    buy("1", "LATE", person())
    late = make(codes="single", code="late")
    assert promoting.claim_orders(late) == 1
    assert promoting.claim_orders(late) == 0
    assert results(late) == {"seen": 0, "given": 0, "used": 1, "revenue": {"EUR": 1000}}


def test_one_code_for_each_person_ever(person):
    spring, people = make(codes="lead", code="SP"), [person(name) for name in ("ada", "bob", "cyd")]
    codes = promoting.give_codes(spring, [lead.pk for lead in people])
    assert len(set(codes.values())) == 3
    assert promoting.give_codes(spring, [lead.pk for lead in people]) == codes
    assert promoting.give_codes(spring, [10**9]) == {}
    assert buy("1", codes[people[0].pk].lower(), people[1]).promotion_id == spring.pk


def test_codes_of_the_shop_run_out_and_nobody_gets_two(person):
    spring, people = make(codes="imported"), [person(name) for name in ("ada", "bob", "cyd")]
    for code in ("a1", "a2"):
        Offer.objects.create(promotion=spring, code=code, code_key=code)
    promoting.show(spring, people[0])  # sees it, and gets the first
    codes = promoting.give_codes(spring, [lead.pk for lead in people])
    assert codes == {people[0].pk: "a1", people[1].pk: "a2"}
    assert results(spring) | {"revenue": {}} == {"seen": 1, "given": 2, "used": 0, "revenue": {}}


def test_codes_cost_the_same_for_many(person):
    counts = []
    for number, size in enumerate((2, 30)):
        spring = make(str(number), codes="lead")
        people = [person(f"p{number}-{n}").pk for n in range(size)]
        with CaptureQueriesContext(connection) as queries:
            promoting.give_codes(spring, people)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_merge_keeps_both_codes_owed_to_the_promotion(person):
    spring, ada, bob = make(codes="lead"), person(), person("bob")
    codes = promoting.give_codes(spring, [ada.pk, bob.pk])
    leads.merge(source=bob, target=ada, now=NOW, reason="test")
    assert Offer.objects.get(lead=ada).code == codes[ada.pk]
    assert buy("1", codes[bob.pk], ada).promotion_id == spring.pk


@pytest.mark.parametrize("with_code", ["ada", "bob"])
def test_a_merge_keeps_the_one_code_and_who_saw_it_first(person, with_code):
    """A letter with the code went out to one of the two: nobody gets a second."""
    spring, ada, bob = make(codes="lead"), person(), person("bob")
    both = {"ada": ada, "bob": bob}
    has, saw = both.pop(with_code), next(iter(both.values()))
    code = promoting.give_codes(spring, [has.pk])[has.pk]
    Offer.objects.create(promotion=spring, lead=saw, seen_at=hours_ago(3))
    leads.merge(source=bob, target=ada, now=NOW, reason="test")
    offer = Offer.objects.get()
    assert (offer.lead_id, offer.code, offer.seen_at) == (ada.pk, code, hours_ago(3))
    assert promoting.give_codes(spring, [ada.pk]) == {ada.pk: code}
    assert querysets.promotions.results([spring.pk], Order.objects.all())[spring.pk]["seen"] == 1


@settings(max_examples=20, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])  # fmt: skip
@given(
    orders=st.lists(
        st.tuples(
            st.sampled_from(["", "one", "TWO", "nobody's"]),
            st.integers(2, 10**5),
            st.integers(0, 1),
            st.booleans(),
        ),
        max_size=8,
    ),
    late=st.booleans(),
)
def test_what_promotions_and_the_rest_earned_is_what_was_paid(person, orders, late):
    Order.objects.all().delete()
    Promotion.objects.all().delete()
    ada = person()
    if not late:
        kept = [make(code, codes="single", code=code) for code in ("one", "two")]
    expected = {}
    for number, (coupon, units, refund, cancelled) in enumerate(orders):
        refunds = [{"key": "r", "amount": "0.01"}] if refund else []
        buy(str(number), coupon, ada, f"{units // 100}.{units % 100:02}", refunds=refunds,
            cancelled_at=hours_ago(0.5) if cancelled else None)  # fmt: skip
        name = coupon.lower() if coupon in ("one", "TWO") else ""
        if not cancelled:
            expected[name] = expected.get(name, 0) + units - refund
    if late:
        kept = [make(code, codes="single", code=code) for code in ("one", "two")]
        for promotion in kept:
            promoting.claim_orders(promotion)
    found = {promotion.reference: results(promotion)["revenue"].get("EUR", 0) for promotion in kept}
    assert found == {name: expected.get(name, 0) for name in ("one", "two")}
    whole = sum(order.revenue for order in Order.objects.all())
    rest = sum(order.revenue for order in Order.objects.filter(promotion=None))
    assert sum(found.values()) + rest == whole == sum(expected.values())


# -- files -----------------------------------------------------------------------------------------------------

OPTIONS = {"kind": "promotions", "currency": "EUR", "zone": "Europe/Paris"}
HEAD = ["reference", "name", "benefit", "start", "end", "code", "sku", "product", "price"]


def workbook(*rows) -> bytes:
    book = Workbook()
    for row in (HEAD, *rows):
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_promotions_and_their_products_from_a_workbook(load):
    start, end = dt.datetime(2026, 3, 1), dt.datetime(2026, 4, 1)  # noqa: DTZ001
    data = workbook(
        ["S-1", "Spring", "−20 %", start, end, "SPRING", "OTTER", "Otter bag", 79.9],
        ["S-1", None, None, None, None, None, "WAX", "Wax", "7,50"],
        ["S-2", "Summer", "", None, None, "", "OTTER", "", ""],
    )
    run = load(data, **OPTIONS)
    assert run.state == "done", run.problem
    assert run.counts | {"created": 2, "updated": 0, "products": 3, "refused": 0} == run.counts
    spring, summer = Promotion.objects.order_by("reference")
    assert (spring.name, spring.benefit, spring.codes, spring.code) == ("Spring", "−20 %", "single", "SPRING")
    assert spring.starts_at == dt.datetime(2026, 2, 28, 23, tzinfo=dt.UTC)
    assert [(line.product.sku, line.price, line.currency) for line in spring.lines.order_by("product__sku")] == [
        ("OTTER", 7990, "EUR"), ("WAX", 750, "EUR"),
    ]  # fmt: skip
    assert (summer.codes, summer.lines.get().price) == ("none", None)
    assert Product.objects.get(sku="OTTER").price is None  # the usual price is not the promotion's
    # again, with another price and a longer time
    later = dt.datetime(2026, 5, 1)  # noqa: DTZ001
    run = load(workbook(["s-1", "Spring!", None, None, later, None, "otter", None, 69]), **OPTIONS)
    assert run.counts | {"created": 0, "updated": 1, "products": 1} == run.counts
    spring.refresh_from_db()
    assert (spring.name, spring.benefit, spring.code) == ("Spring!", "−20 %", "SPRING")
    assert sorted(spring.lines.values_list("price", flat=True)) == [750, 6900]


def test_rows_of_one_promotion_that_differ_are_told(load):
    end, later = dt.datetime(2026, 4, 1), dt.datetime(2026, 5, 1)  # noqa: DTZ001
    run = load(
        workbook(
            ["S-1", "Spring", "", None, end, "", "OTTER", "", "79,90"],
            ["S-1", "Spring", "", None, later, "", "WAX", "", "1,500"],
            ["S-1", None, None, None, later, "", "CAP", "", "5"],
        ),
        **OPTIONS,
    )
    told = reasons(run)
    assert told[3].startswith("price: ")
    assert told[2] == "A later row of this promotion says something else, and that counts."
    assert "This may be 1500.00 or 1.50" in told[3] and sorted(told) == [2, 3]
    assert Promotion.objects.get().ends_at == dt.datetime(2026, 4, 30, 22, tzinfo=dt.UTC)
    assert sorted(Promotion.objects.get().lines.values_list("price", flat=True)) == [500, 7990]


def test_the_preview_foresees_rows_of_one_promotion_that_differ(load, boss, client):
    run = load(
        workbook(
            ["S-1", "Spring", "", None, None, "", "OTTER", "", "79,90"],
            ["S-2", "Summer", "", None, None, "", "OTTER", "", "79,90"],
            ["S-1", "Spring!", "", None, None, "", "WAX", "", "5"],
        ),
        go=False,
        **OPTIONS,
    )
    run.state = "draft"
    run.save()
    client.force_login(boss)
    rows = client.get(reverse("wagtail_automation_imports:preview", args=[run.pk])).context["rows"]
    later = "A later row of this promotion says something else, and that counts."
    assert [row["errors"] for row in rows] == [[later], [], []]
    assert not Promotion.objects.exists()


def test_the_preview_shows_times_of_the_place_and_what_is_wrong_at_its_cell(load, boss, client, settings):
    settings.TIME_ZONE = "Europe/Paris"
    run = load(workbook(["S-1", "Spring", "", dt.datetime(2026, 12, 1), None, "", "OTTER", "", "1,500"]),  # noqa: DTZ001
               go=False, **OPTIONS)  # fmt: skip
    run.state = "draft"
    run.save()
    client.force_login(boss)
    page = client.get(reverse("wagtail_automation_imports:preview", args=[run.pk]))
    (row,) = page.context["rows"]
    cells = {column["name"]: cell for column, cell in zip(page.context["columns"], row["cells"], strict=True)}
    assert cells["start"]["text"] == "12/01/2026 midnight" and "This may be" in cells["price"]["error"]
    assert row["refused"] and not row["errors"]


def test_bad_rows_say_why_and_keep_no_other_back(load):
    make("taken", codes="single", code="TAKEN")
    run = load(
        workbook(
            ["", "No reference", "", None, None, "", "", "", ""],
            ["A", "A", "", "02/03/2026", "01/03/2026", "", "", "", ""],
            ["B", "B", "", None, None, "TAKEN", "", "", ""],
            ["C", "C", "", None, None, "", "X", "", "5.005"],
            ["D", "D", "", None, None, "", "X", "", "-1"],
            ["E", "E", "", None, None, "", "", "", 5],
            ["F", "F", "", None, None, "no code!", "", "", ""],
            ["G", "G", "", None, None, "=1+1", "", "", ""],
            ["H", "H", "", "soon", None, "", "", "", ""],
            ["I", "Good", "", None, None, "", "", "", ""],
        ),
        **OPTIONS,
    )
    assert run.state == "done", run.problem
    assert sorted(reasons(run)) == list(range(2, 11))
    assert Promotion.objects.exclude(reference="taken").get().reference == "I"


def test_codes_from_a_file(load, person):
    ada, spring = person(), make("S-1")
    other = make("S-2", codes="single", code="mine")
    data = "promotion;code;email\nS-1;A1;\nS-1;A2;ada@example.com\nS-1;a1;\nS-9;A3;\nS-1;MINE;\nS-1;A4;eve@x.com\n"
    options = {"kind": "promotion_codes"}
    run = load(data, **options)
    assert run.state == "done", run.problem
    assert run.counts | {"codes": 2, "known": 1, "refused": 3} == run.counts
    assert sorted(reasons(run)) == [5, 6, 7]
    spring.refresh_from_db()
    assert spring.codes == "imported"
    assert Offer.objects.get(lead=ada).code == "A2"
    assert buy("1", "a1", ada).promotion_id == spring.pk
    run = load(data, **options)
    assert run.counts | {"codes": 0, "known": 3} == run.counts
    assert not Offer.objects.filter(promotion=other).exists()


def test_an_import_of_codes_claims_orders_that_were_there(load, person):
    buy("1", "A1", person())
    spring = make("S-1")
    load("promotion;code\nS-1;A1\n", kind="promotion_codes")
    assert results(spring)["used"] == 1


# -- blocks ----------------------------------------------------------------------------------------------------


def block(promotion):
    return one_block("promotion", {"promotion": promotion.pk, "label": ""})


def test_everybody_sees_it_in_its_time(goods, make_page):
    spring = make(codes="single", code="SPRING", benefit="−20 %", ends_at=NOW + dt.timedelta(hours=1),
                  url="https://shop.example/s")  # fmt: skip
    PromotionProduct.objects.create(promotion=spring, product=goods["otter"], price=900, currency="EUR")
    PromotionProduct.objects.create(promotion=spring, product=goods["badger"])  # not in the shop any more
    Product.objects.filter(sku=goods["otter"].sku).update(is_in_stock=False)
    make_page([block(spring)])
    html = Client().get("/personal/").content.decode()
    assert "−20 %" in html
    assert "SPRING" in html
    assert "9.00\u00a0EUR" in html
    assert "<s" in html
    assert "sold out" in html
    assert names(html) == ["Otter"]
    Promotion.objects.update(ends_at=NOW)
    assert "SPRING" not in Client().get("/personal/").content.decode()


def test_a_code_of_ones_own_stands_in_no_page(goods, make_page, make_visitor):
    spring = make(codes="lead", code="SP")
    page = make_page([block(spring)])
    who, lead = make_visitor()
    assert "SP-" not in who.get("/personal/").content.decode()
    html = fragments(who, page)
    code = Offer.objects.get(lead=lead).code
    assert code in html
    assert fragments(who, page) == html
    assert results(spring)["seen"] == 1
    assert Event.objects.filter(name="promotion_seen", lead=lead).count() == 1


def test_whom_the_rule_leaves_out_sees_nothing(goods, make_page, make_visitor, make_segment):
    member, lead = make_visitor()
    spring = make(
        codes="single", code="SPRING", audience=Rule(rule(("in_segment", {"segment": make_segment(lead).pk})))
    )
    page = make_page([block(spring)])
    assert "SPRING" in fragments(member, page)
    other, _lead = make_visitor()
    assert fragments(other, page) == ""
    assert "SPRING" not in other.get("/personal/").content.decode()
    broken = make("broken", codes="single", code="BROKEN", audience=Rule(rule(("gone", {}))))
    page = make_page([block(broken)], slug="broken")
    assert fragments(member, page) == ""


def test_in_an_email_with_the_code_of_each(goods, make_lead, send, make_segment):
    ada, bob, cyd = (make_lead(f"{name}@example.com") for name in ("ada", "bob", "cyd"))
    spring = make(codes="lead", code="SP", name="Spring {{ lead.email }}", url="https://shop.example/s",
                  audience=Rule(rule(("in_segment", {"segment": make_segment(ada, bob).pk}))))  # fmt: skip
    PromotionProduct.objects.create(promotion=spring, product=goods["otter"], price=900, currency="EUR")
    code = promoting.give_codes(spring, [ada.pk])[ada.pk]
    mails = send([("promotion", {"promotion": spring.pk, "label": ""})], ada, bob, cyd)
    html = part(mails["ada@example.com"])
    assert code in html
    assert "9.00\u00a0EUR" in html
    assert "Prices as of" in html
    assert "Spring { { lead.email } }" in html
    other = part(mails["bob@example.com"])
    assert "Otter" in other
    assert "Your code" not in other
    assert "Otter" not in part(mails["cyd@example.com"])
    assert code in part(mails["ada@example.com"], "plain")


# -- the admin -------------------------------------------------------------------------------------------------

VIEW = "wagtail_automation_promotion"


def form(**more):
    empty = {"lines-TOTAL_FORMS": "0", "lines-INITIAL_FORMS": "0", "lines-MIN_NUM_FORMS": "0",
             "lines-MAX_NUM_FORMS": "1000", "audience": "", "codes": "single", "code": "SPRING",
             "name": "Spring", "reference": "S-1", "benefit": "", "description": "", "url": "",
             "starts_at": "2026-03-01T08:00", "ends_at": ""}  # fmt: skip
    return empty | more


def test_written_in_a_form_with_its_products(goods, marketer, client, person):
    buy("1", "spring", person())
    line = {"lines-TOTAL_FORMS": "1", "lines-0-product": goods["otter"].pk, "lines-0-amount": "8,50",
            "lines-0-currency": "EUR", "lines-0-ORDER": "1", "lines-0-id": ""}  # fmt: skip
    answer = client.post(reverse(f"{VIEW}:add"), form(**line))
    assert answer.status_code == 302, answer.context["form"].errors
    spring = Promotion.objects.get()
    assert spring.lines.get().price == 850
    assert results(spring)["used"] == 1
    page = client.get(reverse(f"{VIEW}:index")).content.decode()
    assert "10.00\u00a0EUR" in page
    assert f"promotion__id__exact={spring.pk}" in page
    assert client.get(reverse(f"{VIEW}:edit", args=[spring.pk])).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": ""},
        {"code": "<script>"},
        {"code": "TAKEN"},
        {"reference": "TÁKEN"},
        {"ends_at": "2026-02-01T08:00"},
        {"audience": "{"},
        {"url": "javascript:alert(1)"},
        {
            "lines-TOTAL_FORMS": "1",
            "lines-0-amount": "5.005",
            "lines-0-currency": "EUR",
            "lines-0-ORDER": "1",
        },
    ],
)
def test_what_the_form_refuses(goods, marketer, client, wrong):
    make("taken", codes="single", code="taken")
    if "lines-TOTAL_FORMS" in wrong:
        wrong = wrong | {"lines-0-product": goods["otter"].pk, "lines-0-id": ""}
    answer = client.post(reverse(f"{VIEW}:add"), form(**wrong))
    assert answer.status_code == 200
    assert Promotion.objects.count() == 1


def test_lists_and_files(goods, marketer, client, person):
    spring, ada = make(codes="lead", name="=Spring"), person("ada")
    promoting.show(spring, ada)
    assert "ada@example.com" in client.get(reverse("automation_offers_modeladmin_index")).content.decode()
    orders = client.get(reverse("automation_orders_modeladmin_index"), {"promotion__id__exact": spring.pk})
    assert orders.status_code == 200
    text = b"".join(client.get(reverse(f"{VIEW}:index"), {"export": "csv"}).streaming_content).decode()
    assert "'=Spring" in text
    assert ",1,1,0," in text


def test_an_activity_refuses_a_promotion_without_codes_to_give():
    from wagtail_automation.activities import activities

    give = activities["coupon_give"]()
    with pytest.raises(ValidationError):
        give.clean(give.to_python({"promotion": make(codes="single", code="x").pk}))
