"""Points for purchases: score sets by amount, from the order to the lead's points, as a site runs it."""

import pytest

from tests.audiences.scores import make_set, on, when
from tests.commerce.conftest import hours_ago, item
from wagtail_automation.audiences.models import ScoreEntry
from wagtail_automation.audiences.watching.work import work_off
from wagtail_automation.commerce.actions import record_order
from wagtail_automation.leads.models import Lead

pytestmark = pytest.mark.django_db


def score(lead) -> int:
    for _batch in range(3):
        work_off()
    return Lead.objects.get(pk=lead.pk).score


def buy(lead, number, price, hours=1, **more):
    return record_order(number, lead=lead, currency=more.pop("currency", "EUR"), items=[item(price=price)],
                        state=more.pop("state", "paid"), at=hours_ago(hours), **more)  # fmt: skip


@pytest.fixture
def publish():
    """A set whose rules give points from now on."""

    def publish(*rules):
        made = make_set(*rules, live=False)
        made.save_revision().publish()
        work_off()
        return made

    return publish


def test_points_for_each_order_of_so_much(person, publish):
    publish(
        on("order_paid", {"amount": 100, "currency": "EUR"}, value=25, frequency="each"),
        on("order_paid", {}, value=1, frequency="each"),
    )
    ada, bob = person(), person("bob")
    buy(ada, "1", "99.99")
    assert score(ada) == 1
    buy(ada, "2", "100.00")
    assert score(ada) == 1 + 26
    buy(ada, "2", "100.00")  # the shop says it twice
    assert score(ada) == 27
    buy(ada, "3", "400.00", currency="USD")
    assert score(ada) == 28
    buy(ada, "4", "150.00", state="placed")
    assert score(ada) == 28
    buy(ada, "4", "150.00", hours=0.5)
    assert score(ada) == 54
    assert score(bob) == 0


def test_points_for_what_all_orders_make_and_back_when_money_goes_back_never(person, publish):
    """A rule about the person gives its points once, when it becomes true; what it gave stays."""
    ada = person()
    buy(ada, "1", "90")
    rule = {"id": "c1", "type": "amount_spent",
            "value": {"amount": {"operator": "gte", "value": 150}, "currency": "EUR"}}  # fmt: skip
    publish(when(rule, value=50))
    assert score(ada) == 0
    buy(ada, "2", "60")
    assert score(ada) == 50
    buy(ada, "3", "500")
    assert score(ada) == 50
    record_order("3", currency="EUR", refunds=[{"key": "r", "amount": "500"}])
    record_order("2", currency="EUR", refunds=[{"key": "r", "amount": "60"}])
    buy(ada, "4", "200")
    assert score(ada) == 50
    assert sum(ScoreEntry.objects.filter(lead=ada).values_list("points", flat=True)) == 50


def test_who_spent_so_much_already_gets_points_when_the_set_is_published(person, publish):
    ada, bob = person(), person("bob")
    buy(ada, "1", "200")
    buy(bob, "2", "10")
    rule = {"id": "c1", "type": "amount_spent",
            "value": {"amount": {"operator": "gte", "value": 150}, "currency": "EUR"}}  # fmt: skip
    publish(when(rule, value=50))
    assert (score(ada), score(bob)) == (50, 0)
