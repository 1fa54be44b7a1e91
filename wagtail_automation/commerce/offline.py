"""The same order for each of a cohort, as campaigns and forms record it: a constant number of statements."""

from django.db import transaction
from django.db.models import F

from wagtail_automation import sql
from wagtail_automation.cohorts import Cohort
from wagtail_automation.leads.merging import lock
from wagtail_automation.leads.models import Lead

from . import events, promoting, touching
from .models import Order
from .models.products import key_of
from .products import resolve_items
from .recording import recount, state_of
from .stating import OrderStatement

SOURCE = "automation"


def record_for(*, cohort: Cohort, statement: OrderStatement, is_paid: bool) -> int:
    """Record what ``statement`` says once for each cohort key; returns how many orders are new. A repeat with
    the same keys changes nothing. Orders that a campaign records start none."""
    content = statement.parts["content"]
    now, coupon_key = cohort.now, key_of(statement.parts["coupon"])
    model = Order(
        currency=statement.currency,
        paid_at=now if is_paid else None,
        total=content["total"],
        stated={part: statement.mark(part) for part in ("content", "channel", "coupon")},
    )
    state, is_counted = state_of(model)
    with transaction.atomic():
        lock(Lead.objects.filter(pk__in=cohort.lead_ids()).order_by("pk").values_list("pk", flat=True))
        ids = sql.insert_select(
            Order,
            {
                "uuid": sql.RandomUUID(),
                "source": SOURCE,
                "number": F("cohort_key"),
                "lead": F("cohort_lead"),
                "site": getattr(cohort.site, "pk", None),
                "channel": statement.parts["channel"],
                "state": str(state),
                "is_counted": is_counted,
                "currency": statement.currency,
                "total": content["total"],
                "shipping": 0,
                "discount": 0,
                "tax": 0,
                "refunded": 0,
                "item_count": sum(item["quantity"] for item in content["items"]),
                "coupon": statement.parts["coupon"],
                "coupon_key": coupon_key,
                "promotion": promoting.owners_of({coupon_key}).get(coupon_key) if coupon_key else None,
                "info": {},
                "folded": {},
                "placed_at": now,
                "paid_at": model.paid_at,
                "stated": model.stated,
                "told": [],
                "recorded_at": now,
            },
            cohort.rows(),
            ignore_conflicts=True,
            returning="id",
        )
        if not ids:
            return 0
        lines = [(pk, position, item) for pk in ids for position, item in enumerate(content["items"])]
        resolve_items(lines, dict.fromkeys(ids, statement.currency), now)
        orders = list(Order.objects.filter(pk__anyof=ids))
        events.tell_orders(orders, wake=False if cohort.origin.startswith("campaign") else None)
        Order.objects.filter(pk__anyof=ids).update(told=orders[0].told, touches_at=now)
        touching.collect(touching.renew(orders, {}, now))
        if is_counted:
            recount({order.lead_id for order in orders}, now)
    return len(ids)
