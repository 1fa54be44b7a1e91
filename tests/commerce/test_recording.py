"""Orders through the Python API: once for each number, in any order of arrival, whosever they are."""

import itertools
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.commerce.conftest import NOW, hours_ago, item
from wagtail_automation.commerce.actions import record_order
from wagtail_automation.commerce.models import (
    Claim,
    LeadOrders,
    LeadSpend,
    Order,
    OrderItem,
    Product,
    ProductCategory,
    Refund,
)
from wagtail_automation.leads import actions as leads
from wagtail_automation.leads.models import Lead
from wagtail_automation.signals import events_recorded
from wagtail_automation.tracking.models import Event

pytestmark = pytest.mark.django_db
ADA = {"email": "ada@example.com"}


def paid(number="1", **more):
    more.setdefault("identifiers", ADA)
    more.setdefault("items", [item()])
    return record_order(number, currency="EUR", state="paid", **more)


def names(lead) -> list[str]:
    own = ("order_placed", "order_paid", "order_cancelled", "order_refunded")
    return list(
        Event.objects.filter(lead=lead, name__in=own).order_by("at", "pk").values_list("name", flat=True)
    )


def test_an_order_with_all_that_belongs_to_it():
    order = record_order(
        "A-1",
        source="shop",
        identifiers={"email": "Ada@Example.com", "external": "c7"},
        currency="eur",
        items=[
            item("otter", "49.90", 2, categories=["Bags", "bags ", "Leather"]),
            {"name": "Gift wrap", "price": Decimal("1.5")},
        ],
        shipping="4.90",
        discount="5",
        tax="8.00",
        channel="call_centre",
        coupon="SPRING",
        info={"Gift note": "Für Élodie", "boxes": 2},
        state="paid",
        placed_at=hours_ago(3),
        paid_at=hours_ago(2),
    )
    order.refresh_from_db()
    assert (order.total, order.shipping, order.discount, order.tax) == (10120, 490, 500, 800)
    assert (order.state, order.is_counted, order.item_count) == ("paid", True, 3)
    assert order.folded == {"gift note": "fur elodie", "boxes": 2}
    assert order.lead.email == "ada@example.com" and order.lead.is_known
    assert set(order.lead.identifiers.values_list("kind", flat=True)) == {"email", "external"}
    first, second = order.items.all()
    assert {link.category.name for link in first.categories.all()} == {"bags", "Leather"} or {
        link.category.name for link in first.categories.all()
    } == {"Bags", "Leather"}
    assert first.product.price == 4990 and first.product.currency == "EUR"
    assert set(first.product.categories.all()) == {link.category for link in first.categories.all()}
    assert second.product is None and second.name == "Gift wrap"
    totals = LeadOrders.objects.get(pk=order.lead_id)
    assert (totals.order_count, totals.item_count, totals.first_at) == (1, 3, hours_ago(2))
    assert names(order.lead_id) == ["order_placed", "order_paid"]


def test_the_same_call_again_changes_nothing():
    for _again in range(3):
        order = paid(at=hours_ago(1), refunds=[{"key": "r", "amount": "2", "at": hours_ago(1)}])
    assert Order.objects.count() == OrderItem.objects.count() == Refund.objects.count() == 1
    assert LeadSpend.objects.get().revenue == 800
    assert names(order.lead_id) == ["order_placed", "order_paid", "order_refunded"]


STORY = [
    {"items": [item("otter", "10")], "currency": "EUR", "identifiers": ADA, "at": hours_ago(9),
     "placed_at": hours_ago(9)},
    {"paid_at": hours_ago(8), "at": hours_ago(8)},
    {"items": [item("otter", "10"), item("badger", "30")], "currency": "EUR", "at": hours_ago(7),
     "info": {"note": "second"}},
    {"refunds": [{"key": "r1", "amount": "5", "at": hours_ago(6)}], "currency": "EUR", "at": hours_ago(6)},
    {"info": {"note": "first"}, "coupon": "OLD", "at": hours_ago(10)},
]  # fmt: skip


@pytest.mark.parametrize("order", list(itertools.permutations(range(len(STORY))))[::7])
def test_any_order_of_arrival_ends_alike(order):
    """Also a refund before the payment, and the payment before anybody said what was ordered."""
    for step in (*order, *order[:2]):
        record_order("1", **STORY[step])
    stored = Order.objects.get()
    assert (stored.total, stored.refunded, stored.state) == (4000, 500, "part_refunded")
    assert (stored.info, stored.coupon, stored.item_count) == ({"note": "second"}, "OLD", 2)
    assert (stored.placed_at, stored.paid_at) == (hours_ago(9), hours_ago(8))
    assert [line.sku for line in stored.items.all()] == ["otter", "badger"]
    spend = LeadSpend.objects.get()
    assert (spend.lead_id, spend.order_count, spend.revenue, spend.refunded) == (stored.lead_id, 1, 3500, 500)
    assert sorted(names(stored.lead_id)) == ["order_paid", "order_placed", "order_refunded"]


def test_two_statements_of_one_moment_end_alike_in_either_order():
    ends = []
    for number, prices in (("1", ("10", "20")), ("2", ("20", "10"))):
        for price in prices:
            record_order(number, currency="EUR", items=[item(price=price)], at=hours_ago(1))
        ends.append(Order.objects.get(number=number).total)
    assert ends[0] == ends[1]


def test_states_and_what_counts():
    order = record_order("1", currency="EUR", items=[item()], identifiers=ADA)
    assert (order.state, order.is_counted) == ("placed", False)
    assert not LeadOrders.objects.exists()
    order = record_order("1", state="paid")
    assert (order.state, LeadSpend.objects.get().revenue) == ("paid", 1000)
    order = record_order("1", currency="EUR", refunds=[{"key": "a", "amount": "10"}])
    assert order.state == "refunded" and not LeadSpend.objects.exists() and not LeadOrders.objects.exists()
    order = record_order("1", state="cancelled")
    assert order.state == "cancelled" and order.revenue == 0
    assert record_order("1", state="paid").state == "cancelled"


def test_each_source_has_its_own_numbers_and_each_currency_its_own_total():
    one, other = paid("1", source="web"), record_order(
        "1", source="till", currency="JPY", items=[item("lantern", "1200")], state="paid", identifiers=ADA
    )  # fmt: skip
    assert one.lead_id == other.lead_id and one.pk != other.pk
    assert dict(LeadSpend.objects.values_list("currency", "revenue")) == {"EUR": 1000, "JPY": 1200}
    assert LeadOrders.objects.get().order_count == 2


class TestWhose:
    def test_the_strongest_identifier_decides(self, person):
        ada, bob = person("ada"), person("bob")
        leads.identify(lead=ada, identifiers={"external": "c7"}, source="test", now=NOW)
        order = paid(identifiers={"email": "bob@example.com", "external": "c7"})
        assert order.lead_id == ada.pk and not names(bob.pk)

    def test_a_lead_that_was_merged_away_is_its_survivor(self, person):
        ada, bob = person("ada"), person("bob")
        leads.merge(source=bob, target=ada, now=NOW, reason="test")
        assert paid(lead=bob.pk, identifiers=None).lead_id == ada.pk

    def test_nobody_is_made_where_nobody_shall_be(self):
        order = paid(create_lead=False)
        assert order.lead_id is None and Lead.objects.count() == 0
        assert Claim.objects.get().value == "ada@example.com"
        assert not Event.objects.exists()

    def test_it_finds_its_lead_when_they_become_known(self, person):
        order = paid(create_lead=False, identifiers={"email": "ada@example.com", "phone": "+33612345678"})
        ada = person("ada")
        order.refresh_from_db()
        assert order.lead_id == ada.pk and not Claim.objects.exists()
        assert LeadSpend.objects.get(lead=ada).revenue == 1000
        assert names(ada.pk) == ["order_placed", "order_paid"]

    def test_what_is_long_ago_starts_no_campaign(self, person):
        heard = []

        def hear(sender, events, **kwargs):
            heard.extend(event.name for event in events if event.name.startswith("order"))

        events_recorded.connect(hear)
        try:
            paid("1", at=hours_ago(24 * 30), create_lead=False)
            ada = person("ada")
            assert names(ada.pk) and heard == []
            paid("2", at=hours_ago(1))
            assert heard == ["order_placed", "order_paid"]
            paid("3", at=hours_ago(1), wake=False)
            assert len(heard) == 2
        finally:
            events_recorded.disconnect(hear)

    def test_two_leads_claim_one_order_and_the_latest_statement_decides(self, person):
        ada, bob = person("ada"), person("bob")
        record_order("1", identifiers={"email": "bob@example.com"}, at=hours_ago(1))
        paid("1", at=hours_ago(2))
        order = Order.objects.get()
        assert order.lead_id == bob.pk and names(bob.pk) == ["order_placed", "order_paid"]
        record_order("1", identifiers=ADA)
        order.refresh_from_db()
        assert order.lead_id == ada.pk and names(bob.pk) == []
        assert names(ada.pk) == ["order_placed", "order_paid"]
        assert list(LeadSpend.objects.values_list("lead", "revenue")) == [(ada.pk, 1000)]

    def test_an_anonymous_browser_becomes_the_person(self):
        browser = leads.create_anonymous(now=NOW)
        order = paid(lead=browser)
        assert order.lead_id == browser.pk and Lead.objects.get().is_known

    def test_a_merge_keeps_everything(self, person):
        ada, bob = person("ada"), person("bob")
        paid("1")
        paid("2", identifiers={"email": "bob@example.com"}, refunds=[{"key": "r", "amount": "1"}])
        leads.merge(source=bob, target=ada, now=NOW, reason="test")
        assert Order.objects.filter(lead=ada).count() == 2
        totals, spend = LeadOrders.objects.get(), LeadSpend.objects.get()
        assert (totals.lead_id, totals.order_count, spend.revenue, spend.refunded) == (ada.pk, 2, 1900, 100)
        assert len(names(ada.pk)) == 5


BAD = [
    ({"lead": "zoe"}, "lead"),
    ({"lead": True}, "lead"),
    ({"currency": "EURO"}, "currency"),
    ({"currency": "XXQ"}, "currency"),
    ({"currency": ""}, "currency"),
    ({"items": [item(quantity=-1)]}, "items"),
    ({"items": [item(quantity=0)]}, "items"),
    ({"items": [item(quantity=1.5)]}, "items"),
    ({"items": [item(quantity=True)]}, "items"),
    ({"items": [item(price="-1")]}, "items"),
    ({"items": [item(price="1.001")]}, "items"),
    ({"items": [item(price="1e30")]}, "items"),
    ({"items": [item(price=9.9)]}, "items"),
    ({"items": [item(price="NaN")]}, "items"),
    ({"items": [item(price="10000000000")]}, "items"),
    ({"items": [item(price="9999999999", quantity=100)]}, "items"),
    ({"items": [{"price": "1"}]}, "items"),
    ({"items": [{"sku": "x", "colour": "red"}]}, "items"),
    ({"items": [{"sku": "x", "url": "javascript:alert(1)"}]}, "items"),
    ({"items": "otter"}, "items"),
    ({"items": [item()] * 501}, "items"),
    ({"total": "1000000000000"}, "total"),
    ({"total": "Infinity"}, "total"),
    ({"total": []}, "total"),
    ({"shipping": "-1"}, "shipping"),
    ({"state": "sent"}, "state"),
    ({"channel": "pigeon"}, "channel"),
    ({"number": ""}, "number"),
    ({"number": "x" * 201}, "number"),
    ({"number": None}, "number"),
    ({"at": "2026-03-01"}, "at"),
    ({"at": NOW.replace(tzinfo=None)}, "at"),
    ({"paid_at": NOW.replace(year=2027)}, "paid_at"),
    ({"placed_at": NOW.replace(year=1066)}, "placed_at"),
    ({"identifiers": {"email": "nobody"}}, "identifiers"),
    ({"identifiers": {"shoe": "42"}}, "identifiers"),
    ({"identifiers": ["ada@example.com"]}, "identifiers"),
    ({"refunds": [{"amount": "1"}]}, "refunds"),
    ({"refunds": [{"key": "a", "amount": "0"}]}, "refunds"),
    ({"refunds": [{"key": "a", "amount": "-1"}]}, "refunds"),
    ({"refunds": {"key": "a"}}, "refunds"),
    ({"info": ["gift"]}, "info"),
    ({"info": {"a": float("nan")}}, "info"),
    ({"info": {"a": "x" * 501}}, "info"),
    ({"coupon": "x" * 101}, "coupon"),
    ({"create_lead": "false"}, "create_lead"),
    ({"create_lead": 0}, "create_lead"),
]


@pytest.mark.parametrize(("wrong", "field"), BAD, ids=lambda value: str(value)[:60])
def test_bad_input_is_named_and_writes_nothing(wrong, field):
    said = {"number": "1", "currency": "EUR", "items": [item()], "identifiers": ADA, **wrong}
    with pytest.raises(ValidationError) as caught:
        record_order(said.pop("number"), **said)
    assert list(caught.value.message_dict) == [field]
    assert not Order.objects.exists() and not Lead.objects.exists() and not Product.objects.exists()


def test_another_currency_is_refused_and_changes_nothing():
    paid("1")
    with pytest.raises(ValidationError, match="EUR"):
        record_order("1", currency="USD", items=[item(price="1")], state="cancelled")
    assert Order.objects.get().state == "paid" and LeadSpend.objects.get().revenue == 1000


def test_refunds_of_more_than_was_paid_leave_nothing_to_count():
    order = paid(refunds=[{"key": "a", "amount": "99"}])
    assert (order.state, order.revenue) == ("refunded", 0) and not LeadSpend.objects.exists()


def test_products_are_known_by_their_sku_and_never_overwritten():
    paid("1", items=[item("OTTER", "10", categories=["Bags"])])
    Product.objects.update(name="Otter pannier")
    paid("2", items=[item("otter", "12", categories=["Sale"])])
    product = Product.objects.get()
    assert (product.name, product.price) == ("Otter pannier", 1000)
    assert [category.name for category in product.categories.all()] == ["Bags"]
    assert product.items.count() == 2
    # without a word on categories an item stands where its product stands
    order = paid("3", items=[item("otter")])
    assert [link.category.name for link in order.items.get().categories.all()] == ["Bags"]
    assert ProductCategory.objects.count() == 2


def test_statements_do_not_grow_with_what_is_ordered():
    counts = []
    for number, size in (("0", 1), ("1", 1), ("2", 60)):
        lines = [
            item(f"sku{number}-{position}", categories=[f"c{number}-{position}"]) for position in range(size)
        ]
        with CaptureQueriesContext(connection) as queries:
            paid(number, items=lines)
        counts.append(len(queries))
    assert counts[1] == counts[2], counts
    with CaptureQueriesContext(connection) as queries:
        paid("1", items=[item()])
    assert len(queries) <= counts[1]


LINES = [
    item("otter", "89.90", 2, categories=["Bags"]),
    item("wax", "9.50", categories=["Care"]),
    item("cap"),
]


def statements_of(number="1", **said) -> int:
    with CaptureQueriesContext(connection) as queries:
        record_order(number, currency="EUR", source="till", **said)
    return len([row for row in queries if not row["sql"].startswith(("SAVEPOINT", "RELEASE"))])


def test_how_many_statements_one_order_takes(person):
    """Nothing that was just written is read, nothing that stays is written again."""
    ada = person()
    paid("0", items=LINES, coupon="SPRING")
    whole = {"items": LINES, "coupon": "SPRING", "identifiers": ADA, "state": "paid"}
    assert statements_of("1", **whole, at=hours_ago(1)) == 17
    assert statements_of("1", **whole, at=hours_ago(1)) == 6
    assert statements_of("2", **whole, lead=ada, wake=False) == 17
    assert statements_of("3", items=LINES, lead=ada, at=hours_ago(3)) == 14
    assert statements_of("3", state="paid", at=hours_ago(2)) == 13
    back = [{"key": "r", "amount": "5", "items": [{"sku": "wax", "quantity": 1}]}]
    assert statements_of("3", refunds=back) == 17
    zoe = {"identifiers": {"email": "zoe@example.com"}}
    assert statements_of("4", items=[item("new", categories=["Also new"])], **zoe) == 26
    assert LeadOrders.objects.get(pk=ada.pk).order_count == 4


def test_the_same_items_said_again_later_are_not_written_again(person):
    """A file imported anew: its lines stay, and whoever contradicts it is still judged by the newest word."""
    paid("1", at=hours_ago(3), items=[item("OTTER", "10"), item("WAX", "5")])
    lines = list(OrderItem.objects.values_list("pk", "sku"))
    order = paid("1", at=hours_ago(1), items=[item("OTTER", "10"), item("WAX", "5")])
    assert list(OrderItem.objects.values_list("pk", "sku")) == lines and order.total == 1500
    paid("1", at=hours_ago(2), items=[item("STRAP", "1")])
    assert [line.sku for line in order.items.all()] == ["OTTER", "WAX"]
    paid("1", items=[item("STRAP", "1")])
    order.refresh_from_db()
    assert [line.sku for line in order.items.all()] == ["STRAP"] and order.total == 100


def test_what_came_back_is_not_bought(person):
    ada = person()
    lines = [item("otter", quantity=2), item("wax", "1"), item("Otter", quantity=3)]
    back = [{"key": "r", "amount": "30", "items": [{"sku": "OTTER", "quantity": 3}]}]
    record_order("1", lead=ada, currency="EUR", refunds=back, at=hours_ago(3))  # before what was ordered
    order = record_order("1", lead=ada, currency="EUR", items=lines, state="paid", at=hours_ago(2))
    assert list(order.items.values_list("sku", "quantity", "returned")) == [
        ("otter", 2, 2), ("wax", 1, 0), ("Otter", 3, 1),
    ]  # fmt: skip
    assert [row.sku for row in OrderItem.objects.filter(sku_key="otter").bought()] == ["Otter"]
    assert not OrderItem.objects.filter(sku_key="otter").bought(3).exists()
    assert OrderItem.objects.filter(sku_key="otter").bought(2).exists()
    record_order("1", currency="EUR", refunds=back)
    record_order(
        "1",
        currency="EUR",
        refunds=[{"key": "s", "amount": "1", "items": [{"sku": "otter", "quantity": 99}]}],
    )
    assert sum(line.returned for line in order.items.all()) == 5


@pytest.mark.parametrize(
    "items",
    ["x", [1], [{"sku": ""}], [{"sku": "a", "quantity": 0}], [{"sku": "a", "quantity": -1}],
     [{"sku": "a", "quantity": 1.5}], [{"sku": "a", "price": "1"}], [{"sku": "a", "quantity": True}]],
)  # fmt: skip
def test_refunds_of_things_that_make_no_sense(items):
    with pytest.raises(ValidationError) as caught:
        record_order("1", currency="EUR", refunds=[{"key": "r", "amount": "1", "items": items}])
    assert set(caught.value.message_dict) == {"refunds"}
    assert not Order.objects.exists()


def test_what_came_back_may_be_said_after_the_money(person):
    record_order("1", lead=person(), currency="EUR", items=[item("otter", quantity=2)], state="paid",
                 refunds=[{"key": "r", "amount": "5"}], at=hours_ago(2))  # fmt: skip
    for quantity in (1, 2):  # what was said first stays
        refund = {"key": "r", "amount": "5", "items": [{"sku": "otter", "quantity": quantity}]}
        order = record_order("1", currency="EUR", refunds=[refund])
    assert (order.refunded, order.items.get().returned) == (500, 1)
