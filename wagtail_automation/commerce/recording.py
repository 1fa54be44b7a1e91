"""Writing what was stated of orders: any number of statements in a constant number of queries.

What becomes of an order does not depend on the order in which its statements come, nor on how often: of each
part the newest statement counts, of each moment the earliest, and each refund is one by its key.
"""

import datetime as dt
import uuid
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import router, transaction
from django.utils.translation import gettext

from wagtail_automation import clock, sql
from wagtail_automation.leads.merging import lock_ids
from wagtail_automation.querysets import update_rows
from wagtail_automation.tracking.actions.recording import again_after_deadlock

from . import carts, claiming, events, promoting, querysets, returning, touching
from .cleaning import folded_info
from .models import Order, OrderItem, Refund
from .models.products import key_of
from .products import resolve_items
from .stating import OrderStatement

#: what statements change, and the attribute that holds the plain value
WRITTEN = {
    name: Order._meta.get_field(name).attname
    for name in (
        "lead", "site", "channel", "state", "is_counted", "currency", "total", "shipping", "discount", "tax",
        "refunded", "item_count", "coupon", "info", "folded", "placed_at", "paid_at", "cancelled_at",
        "stated", "told", "touches_at", "coupon_key", "promotion",
    )
}  # fmt: skip


#: what only we look at: rules, totals and touches know nothing of it
UNSEEN = {"stated", "told", "touches_at"}


@again_after_deadlock
def record_statements(
    statements: list[OrderStatement], *, wake: bool | None = None
) -> list[Order | ValidationError]:
    """Write them in one transaction; the order of each, or why it was refused.

    Refused is what contradicts what is known: another currency. A repeat changes nothing. ``wake``: whether
    what happened may start campaigns; None: what happened in the last two days.
    """
    now = clock.now()
    with transaction.atomic():
        found = claiming.leads_of(statements, now)
        orders, fresh = _locked(statements, found, now)
        former = {order.pk: Former.of(order, order.pk in fresh) for order in orders.values()}
        before = {order.pk: touching.place_of(order) for order in orders.values()}
        results, contents, waiting, touched = [], {}, {}, {}
        for said, lead in zip(statements, found, strict=True):
            order = orders[said.source, said.number]
            try:
                _apply(order, said, lead, contents, waiting)
            except ValidationError as error:
                results.append(error)
                continue
            touched[order.pk] = order
            results.append(order)
        accepted = [
            said for said, result in zip(statements, results, strict=True) if isinstance(result, Order)
        ]
        bought = _write_items(contents, touched, fresh, now)
        refunds = _write_refunds(accepted, orders, touched)
        said_of = {*contents, *(orders[said.source, said.number].pk for said in accepted if said.refunds)}
        returning.settle({pk: rows for pk, rows in refunds.items() if pk in said_of})
        waited = {pk for pk, was in former.items() if pk not in fresh and was.lead is None}
        claiming.replace("order", waiting, waited=waited)
        promoting.match([order for order in touched.values() if former[order.pk].coupon != order.coupon_key])
        wanting = touching.renew(list(touched.values()), before, now)
        _finish(list(touched.values()), former, events.Contents(bought, refunds), now, wake)
        touching.collect(wanting)
        carts.close(accepted, orders, now)
    return results


class Former(NamedTuple):
    """What an order was before something was stated of it."""

    lead: int | None
    is_counted: bool
    coupon: str
    #: what is written of it; nothing of one that is new
    values: dict

    @classmethod
    def of(cls, order: Order, is_fresh: bool) -> "Former":
        values = {} if is_fresh else values_of(order)
        return cls(order.lead_id, order.is_counted, order.coupon_key, values)

    def differ(self, order: Order) -> set[str]:
        """The names of what is another now."""
        return {name for name, value in values_of(order).items() if self.values.get(name, ...) != value}


def values_of(order: Order) -> dict:
    return {name: getattr(order, attname) for name, attname in WRITTEN.items()}


def _locked(statements, found: list[int | None], now: dt.datetime) -> tuple[dict[tuple, Order], set[int]]:
    """The orders by source and number, made where they are new, and the ids of those; they and their leads
    are locked, the leads first, as a merge does it."""
    numbers = list(dict.fromkeys((said.source, said.number) for said in statements))
    shell = {
        "channel": "web", "state": Order.State.PLACED, "is_counted": False, "currency": "", "coupon": "",
        "total": 0, "shipping": 0, "discount": 0, "tax": 0, "refunded": 0, "item_count": 0, "info": {},
        "coupon_key": "", "folded": {}, "stated": {}, "told": [], "recorded_at": now,
    }  # fmt: skip
    keys = {place: uuid.uuid4() for place in numbers}
    made = sql.insert_rows(
        Order,
        [{"uuid": key, "source": source, "number": number} for (source, number), key in keys.items()],
        shared=shell,
        ignore_conflicts=True,
        returning=("id", "source", "number"),
    )
    orders = {}
    for pk, source, number in made:  # ours alone until the commit: what was just written needs no reading
        fresh = {
            name: value.copy() if isinstance(value, dict | list) else value for name, value in shell.items()
        }
        nobody = {"lead_id": None, "site_id": None, "promotion_id": None}
        order = Order(id=pk, uuid=keys[source, number], source=source, number=number, **fresh, **nobody)
        order._state.adding, order._state.db = False, router.db_for_write(Order)
        orders[source, number] = order
    known = [place for place in numbers if place not in orders]
    rows = Order.objects.numbered(known)
    present = rows.exclude(lead=None).values_list("lead", flat=True) if known else ()
    lock_ids({*found, *present})
    if known:
        locked = rows.order_by("pk").select_for_update()
        orders |= {(row.source, row.number): row for row in locked}
    return orders, {pk for pk, _source, _number in made}


def _apply(order: Order, said: OrderStatement, lead: int | None, contents: dict, waiting: dict) -> None:
    """What the statement says, where it is the newest. Raises ValidationError and changes nothing."""
    if said.currency and order.currency and said.currency != order.currency:
        raise ValidationError(
            {"currency": gettext("This order is in %(currency)s.") % {"currency": order.currency}}
        )
    order.currency = said.currency or order.currency
    for part, value in said.parts.items():
        if not said.newer(part, order.stated):
            continue
        before, mark = order.stated.get(part), said.mark(part)
        order.stated = order.stated | {part: mark}
        if part == "content":
            if before and before[1] == mark[1]:  # the same again, of a later moment: nothing to write
                continue
            for name in ("total", "shipping", "discount", "tax"):
                setattr(order, name, value[name])
            order.item_count = sum(item["quantity"] for item in value["items"])
            contents[order.pk] = value["items"]
        elif part == "claim":
            order.lead_id = lead
            waiting[order.pk] = [] if lead else said.identifiers
        else:
            _describe(order, part, value)
    for name in ("placed_at", "paid_at", "cancelled_at"):
        moments = [moment for moment in (getattr(order, name), getattr(said, name)) if moment]
        setattr(order, name, min(moments, default=None))


def _describe(order: Order, part: str, value) -> None:
    """What is an order's own; nothing is written of ``stating.SPOKEN`` but its mark."""
    if part == "channel":
        order.channel = value
    elif part == "coupon":
        order.coupon, order.coupon_key = value, key_of(value)
    elif part == "info":
        order.info, order.folded = value, folded_info(value)
    elif part == "site":
        order.site_id = value


def _write_items(
    contents: dict[int, list[dict]], touched: dict[int, Order], fresh: set[int], now: dt.datetime
) -> dict:
    """The items of orders whose content is another one now; what they contain, as ``resolve_items`` says."""
    lines = [
        (pk, position, item)
        for pk, items in contents.items()
        if pk in touched
        for position, item in enumerate(items)
    ]
    replaced = [pk for pk in contents if pk in touched]
    if known := [pk for pk in replaced if pk not in fresh]:
        OrderItem.objects.filter(order__anyof=known).delete()
    currencies = {pk: touched[pk].currency for pk in replaced}
    return resolve_items(lines, currencies, now)


def _write_refunds(
    statements: list[OrderStatement], orders: dict[tuple, Order], touched: dict[int, Order]
) -> dict[int, list[Refund]]:
    """New refunds, and what they add up to; returns all refunds of these orders by their ids."""
    rows = [
        {"order": orders[said.source, said.number].pk, **refund}
        for said in statements
        for refund in said.refunds
    ]
    if rows:
        sql.insert_rows(Refund, rows, ignore_conflicts=True)
    wanted = {row["order"] for row in rows} | {pk for pk, order in touched.items() if order.refunded}
    found = events.refunds_of(wanted)
    _add_items({(row["order"], row["key"]): row["items"] for row in rows if row["items"]}, found)
    for pk, refunds in found.items():
        touched[pk].refunded = sum(refund.amount for refund in refunds)
    return found


def _add_items(said: dict[tuple, list], found: dict[int, list[Refund]]) -> None:
    """What came back with refunds that were told without items before: the first who says it is believed."""
    told = []
    for (order, key), items in said.items():
        for refund in found[order]:
            if refund.key == key and not refund.items:
                refund.items = items
                told.append(refund)
    Refund.objects.bulk_update(told, ["items"], batch_size=500)


def state_of(order: Order) -> tuple[str, bool]:
    """``(state, whether it counts)``, from what is known of it."""
    if order.cancelled_at:
        return Order.State.CANCELLED, False
    if not order.paid_at:
        return Order.State.PLACED, False
    if not order.is_known:
        return Order.State.PAID, False
    if not order.refunded:
        return Order.State.PAID, True
    if order.refunded < order.total:
        return Order.State.PART_REFUNDED, True
    return Order.State.REFUNDED, False


def _finish(
    orders: list[Order],
    former: dict[int, Former],
    contents: events.Contents,
    now: dt.datetime,
    wake: bool | None,
) -> None:
    """States, rows, events, totals; and who hears of it. Nothing of what is as it was."""
    for order in orders:
        order.state, order.is_counted = state_of(order)
    moved = {
        order.uuid: order.lead_id for order in orders if former[order.pk].lead not in (None, order.lead_id)
    }
    events.change_hands({key: lead for key, lead in moved.items() if lead})
    told = events.untold(orders, contents)
    events.store(told, wake=wake)
    different = {order.pk: former[order.pk].differ(order) for order in orders}
    changed = [order for order in orders if different[order.pk]]
    update_rows(Order, [{"pk": order.pk, **values_of(order)} for order in changed])
    counting, lost = set(), set()
    for order in changed:
        was = former[order.pk]
        if not different[order.pk] - UNSEEN:
            continue
        if order.is_counted:
            counting.add(order.lead_id)
        if was.is_counted:
            counting.add(was.lead)
            if not order.is_counted or was.lead != order.lead_id:
                lost.add(was.lead)
    counting -= {None}
    querysets.recount(sorted(counting), lost=sorted(lost - {None}))
    events.say(told, now=now, leads=counting, fact=events.ORDER_FACT)


def recount(leads: set[int], now: dt.datetime) -> None:
    """Totals of these (locked) leads, of whom something counts that did not before, and that they changed."""
    if not leads:
        return
    querysets.recount(sorted(leads), lost=[])
    events.say([], now=now, leads=leads, fact=events.ORDER_FACT)
