"""Purchases: what was bought, for how much, what lies in carts, and what starts and follows from it."""

import datetime as dt

from wagtail_automation.campaigns.testing import Asked, Step, activity, condition, trigger
from wagtail_automation.commerce import carts, promoting, rfm
from wagtail_automation.commerce.actions import record_order, update_cart
from wagtail_automation.commerce.models import (
    LeadSpend,
    Offer,
    Order,
    Product,
    ProductCategory,
    Promotion,
)

_numbers = iter(range(1, 100_000))


def line(sku="otter", price="10.00", quantity=1, **more) -> dict:
    return {"sku": sku, "name": more.pop("name", sku.title()), "price": price, "quantity": quantity, **more}


def buys(world, lead, *lines, at=None, currency="EUR", **more):
    at = at or world.after
    number = f"case-{next(_numbers)}"
    said = {"state": "paid", "items": list(lines or [line()])} | more
    return record_order(number, lead=lead, currency=currency, at=at, **said)


def product(sku, **more) -> Product:
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    defaults = {"name": sku.title(), "price": 1000, "currency": "EUR", "created_at": now, "updated_at": now}
    return Product.objects.create(sku=sku, **defaults | more)


@condition("bought_category")
def since_the_entry_and_paid(world):
    bags = ProductCategory.objects.create(name="Bags")
    inside, earlier, unpaid, other, cancelled = (world.lead() for _n in range(5))
    buys(world, inside, line(categories=["bags"]))
    buys(world, earlier, line(categories=["Bags"]), at=world.before)
    buys(world, unpaid, line(categories=["Bags"]), state="placed")
    buys(world, other, line("lantern", categories=["Light"]))
    buys(world, cancelled, line(categories=["Bags"]), cancelled_at=world.after)
    return Asked({"category": bags.pk, "quantity": 1}, yes=[inside], no=[earlier, unpaid, other, cancelled])


@condition("bought_category")
def so_many_pieces_of_all_orders_together(world):
    hats = ProductCategory.objects.create(name="Hats")
    enough, few, others = world.lead(), world.lead(), world.lead()
    buys(world, enough, line("bowler", quantity=2, categories=["Hats"]))
    buys(world, enough, line("fez", categories=["Hats"]))
    buys(world, few, line("fez", quantity=2, categories=["Hats"]))
    buys(world, others, line("fez", categories=["Hats"]), line("sock", quantity=9, categories=["Socks"]))
    return Asked({"category": hats.pk, "quantity": 3}, yes=[enough], no=[few, others])


@condition("bought_category")
def what_was_paid_back_is_not_bought(world):
    kites = ProductCategory.objects.create(name="Kites")
    part, whole = world.lead(), world.lead()
    for lead, amount in ((part, "4"), (whole, "10")):
        refund = [{"key": "r", "amount": amount}]
        buys(world, lead, line("kite", categories=["Kites"]), refunds=refund)
    return Asked({"category": kites.pk, "quantity": 1}, yes=[part], no=[whole])


@condition("bought_name")
def without_capitals_and_accents(world):
    inside, outside = world.lead(), world.lead()
    buys(world, inside, line("x1", name="Éventail de SOIE"))
    buys(world, outside, line("x2", name="Éventail de coton"))
    return Asked({"how": "contains", "text": "de soié", "quantity": 1}, yes=[inside], no=[outside])


@condition("bought_name")
def the_whole_name_or_its_start(world):
    inside, outside = world.lead(), world.lead()
    buys(world, inside, line("x3", name="Ombrelle rouge", quantity=2))
    buys(world, outside, line("x3", name="Grande ombrelle"))
    return Asked({"how": "startswith", "text": "ombrelle", "quantity": 2}, yes=[inside], no=[outside])


@condition("bought_sku")
def that_one_alone(world):
    inside, outside, earlier = world.lead(), world.lead(), world.lead()
    buys(world, inside, line("ZX-1"))
    buys(world, outside, line("ZX-10"))
    buys(world, earlier, line("ZX-1"), at=world.before)
    return Asked({"sku": "zx-1", "quantity": 1}, yes=[inside], no=[outside, earlier])


@condition("bought_sku")
def a_star_at_the_end(world):
    inside, outside = world.lead(), world.lead()
    buys(world, inside, line("QQ-7"), line("QQ-8"))
    buys(world, outside, line("QQ-7"), line("Q-8"))
    return Asked({"sku": "QQ-*", "quantity": 2}, yes=[inside], no=[outside])


def amount(operator, value, to=None, **more):
    return {"amount": {"operator": operator, "value": value, "to": to}, "currency": "EUR"} | more


@condition("amount_spent")
def exactly_to_the_cent_less_what_was_paid_back(world):
    inside, less, dollars = world.lead(), world.lead(), world.lead()
    buys(world, inside, line(price="30.05"), at=world.before)
    buys(world, inside, line(price="20.00"), refunds=[{"key": "r", "amount": "0.06"}])
    buys(world, less, line(price="49.98"))
    buys(world, dollars, line(price="100"), currency="USD")
    return Asked(amount("gte", 49.99), yes=[inside], no=[less, dollars, world.lead()])


@condition("amount_spent")
def whoever_never_bought_spent_nothing(world):
    inside, more = world.lead(), world.lead()
    buys(world, inside, line(price="10"))
    buys(world, more, line(price="10.01"))
    return Asked(amount("lte", 10), yes=[inside, world.lead()], no=[more])


@condition("amount_spent")
def between_and_other_than(world):
    low, high, never = world.lead(), world.lead(), world.lead()
    buys(world, low, line(price="10"))
    buys(world, high, line(price="20"))
    return Asked(amount("between", 20, 10.01), yes=[high], no=[low, never])


@condition("amount_spent")
def in_the_last_days(world):
    inside, outside = world.lead(), world.lead()
    buys(world, inside, line(price="60"), at=world.now - dt.timedelta(days=6))
    buys(world, inside, line(price="60"), at=world.now - dt.timedelta(days=29))
    buys(world, outside, line(price="60"), at=world.now - dt.timedelta(days=6))
    buys(world, outside, line(price="600"), at=world.now - dt.timedelta(days=31))
    return Asked(amount("gt", 100, days=30), yes=[inside], no=[outside])


@condition("order_count")
def in_whatever_currency(world):
    inside, one = world.lead(), world.lead()
    buys(world, inside)
    buys(world, inside, currency="USD")
    buys(world, one)
    buys(world, one, state="placed")
    return Asked({"count": {"operator": "eq", "value": 2}}, yes=[inside], no=[one, world.lead()])


@condition("order_count")
def in_the_last_week_at_most_one(world):
    inside, outside = world.lead(), world.lead()
    for days in (1, 9):
        buys(world, inside, at=world.now - dt.timedelta(days=days))
    for days in (1, 2):
        buys(world, outside, at=world.now - dt.timedelta(days=days))
    value = {"count": {"operator": "lte", "value": 1}, "days": 7}
    return Asked(value, yes=[inside, world.lead()], no=[outside])


def info(name, operator, value):
    return {"attribute": name, "operator": operator, "value": value}


@condition("order_with_info")
def by_its_text(world):
    inside, outside, earlier = world.lead(), world.lead(), world.lead()
    buys(world, inside, info={"Gift note": "Pour Zoé"})
    buys(world, outside, info={"gift note": "Pour Léo"})
    buys(world, earlier, info={"gift note": "zoe"}, at=world.before)
    return Asked(info("gift  NOTE", "contains", "ZOÉ"), yes=[inside], no=[outside, earlier, world.lead()])


@condition("order_with_info")
def by_its_number(world):
    inside, outside, text = world.lead(), world.lead(), world.lead()
    buys(world, inside, info={'a "b" $.c': 12.5})
    buys(world, outside, info={'a "b" $.c': 12})
    buys(world, text, info={'a "b" $.c': "13"})
    return Asked(info('a "b" $.c', "gt", "12,2"), yes=[inside], no=[outside, text])


@condition("order_with_info")
def other_than(world):
    inside, outside = world.lead(), world.lead()
    buys(world, inside, info={"carrier": "Post"})
    buys(world, outside, info={"carrier": "Bicycle"})
    return Asked(info("carrier", "is_not", "bicycle"), yes=[inside], no=[outside, world.lead()])


def leaves(world, lead, hours, price="50", **more):
    at = world.now - dt.timedelta(hours=hours)
    key = f"cart-{next(_numbers)}"
    return update_cart(key, lead=lead, currency="EUR", at=at, items=[line(price=price)], **more)


@condition("cart_open")
def so_long_and_not_bought(world):
    inside, lately, bought, empty = (world.lead() for _n in range(4))
    leaves(world, inside, 5)
    leaves(world, lately, 4.9)
    leaves(world, bought, 9, source="case")
    buys(world, bought, source="case", at=world.now)
    update_cart(leaves(world, empty, 9).key, items=[], at=world.now - dt.timedelta(hours=8))
    return Asked({"hours": 5}, yes=[inside], no=[lately, bought, empty, world.lead()])


@condition("cart_open")
def worth_so_much(world):
    inside, cheap = world.lead(), world.lead()
    leaves(world, inside, 9, "99.95")
    leaves(world, cheap, 9, "99.94")
    return Asked({"hours": 1, "amount": 99.95, "currency": "EUR"}, yes=[inside], no=[cheap])


@condition("rfm_class")
def compared_with_all_others(world):
    best, lost = world.lead(), world.lead()
    for hours in (1, 2, 3, 4):
        buys(world, best, line(price="90"), at=world.now - dt.timedelta(hours=hours))
    for days in range(100, 107):
        buys(world, world.lead(), line(price="20"), at=world.now - dt.timedelta(days=days))
    buys(world, lost, line(price="1"), at=world.now - dt.timedelta(days=400))
    rfm.refresh()
    return Asked({"name": "champion"}, yes=[best], no=[lost, world.lead()])


@condition("rfm_class")
def who_bought_little_long_ago(world):
    lost, fresh = world.lead(), world.lead()
    buys(world, lost, line(price="0.50"), at=world.now - dt.timedelta(days=900))
    buys(world, fresh, line(price="0.50"), at=world.now - dt.timedelta(hours=1))
    rfm.refresh()
    return Asked({"name": "lost"}, yes=[lost], no=[fresh, world.lead()])


@condition("average_basket")
def what_orders_are_worth_on_average(world):
    inside, less, never = world.lead(), world.lead(), world.lead()
    for price in ("10.00", "20.01"):
        buys(world, inside, line(price=price))
    for price in ("10.00", "19.99"):
        buys(world, less, line(price=price))
    return Asked(amount("gt", 15), yes=[inside], no=[less, never])


@condition("average_basket")
def those_who_never_bought_have_no_average(world):
    inside = world.lead()
    buys(world, inside, line(price="5"))
    return Asked(amount("lt", 100), yes=[inside], no=[world.lead()])


def ago(operator, value, to=None, unit="days"):
    return {"ago": {"operator": operator, "value": value, "to": to}, "unit": unit}


@condition("last_order")
def how_lately(world):
    lately, long_ago, never = world.lead(), world.lead(), world.lead()
    for lead, days in ((lately, 200), (lately, 2), (long_ago, 40)):
        buys(world, lead, at=world.now - dt.timedelta(days=days))
    return Asked(ago("gte", 30), yes=[long_ago], no=[lately, never])


@condition("first_order")
def how_long_a_customer(world):
    old, new, unpaid = world.lead(), world.lead(), world.lead()
    for lead, days in ((old, 200), (old, 2), (new, 40)):
        buys(world, lead, at=world.now - dt.timedelta(days=days))
    buys(world, unpaid, state="placed", at=world.now - dt.timedelta(days=300))
    return Asked(ago("gte", 100), yes=[old], no=[new, unpaid])


# -- triggers ----------------------------------------------------------------------------------------------


@trigger("order_paid")
def once_when_it_is_paid(world):
    ada, bob, old = world.lead(), world.lead(), world.lead()
    run = yield Step({})
    order = buys(world, ada, state="placed", at=world.now)
    buys(world, bob, state="placed", at=world.now)
    buys(world, old, at=world.now - dt.timedelta(days=30))
    run.walk()
    assert run.entered(ada) == 0
    for _again in range(2):
        record_order(order.number, state="paid")
    run.walk()
    assert [run.entered(lead) for lead in (ada, bob, old)] == [1, 0, 0]
    buys(world, ada, at=world.now)
    run.walk()
    assert run.entered(ada) == 2


@trigger("order_paid")
def with_this_product_of_this_category_for_so_much(world):
    boat, boats = product("boat"), ProductCategory.objects.create(name="Boats")
    people = ada, other, cheap, dollars, uncategorised = [world.lead() for _n in range(5)]
    run = yield Step({"product": boat.pk, "category": boats.pk, "amount": 20, "currency": "EUR"})
    here = {"categories": ["Boats"]}
    buys(world, ada, line("boat", "20", **here), at=world.now)
    buys(world, other, line("ship", "20", **here), at=world.now)
    buys(world, cheap, line("boat", "19.99", **here), at=world.now)
    buys(world, dollars, line("boat", "20", **here), at=world.now, currency="USD")
    buys(world, uncategorised, line("boat", "20"), at=world.now)
    run.walk()
    assert [run.entered(lead) for lead in people] == [1, 0, 0, 0, 0]


@trigger("cart_abandoned")
def after_its_own_hours(world):
    ada, cheap, lately = world.lead(), world.lead(), world.lead()
    run = yield Step({"hours": "24", "amount": 40, "currency": "EUR"})
    leaves(world, ada, 25)
    leaves(world, cheap, 25, "39.99")
    leaves(world, lately, 5)
    for _again in range(2):
        carts.mark_abandoned()
        run.walk()
    assert [run.entered(lead) for lead in (ada, cheap, lately)] == [1, 0, 0]


# -- activities --------------------------------------------------------------------------------------------


@activity("order_record")
def of_products_and_it_counts(world):
    oar, ada, bob = product("oar", price=2550), world.lead(), world.lead()
    oar.categories.add(ProductCategory.objects.create(name="Oars"))
    config = {
        "items": [{"product": oar.pk, "quantity": 2}],
        "currency": "EUR",
        "channel": "shop",
        "is_paid": True,
    }
    yield Step(config, [ada, bob])
    orders = Order.objects.filter(lead__in=[ada, bob])
    assert [(order.total, order.state, order.channel, order.item_count) for order in orders] == [
        (5100, "paid", "shop", 2)
    ] * 2
    assert {link.category.name for order in orders for link in order.items.get().categories.all()} == {"Oars"}
    assert LeadSpend.objects.get(lead=ada).revenue == 5100


@activity("order_record")
def of_an_amount_not_paid_yet(world):
    ada = world.lead()
    yield Step({"items": [], "amount": "1 234,50", "currency": "EUR", "is_paid": False}, [ada])
    order = Order.objects.get(lead=ada)
    assert (order.total, order.state, order.is_counted) == (123450, "placed", False)
    assert not LeadSpend.objects.filter(lead=ada).exists()


@activity("coupon_give")
def one_code_for_each_and_the_same_again(world):
    moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    spring = Promotion.objects.create(
        reference="case", name="Spring", codes="lead", code="SPRING", created_at=moment, updated_at=moment
    )
    ada, bob, had = world.lead(), world.lead(), world.lead()
    before = promoting.give_codes(spring, [had.pk])
    yield Step({"promotion": spring.pk}, [ada, bob, had])
    codes = dict(Offer.objects.filter(promotion=spring).values_list("lead", "code"))
    assert set(codes) == {ada.pk, bob.pk, had.pk}
    assert len(set(codes.values())) == 3
    assert all(code.startswith("SPRING-") for code in codes.values())
    assert codes[had.pk] == before[had.pk]
