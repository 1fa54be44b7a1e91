"""What came in equals what is reported: random shops, whatever comes twice, late, or for somebody unknown."""

import datetime as dt

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.commerce.conftest import NOW, item
from wagtail_automation.commerce.models import LeadOrders, LeadSpend, Order
from wagtail_automation.commerce.recording import record_statements
from wagtail_automation.commerce.stating import order_statement
from wagtail_automation.leads import actions as leads
from wagtail_automation.leads.models import Identifier

pytestmark = pytest.mark.django_db

PEOPLE = ("ada", "bob", "zoe")
#: every order of a shop is in one currency
CURRENCIES = {"1": "EUR", "2": "EUR", "3": "JPY", "4": "KWD"}
PRICES = {"EUR": st.sampled_from(["0", "0.01", "19.99", "250"]), "JPY": st.sampled_from(["1", "1200"]),
          "KWD": st.sampled_from(["0.125", "7.5"])}  # fmt: skip

#: what comes back with each refund
BACK = {"a": [], "b": [{"sku": "OTTER", "quantity": 1}], "c": [{"sku": "otter", "quantity": 3}, {"sku": "x"}]}


@st.composite
def calls(draw):
    number = draw(st.sampled_from(sorted(CURRENCIES)))
    currency = CURRENCIES[number]
    price = PRICES[currency]
    moment = st.integers(1, 500).map(lambda minutes: NOW - dt.timedelta(minutes=minutes))
    said = {"number": number, "at": draw(moment), "currency": currency}
    said["create_lead"] = draw(st.booleans())
    if draw(st.booleans()):
        sizes = st.lists(st.tuples(price, st.integers(1, 3)), max_size=3)
        said["items"] = [item(price=cost, quantity=pieces) for cost, pieces in draw(sizes)]
    if draw(st.booleans()):
        said["identifiers"] = {"email": f"{draw(st.sampled_from(PEOPLE))}@example.com"}
    for name, chance in (("paid_at", 2), ("cancelled_at", 8)):
        if draw(st.integers(1, chance)) == 1:
            said[name] = draw(moment)
    keys = st.lists(st.sampled_from("abc"), max_size=2, unique=True)
    said["refunds"] = [
        {"key": key, "amount": "0.250" if currency == "KWD" else "1", "items": BACK[key]}
        for key in draw(keys)
    ]
    return said


acts = st.lists(
    st.one_of(
        calls().map(lambda said: ("call", said)),
        st.tuples(st.just("again"), st.integers(0, 30)),
        st.tuples(st.just("known"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("merge"), st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE))),
    ),
    max_size=20,
)


def naive(said: list[dict]) -> dict[str, tuple]:
    """``{number: (revenue, refunded, counts, pieces that came back)}``, read from the calls alone: one after
    the other by time."""
    found = {}
    for number in {call["number"] for call in said}:
        mine = sorted((call for call in said if call["number"] == number), key=lambda call: call["at"])
        statements = [order_statement(**call) for call in mine]
        contents = [one for one in statements if "content" in one.parts]
        newest = max(contents, key=lambda one: one.mark("content"), default=None)
        total = newest.parts["content"]["total"] if newest else 0
        refunds = {refund["key"]: refund["amount"] for one in statements for refund in one.refunds}
        refunded = sum(refunds.values())
        is_paid = any(one.paid_at for one in statements)
        is_cancelled = any(one.cancelled_at for one in statements)
        counts = bool(newest and is_paid and not is_cancelled and (not refunded or refunded < total))
        kept = {refund["key"] for one in statements for refund in one.refunds}
        back = sum(item["quantity"] for key in kept for item in BACK[key] if item["sku"].lower() == "otter")
        pieces = sum(item["quantity"] for item in newest.parts["content"]["items"]) if newest else 0
        found[number] = (total - refunded if counts else 0, refunded, counts, min(back, pieces))
    return found


def owner_of(address: str) -> int | None:
    return Identifier.objects.filter(kind="email", value=address).values_list("lead", flat=True).first()


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=acts)
def test_what_came_in_equals_what_is_reported(acts, db):
    with transaction.atomic():
        said = []
        for kind, value in acts:
            if kind == "call":
                said.append(value)
                record_statements([order_statement(**value)])
            elif kind == "again" and said:
                record_statements([order_statement(**said[value % len(said)])])
            elif kind == "known":
                leads.create_known(identifiers={"email": f"{value}@example.com"}, source="test", now=NOW)
            elif kind == "merge":
                one, other = (owner_of(f"{name}@example.com") for name in value)
                if one and other and one != other:
                    by_pk = leads.Lead.objects.in_bulk([one, other])
                    leads.merge(source=by_pk[one], target=by_pk[other], now=NOW, reason="test")
        expected = naive(said)
        orders = {order.number: order for order in Order.objects.all()}
        assert {
            number: (
                order.revenue,
                order.refunded,
                order.is_counted,
                sum(line.returned for line in order.items.all()),
            )
            for number, order in orders.items()
        } == expected
        check_totals(orders.values())
        check_owners(said, orders)
        # the same calls in another order and all at once end the same
        shown = Order.objects.values_list("number", "total", "refunded", "state", "placed_at").order_by("pk")
        before = sorted(shown)
        Order.objects.all().delete()
        record_statements([order_statement(**call) for call in reversed(said)])
        assert sorted(shown) == before
        check_totals(Order.objects.all())
        transaction.set_rollback(True)


def check_totals(orders) -> None:
    """The totals are what the orders of each lead add up to, and nobody has an empty row."""
    counted = [order for order in orders if order.is_counted and order.lead_id]
    spends, totals = {}, {}
    for order in counted:
        count, revenue, refunded = spends.get((order.lead_id, order.currency), (0, 0, 0))
        spends[order.lead_id, order.currency] = (
            count + 1,
            revenue + order.revenue,
            refunded + order.refunded,
        )
        moments, pieces = totals.get(order.lead_id, ([], 0))
        totals[order.lead_id] = ([*moments, order.paid_at], pieces + order.item_count)
    assert {
        (row.lead_id, row.currency): (row.order_count, row.revenue, row.refunded)
        for row in LeadSpend.objects.all()
    } == spends
    assert {
        row.lead_id: (row.order_count, row.item_count, row.first_at, row.last_at)
        for row in LeadOrders.objects.all()
    } == {
        lead: (len(moments), pieces, min(moments), max(moments)) for lead, (moments, pieces) in totals.items()
    }


def check_owners(said: list[dict], orders: dict[str, Order]) -> None:
    """Each order belongs to whom its newest statement names, if they are known by now."""
    for number, order in orders.items():
        claims = [order_statement(**call) for call in said if call["number"] == number]
        claims = [one for one in claims if "claim" in one.parts]
        newest = max(claims, key=lambda one: one.mark("claim"), default=None)
        wanted = owner_of(newest.identifiers[0][1]) if newest else None
        assert order.lead_id == wanted
