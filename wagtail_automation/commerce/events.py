"""The events of commerce, and what each order and cart tells of itself – once, to whom it belongs."""

import datetime as dt
from typing import NamedTuple

from django.db import router
from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock, objects, signals, sql
from wagtail_automation.tracking import events
from wagtail_automation.tracking.models import Event

from .models import Cart, Order, OrderItem
from .models.orders import ItemCategory, Refund

GROUP = "commerce"
events.GROUPS.setdefault(GROUP, _("Purchases"))
ORDER_PLACED = events.register(
    "order_placed", _("Order placed"), _("The person ordered something."), group=GROUP, icon="wa-cart"
)
ORDER_PAID = events.register(
    "order_paid", _("Order paid"), _("An order of the person was paid."), group=GROUP, icon="wa-cart"
)
ORDER_CANCELLED = events.register(
    "order_cancelled",
    _("Order cancelled"),
    _("An order of the person was cancelled."),
    group=GROUP,
    icon="cross",
)
ORDER_REFUNDED = events.register(
    "order_refunded",
    _("Money paid back"),
    _("Something of a paid order was paid back."),
    group=GROUP,
    icon="rotate",
)
CART_ABANDONED = events.register(
    "cart_abandoned",
    _("Cart abandoned"),
    _("The person left a cart untouched for so many hours."),
    group=GROUP,
    icon="wa-cart",
)
CART_RECOVERED = events.register(
    "cart_recovered",
    _("Cart recovered"),
    _("The person bought after all what lay in an abandoned cart."),
    group=GROUP,
    icon="success",
)
PROMOTION_SEEN = events.register(
    "promotion_seen",
    _("Promotion seen"),
    _("A promotion of the shop was shown to the person for the first time."),
    group=GROUP,
    icon="tag",
)
ORDERS = (ORDER_PLACED, ORDER_PAID, ORDER_CANCELLED, ORDER_REFUNDED)
#: facts of ``signals.facts_changed``
ORDER_FACT, CART_FACT = "order", "cart"
#: What happened longer ago starts no campaign: it is an import, or somebody became known since.
FRESH = dt.timedelta(days=2)
#: keys of products and categories that an event carries, for triggers
MAX_KEYS = 100


def tell_orders(orders: list[Order], *, wake: bool | None = None) -> int:
    """Record what has happened to these orders and was not told yet; returns how many events.

    Only what is known of somebody is told: an order without content or lead waits. ``wake``: whether the
    facts may start campaigns; None: those of the last two days. The orders are locked by the caller, who
    writes ``told`` afterwards. Constant number of statements.
    """
    return record(untold(orders), wake=wake)


class Contents(NamedTuple):
    """What a caller knows already of orders, by their ids: ``bought`` ``(keys of products, keys of
    categories)`` of some, ``refunds`` of all."""

    bought: dict[int, tuple[list[str], list[str]]]
    refunds: dict[int, list[Refund]]


def refunds_of(orders: set[int]) -> dict[int, list[Refund]]:
    """The refunds of these orders, by their ids; one statement, none for none."""
    found: dict[int, list[Refund]] = {}
    if orders:
        for refund in Refund.objects.filter(order__anyof=sorted(orders)).order_by("order", "at", "pk"):
            found.setdefault(refund.order_id, []).append(refund)
    return found


def untold(orders: list[Order], known: Contents | None = None) -> list[dict]:
    """The rows of events that ``tell_orders`` records, marked as told."""
    ready = [order for order in orders if order.lead_id and order.is_known]
    known = known or Contents({}, refunds_of({order.pk for order in ready if order.refunded}))
    found = []
    for order in ready:
        happened = [
            (ORDER_PLACED, ORDER_PLACED, order.placed_at, order.total),
            (ORDER_PAID, ORDER_PAID, order.paid_at, order.total),
            (ORDER_CANCELLED, ORDER_CANCELLED, order.cancelled_at, order.total),
            *(
                (f"refund:{refund.key}", ORDER_REFUNDED, refund.at, refund.amount)
                for refund in known.refunds.get(order.pk, ())
            ),
        ]
        for key, name, at, value in happened:
            if at is not None and key not in order.told:
                order.told = [*order.told, key]
                found.append((order, name, at, value))
    contents = _contents({order.pk for order, *_rest in found}, known.bought)
    rows = []
    for order, name, at, value in found:
        data = {"order": order.pk, "number": order.number, "currency": order.currency}
        data |= {"channel": order.channel, **contents[order.pk]}
        rows.append(_row(order, name, at, value, data))
    return rows


def _contents(ids: set[int], bought: dict[int, tuple[list[str], list[str]]]) -> dict[int, dict]:
    """What triggers look at: keys of the products, and of the categories, of each order."""
    found = {pk: bought.get(pk) or ([], []) for pk in ids}
    if unread := sorted(ids - bought.keys()):
        items = OrderItem.objects.filter(order__anyof=unread).exclude(product=None)
        for pk, key in items.order_by("order", "position").values_list("order_id", "product__uuid"):
            found[pk][0].append(str(key))
        rows = ItemCategory.objects.filter(item__order__anyof=unread).order_by("pk")
        for pk, key in rows.values_list("item__order_id", "category__uuid"):
            found[pk][1].append(str(key))
    return {
        pk: {"products": _first(products), "categories": _first(categories)}
        for pk, (products, categories) in found.items()
    }


def _first(keys: list[str]) -> list[str]:
    return list(dict.fromkeys(keys))[:MAX_KEYS]


def _row(about: Order | Cart, name: str, at: dt.datetime, value: int, data: dict) -> dict:
    ref = objects.ref_of(about)
    return {
        "lead": about.lead_id,
        "site": about.site_id,
        "name": name,
        "object_kind": ref.kind,
        "object_key": ref.key,
        "value": value,
        "data": data,
        "at": at,
    }


def tell_carts(carts: list[Cart], name: str, *, at: dt.datetime, hours: int = 0) -> int:
    """Record that this happened to carts just now; nothing is told of nobody's cart."""
    more = {"hours": hours} if hours else {}
    rows = [
        _row(cart, name, at, cart.total, {"cart": cart.pk, "currency": cart.currency, **more})
        for cart in carts
        if cart.lead_id
    ]
    return record(rows)


def record(rows: list[dict], *, wake: bool | None = None) -> int:
    """Store these facts and say so; returns how many. Call in the transaction that changes what they say."""
    store(rows, wake=wake)
    say(rows, now=clock.now())
    return len(rows)


def store(rows: list[dict], *, wake: bool | None = None) -> None:
    """Write these facts, and let those of them start campaigns that may; one statement."""
    if not rows:
        return
    shared = {"visitor": None, "url": "", "channel": "", "human": True}
    if wake is False:
        sql.insert_rows(Event, rows, shared=shared)
        return
    ids = [pk for (pk,) in sql.insert_rows(Event, rows, shared=shared, returning=("id",))]
    since = clock.now() - FRESH
    told = [
        _event(pk, row, shared)
        for pk, row in zip(sorted(ids), rows, strict=True)  # ids are given in the order of the rows
        if wake or row["at"] >= since
    ]
    if told:
        told.sort(key=lambda event: (event.at, event.pk))
        signals.events_recorded.send(sender=Event, events=told)


def _event(pk: int, row: dict, shared: dict) -> Event:
    """What was just written needs no reading."""
    values = {Event._meta.get_field(name).attname: value for name, value in {**row, **shared}.items()}
    event = Event(pk=pk, **values)
    event._state.adding, event._state.db = False, router.db_for_write(Event)
    return event


def say(rows: list[dict], *, now: dt.datetime, leads: set[int] = frozenset(), fact: str = "") -> None:
    """These events were stored; and of ``leads`` another ``fact`` changed: said together where both are of
    the same people."""
    told = {row["lead"] for row in rows}
    facts = {f"event:{row['name']}" for row in rows}
    if told == leads:
        facts, leads = facts | {fact}, set()
    for people, what in ((told, facts), (leads, {fact})):
        if people:
            signals.facts_changed.send(sender=Event, leads=sorted(people), facts=frozenset(what), now=now)


def change_hands(orders: dict) -> None:
    """Orders turn out to be another person's, ``{uuid: lead}``: what was told of them goes with them."""
    for key, lead in orders.items():
        told = Event.objects.filter(object_key=key, name__in=ORDERS).exclude(lead=lead)
        told.update(lead_id=lead, visitor=None)
