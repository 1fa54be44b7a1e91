"""Values of another type than the API names: refused by the name of their part, and nothing is written."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from tests.commerce.conftest import NOW, item
from wagtail_automation.commerce import money, showing
from wagtail_automation.commerce.actions import record_order, update_cart
from wagtail_automation.commerce.models import Cart, Order, Product, ProductCategory
from wagtail_automation.leads.identifiers import normalise
from wagtail_automation.leads.models import Identifier, Lead

pytestmark = pytest.mark.django_db
ADA = {"email": "ada@example.com"}
ODD = (
    False, True, 0, -1, 10**30, 10**5000, 1.5, float("inf"), Decimal("NaN"), Decimal("1e-1000010"), "",
    "\ud800", b"x", [], ["x"], {}, {"x": [1]}, object(), NOW.date(), NOW.replace(tzinfo=None), (), set(),
    lambda: 1, ProductCategory(pk=1), Lead(),
)  # fmt: skip
#: what is right among them, by the name of the part
WORDS, KEYS, LISTS = (0, -1, "", "\ud800"), (0, -1), ([], ())
RIGHT = {
    "number": KEYS, "source": WORDS, "create_lead": (False, True), "state": ("",), "items": LISTS, "at": (),
    "total": (0,), "shipping": (0,), "discount": (0,), "tax": (0,), "coupon": WORDS, "info": ({},),
    "refunds": LISTS, "cart": ("", *KEYS), "identifiers": ({},), "lead": (), "site": (), "channel": (),
    "placed_at": (), "paid_at": (), "cancelled_at": (), "currency": (),
}  # fmt: skip
OF_CART = ("key", "items", "source", "at", "lead", "identifiers", "create_lead", "currency", "url", "site")


def refused(name: str, value, right: tuple, call) -> None:
    with transaction.atomic():
        try:
            call()
        except ValidationError as error:
            assert name in error.message_dict, (name, type(value))
            models = (Order, Cart, Lead, Identifier, Product)
            assert not any(model.objects.exists() for model in models), (name, type(value))
        else:
            assert any(type(value) is type(one) and value == one for one in right), (name, type(value))
        transaction.set_rollback(True)


@pytest.mark.parametrize("name", RIGHT)
def test_of_an_order(name):
    for value in ODD:
        said = {"number": "1", "currency": "EUR", "items": [item()], "identifiers": ADA, name: value}
        refused(name, value, RIGHT[name], lambda said=said: record_order(said.pop("number"), **said))


@pytest.mark.parametrize("name", OF_CART)
def test_of_a_cart(name):
    right = {**RIGHT, "key": KEYS, "url": ("",)}[name]
    for value in ODD:
        said = {"key": "1", "currency": "EUR", "items": [item()], name: value}
        refused(name, value, right, lambda said=said: update_cart(said.pop("key"), **said))


@pytest.mark.parametrize(
    ("name", "right"),
    [("sku", WORDS), ("name", WORDS), ("quantity", ()), ("price", (0,)), ("categories", ([], (), ["x"])),
     ("url", ("",)), ("image_url", ("",))],
)  # fmt: skip
def test_of_an_item(name, right):
    for value in ODD:
        items = [item() | {name: value}]
        refused("items", value, right, lambda items=items: record_order("1", currency="EUR", items=items))


@pytest.mark.parametrize(("name", "right"), [("key", KEYS), ("amount", ()), ("at", ()), ("items", LISTS)])
def test_of_a_refund(name, right):
    for value in ODD:
        back = [{"key": "r", "amount": "1.00", name: value}]
        refused("refunds", value, right, lambda back=back: record_order("1", currency="EUR", refunds=back))


def test_of_information():
    right = (
        False,
        True,
        0,
        -1,
        1.5,
        Decimal("1e-1000010"),
        "",
        "\ud800",
        NOW.date(),
        NOW.replace(tzinfo=None),
    )
    for value in ODD:
        refused("info", value, right, lambda value=value: record_order("1", info={"gift": value}))


@pytest.mark.parametrize("kind", ["external", "user", "email", "phone"])
def test_of_an_identifier(kind):
    """“None” and “[]” would be one person to whom the orders of all guests belong."""
    right = {"external": (0, -1, 10**30, ""), "user": (0, -1, 10**30, "")}.get(kind, ("",))
    for value in ODD[: ODD.index({"x": [1]}) + 1]:  # objects of other kinds are their own text
        refused("identifiers", value, right, lambda value=value: record_order("1", identifiers={kind: value}))
    with pytest.raises(ValidationError):
        normalise(kind, None)


def test_a_site_is_one():
    for site in (Lead(pk=1), 10**6):
        with pytest.raises(ValidationError, match="site"):
            record_order("1", site=site)
    assert not Order.objects.exists()


@pytest.mark.parametrize("amount", ["0.01" + "0" * 30 + "1", "1e-1000010", Decimal("0.01" + "0" * 40 + "1")])
def test_what_is_finer_is_never_rounded(amount):
    with pytest.raises(ValidationError, match="finer"):
        money.to_units(amount, "EUR")


@pytest.mark.parametrize("amount", ["1_000", "_1", "1__0.5"])
def test_amounts_are_not_written_as_programs_do(amount):
    with pytest.raises(ValidationError):
        money.to_units(amount, "EUR")


def test_an_item_needs_a_price_unless_the_order_has_a_total():
    bare = [{"sku": "otter"}]
    for call in (
        lambda: record_order("1", currency="EUR", items=bare),
        lambda: update_cart("1", currency="EUR", items=bare),
    ):
        with pytest.raises(ValidationError, match="price"):
            call()
    order = record_order("1", currency="EUR", items=[*bare, item("wax", "0")], total="12.50", state="paid")
    assert order.total == 1250 and [str(line) for line in order.items.all()] == ["1 × otter", "1 × Wax"]
    # nobody said what they cost: the catalogue does not say 0
    assert set(Product.objects.values_list("name", "price")) == {("otter", None), ("Wax", None)}
    shown = [(line["price"], line["price_shown"]) for line in showing.listed(list(Product.objects.all()))]
    assert shown == [(0, ""), (0, "")]
