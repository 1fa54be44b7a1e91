"""Carts: what lies in them, whose they are, when they are left and bought after all."""

import pytest
from django.core.exceptions import ValidationError

from tests.commerce.conftest import NOW, hours_ago, item
from wagtail_automation.commerce import carts
from wagtail_automation.commerce.actions import record_order, update_cart
from wagtail_automation.commerce.models import Cart, Claim
from wagtail_automation.leads.models import Lead
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.models import Event

pytestmark = pytest.mark.django_db
ADA = {"email": "ada@example.com"}


def told(lead) -> list[tuple]:
    rows = Event.objects.filter(lead=lead, name__startswith="cart_").order_by("pk")
    return [(row.name, row.data.get("hours")) for row in rows]


def fill(key="k", *, ago=0.0, **more):
    more.setdefault("items", [item("otter", "49.90", 2)])
    return update_cart(key, currency="EUR", at=hours_ago(ago), **more)


def test_the_newest_statement_counts(person):
    ada = person()
    fill(ago=3, lead=ada, url="https://shop.example/cart")
    fill(ago=1, items=[item("badger", "30")])
    cart = fill(ago=2, items=[item("heron", "5")])
    cart.refresh_from_db()
    assert [line["sku"] for line in cart.items] == ["badger"] and cart.total == 3000
    assert (cart.state, cart.touched_at, cart.lead_id) == ("open", hours_ago(1), ada.pk)
    assert cart.url == "https://shop.example/cart"
    assert fill(items=[]).state == "emptied"


def test_nobody_becomes_a_lead_by_a_cart_and_it_waits_for_them(person):
    cart = fill(identifiers=ADA)
    assert cart.lead_id is None and not Lead.objects.exists() and Claim.objects.count() == 1
    ada = person()
    cart.refresh_from_db()
    assert cart.lead_id == ada.pk and not Claim.objects.exists()


def test_it_is_told_abandoned_once_for_each_of_the_hours(person, settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "CART_HOURS": (2, 5)}
    ada = person()
    fill(ago=1, lead=ada)
    assert carts.mark_abandoned() == 0
    with test_clock.freeze(hours_ago(-1)):
        assert (carts.mark_abandoned(), carts.mark_abandoned()) == (1, 0)
    with test_clock.freeze(hours_ago(-40)):
        assert (carts.mark_abandoned(), carts.mark_abandoned()) == (1, 0)
    cart = Cart.objects.get()
    assert (cart.state, cart.abandoned_at) == ("abandoned", hours_ago(-1))
    assert told(ada.pk) == [("cart_abandoned", 2), ("cart_abandoned", 5)]


def test_found_late_it_is_told_once(person):
    ada = person()
    fill(ago=100, lead=ada)
    carts.mark_abandoned()
    assert told(ada.pk) == [("cart_abandoned", 72)]
    assert carts.mark_abandoned() == 0


def test_a_touch_opens_it_again(person):
    ada = person()
    fill(ago=100, lead=ada)
    carts.mark_abandoned()
    assert fill(ago=2).state == "open"
    carts.mark_abandoned()
    assert told(ada.pk) == [("cart_abandoned", 72), ("cart_abandoned", 1)]


def test_nobodys_and_empty_carts_are_not_told(person):
    fill("nobody", ago=9)
    fill("empty", ago=9, items=[], lead=person())
    assert carts.mark_abandoned() == 1
    assert Cart.objects.get(key="nobody").state == "abandoned"
    assert not Event.objects.filter(name="cart_abandoned").exists()


def test_an_order_closes_the_cart_it_names_and_whatever_its_person_left_there(person):
    ada = person()
    fill("named", ago=9)
    fill("left", ago=8, lead=ada)
    fill("later", ago=1, lead=ada)
    fill("elsewhere", ago=8, lead=ada, source="other")
    carts.mark_abandoned()
    record_order("1", lead=ada, currency="EUR", items=[item()], cart="named", placed_at=hours_ago(4))
    states = dict(Cart.objects.values_list("key", "state"))
    assert states == {
        "named": "recovered", "left": "recovered", "later": "abandoned", "elsewhere": "abandoned",
    }  # fmt: skip
    assert told(ada.pk)[-1] == ("cart_recovered", None)
    # said again, nothing happens; and what was known of the cart only afterwards does not open it
    record_order("1", lead=ada, currency="EUR", items=[item()], cart="named", placed_at=hours_ago(4))
    assert [name for name, _hours in told(ada.pk)].count("cart_recovered") == 1
    assert fill("named", ago=5, items=[item("badger")]).state == "recovered"
    assert fill("named", ago=3, items=[item("badger")]).state == "open"


def test_an_order_before_its_cart():
    record_order("1", currency="EUR", items=[item()], identifiers=ADA, cart="k", placed_at=hours_ago(1))
    cart = fill(ago=2)
    assert cart.state == "ordered" and cart.items
    assert carts.mark_abandoned() == 0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"items": [item(quantity=-1)]}, "items"),
        ({"items": [item(price="0.001")]}, "items"),
        ({"items": [item()], "currency": ""}, "currency"),
        ({"items": [item()], "url": "javascript:alert(1)"}, "url"),
        ({"items": [item()], "at": NOW.replace(year=2030)}, "at"),
        ({"items": [item()], "key": " "}, "key"),
        ({"items": {"sku": "x"}}, "items"),
    ],
)
def test_bad_input_writes_nothing(wrong, field):
    said = {"key": "k", "currency": "EUR", **wrong}
    with pytest.raises(ValidationError) as caught:
        update_cart(said.pop("key"), **said)
    assert list(caught.value.message_dict) == [field]
    assert not Cart.objects.exists()


def test_the_beat_runs_them():
    from wagtail_automation import jobs

    assert {"wagtail_automation.commerce.carts.beat", "wagtail_automation.commerce.claiming.sweep"} <= {
        path if isinstance(path, str) else f"{path.__module__}.{path.__qualname__}" for path in jobs._beats
    }
