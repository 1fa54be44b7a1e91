"""Carts: what lies in them, when they are left, and when they are bought after all."""

import datetime as dt
import uuid

from django.db import transaction
from django.db.models import Q

from wagtail_automation import clock, conf, signals, sql
from wagtail_automation.leads.merging import lock
from wagtail_automation.leads.models import Lead
from wagtail_automation.tracking.actions.recording import again_after_deadlock

from . import claiming, events
from .models import Cart, Order
from .stating import CartStatement, OrderStatement

#: The source of carts that the site's own pages report: whichever shop of the site they belong to.
SITE = "site"
#: Carts marked by one transaction.
BATCH = 500
WRITTEN = ["state", "abandoned_at", "closed_at", "told_hours"]


def state_of(cart: Cart) -> str:
    """From what is known of it: what was stated after it was ordered opens it again."""
    if cart.closed_at is not None and cart.closed_at >= cart.touched_at:
        return Cart.State.RECOVERED if cart.abandoned_at else Cart.State.ORDERED
    if not cart.items:
        return Cart.State.EMPTIED
    return Cart.State.ABANDONED if cart.abandoned_at else Cart.State.OPEN


@again_after_deadlock
def update(said: CartStatement) -> Cart:
    """Write what lies in the cart now; an older or repeated statement changes nothing."""
    now = clock.now()
    with transaction.atomic():
        (lead,) = claiming.leads_of([said], now)
        _make([(said.source, said.number)], said.at)
        place = Cart.objects.filter(source=said.source, key=said.number)
        lock({lead, *place.values_list("lead", flat=True)})
        cart = place.select_for_update().get()
        former = cart.lead_id
        changed = [part for part in said.parts if said.newer(part, cart.stated)]
        if not changed:
            return cart
        cart.stated = cart.stated | {part: said.mark(part) for part in changed}
        if "content" in changed:
            _fill(cart, said)
        if "site" in changed:
            cart.site_id = said.parts["site"]
        if "claim" in changed:
            cart.lead_id = lead
            waited = set() if former else {cart.pk}
            claiming.replace("cart", {cart.pk: [] if lead else said.identifiers}, waited=waited)
        cart.state = state_of(cart)
        cart.save()
        _say({former, cart.lead_id}, now)
    return cart


def _make(places: list[tuple[str, str]], at: dt.datetime) -> None:
    shell = {
        "state": Cart.State.EMPTIED, "currency": "", "total": 0, "item_count": 0, "items": [], "url": "",
        "opened_at": at, "touched_at": at, "told_hours": 0, "stated": {},
    }  # fmt: skip
    rows = [{"uuid": uuid.uuid4(), "source": source, "key": key} for source, key in places]
    sql.insert_rows(Cart, rows, shared=shell, ignore_conflicts=True)


def _fill(cart: Cart, said: CartStatement) -> None:
    content = said.parts["content"]
    if not cart.items or (cart.closed_at is not None and cart.closed_at < said.at):
        cart.opened_at = said.at
    cart.items, cart.total = content["items"], content["total"]
    cart.item_count = sum(item["quantity"] for item in content["items"])
    cart.currency, cart.url = content["currency"] or cart.currency, content["url"] or cart.url
    if said.at > cart.touched_at or "content" not in cart.stated:
        cart.touched_at = said.at
    if cart.closed_at is None or cart.closed_at < cart.touched_at:
        cart.abandoned_at, cart.told_hours = None, 0


def _say(leads, now: dt.datetime) -> None:
    found = sorted(set(leads) - {None})
    if found:
        signals.facts_changed.send(sender=Lead, leads=found, facts=frozenset({events.CART_FACT}), now=now)


def close(statements: list[OrderStatement], orders: dict[tuple, Order], now: dt.datetime) -> None:
    """These orders were placed: the carts that they name are bought, and whatever else their people had left
    there before. At most six statements."""
    named, people = {}, {}
    for said in statements:
        order = orders[said.source, said.number]
        if order.placed_at is None and order.paid_at is None:
            continue
        placed = order.placed_at or order.paid_at
        if said.cart:
            place = (said.source, said.cart)
            named[place] = max(named.get(place, placed), placed)
        if order.lead_id:
            for place in ((said.source, order.lead_id), (SITE, order.lead_id)):
                people[place] = max(people.get(place, placed), placed)
    if not named and not people:
        return
    if named:
        _make(list(named), min(named.values()))
    wanted = Q(key__anyof=sorted({key for _source, key in named}))
    wanted |= Q(lead__anyof=sorted({lead for _source, lead in people}), state__in=Cart.LEFT)
    bought, recovered = [], []
    for cart in Cart.objects.filter(wanted).order_by("pk").select_for_update():
        moments = (named.get((cart.source, cart.key)), people.get((cart.source, cart.lead_id)))
        moment = max(filter(None, (*moments, cart.closed_at)), default=None)
        if moment is None or moment == cart.closed_at:
            continue
        was, cart.closed_at = cart.state, moment
        cart.state = state_of(cart)
        bought.append(cart)
        if cart.state == Cart.State.RECOVERED != was:
            recovered.append(cart)
    if bought:
        Cart.objects.bulk_update(bought, WRITTEN, batch_size=500)
        events.tell_carts(recovered, events.CART_RECOVERED, at=now)
        _say({cart.lead_id for cart in bought}, now)


def abandoned_after() -> list[int]:
    """The hours without a touch of which ``cart_abandoned`` is told, the fewest first."""
    return sorted(set(conf.get("CART_HOURS")))


def mark_abandoned(*, now: dt.datetime | None = None) -> int:
    """Beat: tell of carts that were left for so many hours; the first time marks them abandoned. Returns how
    many were told of. A repeat tells nothing twice."""
    now, count = now or clock.now(), 0
    # a cart found late is told of once, for the longest time that it has been left
    for hours in reversed(abandoned_after()):
        while True:
            with transaction.atomic():
                found = list(
                    Cart.objects.untouched(hours, now)
                    .order_by("pk")
                    .select_for_update(skip_locked=sql.supports_skip_locked())[:BATCH]
                )
                for cart in found:
                    cart.told_hours, cart.state = hours, Cart.State.ABANDONED
                    cart.abandoned_at = cart.abandoned_at or now
                Cart.objects.bulk_update(found, WRITTEN)
                events.tell_carts(found, events.CART_ABANDONED, at=now, hours=hours)
                _say({cart.lead_id for cart in found}, now)
            count += len(found)
            if len(found) < BATCH:
                break
    return count


def beat() -> str:
    """What the beat runs."""
    return f"{mark_abandoned()} carts abandoned"
