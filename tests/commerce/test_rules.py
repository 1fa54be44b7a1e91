"""The contracts of the conditions, triggers and activities about purchases, and their forms' bad input."""

import pytest
from django.core.exceptions import ValidationError

from tests.commerce.conftest import NOW, hours_ago, item
from wagtail_automation.activities import activities
from wagtail_automation.commerce import rfm
from wagtail_automation.commerce.actions import record_order, update_cart
from wagtail_automation.commerce.models import LeadOrders, Order, Product, ProductCategory
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules import conditions
from wagtail_automation.rules.binding import bind
from wagtail_automation.signals import events_recorded, facts_changed
from wagtail_automation.testing import contracts
from wagtail_automation.triggers import triggers

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(person):
    """Six people of whom one bought a lot, one a little, one left a cart."""
    people = [person(name) for name in ("ada", "bob", "cyd", "dan", "eve", "fay")]
    ada, bob, cyd = people[:3]
    for number in range(4):
        record_order(
            f"a{number}", lead=ada, currency="EUR", state="paid", at=hours_ago(number + 1),
            items=[item("otter", "50", 2, categories=["Bags"])], info={"gift": "yes", "boxes": 3},
        )  # fmt: skip
    record_order("b", lead=bob, currency="EUR", state="paid", items=[item("wax", "5")], at=hours_ago(900))
    update_cart("c", lead=cyd, currency="EUR", items=[item("wax", "5")], at=hours_ago(30))
    rfm.refresh(now=NOW)
    return people


def values() -> dict:
    return {
        "bought_category": {"category": ProductCategory.objects.get(folded="bags").pk, "quantity": 3},
        "bought_name": {"how": "exact", "text": "OTTER", "quantity": 1},
        "bought_sku": {"sku": "otter", "quantity": 8},
        "amount_spent": {"amount": {"operator": "gte", "value": 400}, "currency": "EUR"},
        "order_count": {"count": {"operator": "gte", "value": 2}, "days": 30},
        "order_with_info": {"attribute": "boxes", "operator": "gte", "value": "3"},
        "cart_open": {"hours": 30, "amount": 5, "currency": "EUR"},
        "rfm_class": {"name": "champion"},
        "average_basket": {"amount": {"operator": "gte", "value": 40}, "currency": "EUR"},
        "last_order": {"ago": {"operator": "lte", "value": 30}, "unit": "days"},
        "first_order": {"ago": {"operator": "lte", "value": 30}, "unit": "days"},
    }


@pytest.mark.parametrize(
    "key",
    ["bought_category", "bought_name", "bought_sku", "amount_spent", "order_count", "order_with_info",
     "cart_open", "rfm_class", "average_basket", "last_order", "first_order"],
)  # fmt: skip
def test_contracts_of_conditions(key, shop):
    found = contracts.check_condition(conditions[key], value=values()[key], model=Lead, now=NOW)
    assert found == {shop[2 if key == "cart_open" else 0].pk}


@pytest.mark.parametrize("key", ["order_paid", "cart_abandoned"])
def test_contracts_of_triggers(key):
    contracts.check_trigger(triggers[key])


class TestRecord:
    def config(self, **more):
        product = Product.objects.create(
            sku="oar", name="Oar", price=1050, currency="EUR", created_at=NOW, updated_at=NOW
        )
        return {"items": [{"product": product.pk, "quantity": 2}], "currency": "EUR", "channel": "shop",
                "is_paid": True, **more}  # fmt: skip

    def test_as_many_statements_for_many(self, person):
        people = [person(f"p{number}") for number in range(9)]

        def cohort_of(size):
            return LeadsCohort([lead.pk for lead in people[-size:]], key=f"act:{size}", now=NOW)

        contracts.check_activity(
            activities["order_record"], value=self.config(), cohort_of=cohort_of, sizes=(2, 7)
        )
        assert Order.objects.count() == 9

    @pytest.mark.parametrize(("origin", "heard"), [("form:1", 1), ("campaign:1", 0)])
    def test_a_repeat_changes_nothing_and_a_campaign_starts_none(self, person, origin, heard):
        block, ada, told = activities["order_record"](), person(), []

        def hear(sender, events, **kwargs):
            told.extend(event for event in events if event.name == "order_paid")

        events_recorded.connect(hear)
        try:
            value = bind(block, self.config(amount="20,00"))
            for _again in range(2):
                block.apply(value, LeadsCohort([ada.pk], key="act:1", origin=origin, now=NOW))
        finally:
            events_recorded.disconnect(hear)
        assert Order.objects.get().total == 2000 and len(told) == heard
        assert LeadOrders.objects.get(lead=ada).order_count == 1

    @pytest.mark.parametrize(("price", "currency"), [(None, "EUR"), (None, ""), (500, "USD")])
    def test_a_product_without_a_price_here_needs_the_total(self, person, price, currency):
        config = self.config(amount="")
        product = Product.objects.get(pk=config["items"][0]["product"])
        Product.objects.filter(pk=product.pk).update(price=price, currency=currency)
        block = activities["order_record"]()
        with pytest.raises(ValidationError):
            block.clean(block.to_python(config))
        # published before the price was taken away: the step goes on, with an order of nothing
        block.apply(bind(block, config), LeadsCohort([person().pk], key="act:1", now=NOW))
        assert Order.objects.get().total == 0


@pytest.mark.parametrize(
    ("registry", "key", "wrong"),
    [
        (activities, "order_record", {"items": [], "amount": "", "currency": "EUR", "channel": "shop"}),
        (activities, "order_record", {"items": [], "amount": "1.234", "currency": "EUR", "channel": "shop"}),
        (activities, "order_record", {"items": [], "amount": "1,500", "currency": "EUR", "channel": "shop"}),
        (activities, "order_record", {"items": [], "amount": "5", "currency": "ZZZ", "channel": "shop"}),
        (activities, "order_record", {"items": [], "amount": "-5", "currency": "EUR", "channel": "shop"}),
        (triggers, "order_paid", {"amount": 5.0, "currency": ""}),
        (triggers, "cart_abandoned", {"hours": "5", "currency": ""}),
        (conditions, "bought_sku", {"sku": "*", "quantity": 1}),
        (conditions, "bought_sku", {"sku": "a*b", "quantity": 1}),
        (conditions, "bought_name", {"how": "contains", "text": "", "quantity": 1}),
        (conditions, "bought_category", {"category": None, "quantity": 1}),
        (conditions, "cart_open", {"hours": 1, "amount": 5.0, "currency": ""}),
        (conditions, "cart_open", {"hours": -1, "amount": None, "currency": ""}),
        (conditions, "rfm_class", {"name": "rich"}),
        (conditions, "average_basket", {"amount": {"operator": "gte", "value": 1}, "currency": "ZZZ"}),
        (conditions, "average_basket", {"amount": {"operator": "gte", "value": None}, "currency": "EUR"}),
        (conditions, "last_order", {"ago": {"operator": "eq", "value": 1}, "unit": "days"}),
        (conditions, "first_order", {"ago": {"operator": "gte", "value": 1}, "unit": "years"}),
        (conditions, "first_order", {"ago": {"operator": "gte", "value": 10**15}, "unit": "days"}),
    ],
)
def test_forms_refuse_what_means_nothing(registry, key, wrong):
    block = registry[key]()
    with pytest.raises(ValidationError):
        block.clean(block.to_python(wrong))


def test_equals_get_equal_points(person):
    people = [person(f"p{number}") for number in range(5)]
    for number, lead in enumerate(people):
        record_order(str(number), lead=lead, currency="EUR", items=[item()], state="paid", at=hours_ago(5))
    assert rfm.refresh(now=NOW) == 5
    rows = LeadOrders.objects.values_list("recency", "frequency", "monetary", "rfm")
    assert set(rows) == {(1, 1, 1, "lost")}
    assert rfm.refresh(now=NOW) == 0


def test_a_change_of_class_is_told_and_only_once_a_day(shop):
    heard = []

    def hear(sender, leads, facts, **kwargs):
        if rfm.FACT in facts:
            heard.extend(leads)

    facts_changed.connect(hear)
    try:
        record_order("z", lead=shop[5], currency="EUR", items=[item(price="1000")], state="paid")
        assert "changed" in rfm.refresh_daily() and heard
        assert rfm.refresh_daily() == "not due"
    finally:
        facts_changed.disconnect(hear)
    assert set(LeadOrders.objects.values_list("rfm", flat=True)) <= set(rfm.CLASSES)
