"""The touches of each order: visits, emails, promos and forms before it, collected when it is known whose and
of when it is.

Collected set-based in the transaction that records the order, and again when another lead is merged into its
person, or when that one's events follow later; a repeat writes nothing twice. They stay when visits and
events are pruned.
"""

import datetime as dt

from wagtail_automation import clock, conf, signals
from wagtail_automation.tracking import events

from .models import Order, Touch

#: Events that are touches, by name; a site or app adds its own with ``register_contact``.
_contacts = [
    events.EMAIL_OPENED,
    events.EMAIL_CLICKED,
    events.CONTENT_SEEN,
    events.CONTENT_CLICKED,
    events.LINK_CLICKED,
    events.FORM_SUBMITTED,
]
#: Those that were only seen: recorded, and no model of attribution gives them anything.
_seen = {events.EMAIL_OPENED, events.CONTENT_SEEN}
#: Merges that are this old have had their touches collected.
MERGES = dt.timedelta(days=1)
BATCH = 500


def register_contact(name: str, *, only_seen: bool = False) -> str:
    """From now on events of this name are touches. A repeat changes nothing."""
    if name not in _contacts:
        _contacts.append(name)
    if only_seen:
        _seen.add(name)
    return name


def contacts() -> list[str]:
    return list(_contacts)


def only_seen() -> list[str]:
    return sorted(_seen)


def place_of(order: Order) -> tuple:
    """What the touches of an order depend on: its lead and its moment."""
    return (order.lead_id, order.placed_at or order.paid_at)


def renew(orders: list[Order], before: dict[int, tuple], now: dt.datetime) -> list[int]:
    """Mark the (locked, not yet saved) orders whose touches are to be collected by ``touches_at`` = ``now``,
    and return their ids; what was collected for another lead or moment goes. ``before``: ``{order:
    place_of}`` as it was."""
    gone, wanting = [], []
    for order in orders:
        place = place_of(order)
        if place == before.get(order.pk) and order.touches_at is not None:
            continue
        if order.touches_at is not None:
            gone.append(order.pk)
        order.touches_at = now if all(place) else None
        if order.touches_at is not None:
            wanting.append(order.pk)
    if gone:
        Touch.objects.filter(order__anyof=gone).delete()
    return wanting


def collect(orders: list[int]) -> int:
    """Collect the touches of the orders (ids) that ``renew`` has marked. One statement, or none."""
    if not orders:
        return 0
    return Touch.objects.collect(orders, names=contacts(), days=conf.get("TOUCH_DAYS"))


def on_events_moved(sender, lead: int, **kwargs) -> None:
    """A big merge goes on after itself: the touches of this lead's orders are collected again by the beat."""
    Order.objects.filter(lead=lead, touches_at__isnull=False).update(touches_at=None)


def connect() -> None:
    """Listen for events that follow a merge."""
    signals.events_moved.connect(on_events_moved, dispatch_uid="wagtail_automation_commerce_touches")


def sweep() -> str:
    """Beat: orders of people into whom somebody was merged since, and of those of which none were collected
    yet, or not all: recorded by an earlier version, or events followed a merge since."""
    now, count = clock.now(), 0
    for rows in (Order.objects.merged_since(now - MERGES), Order.objects.without_touches()):
        while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
            count += Touch.objects.collect(ids, names=contacts(), days=conf.get("TOUCH_DAYS"))
            Order.objects.filter(pk__anyof=ids).update(touches_at=now)
            if len(ids) < BATCH:
                break
    return f"{count} touches found"
