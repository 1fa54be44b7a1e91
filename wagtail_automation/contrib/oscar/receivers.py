"""Hears what happens in Oscar and tells commerce, once the shop's transaction is committed.

What commerce refuses is logged and never disturbs the shop.
"""

import logging

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.signals import post_delete, post_save

from wagtail_automation import clock
from wagtail_automation.commerce import products
from wagtail_automation.commerce.actions import record_order, update_cart

from . import reading

logger = logging.getLogger(__name__)
UID = "wagtail_automation_oscar"


def model(app: str, name: str):
    from oscar.core.loading import get_model

    return get_model(app, name)


def connect() -> None:
    """Listen; a repeat changes nothing."""
    from oscar.apps.basket.signals import basket_addition
    from oscar.apps.order.signals import order_placed, order_status_changed

    order_placed.connect(on_order, dispatch_uid=UID)
    order_status_changed.connect(on_order, dispatch_uid=UID)
    basket_addition.connect(on_addition, dispatch_uid=UID)
    for sender, receiver in (
        (("payment", "Transaction"), on_transaction),
        (("order", "PaymentEvent"), on_payment_event),
        (("order", "PaymentEventQuantity"), on_payment_quantity),
        (("basket", "Line"), on_basket_line),
        (("catalogue", "Product"), on_product),
        (("partner", "StockRecord"), on_stock),
    ):
        post_save.connect(receiver, sender=model(*sender), dispatch_uid=UID)
    post_delete.connect(on_basket_line, sender=model("basket", "Line"), dispatch_uid=UID)


def on_order(sender, order, **kwargs) -> None:
    later(record, order.pk)


def on_transaction(sender, instance, raw=False, **kwargs) -> None:
    if not raw and instance.source.order_id:
        later(record, instance.source.order_id)


def on_payment_event(sender, instance, raw=False, **kwargs) -> None:
    if not raw:
        later(record, instance.order_id)


def on_payment_quantity(sender, instance, raw=False, **kwargs) -> None:
    if not raw:
        later(record, instance.event.order_id)


def on_basket_line(sender, instance, raw=False, **kwargs) -> None:
    if not raw:
        later(record_basket, instance.basket_id)


def on_addition(sender, request=None, **kwargs) -> None:
    """The page knows whose browser it is; lines of a basket do not."""
    basket, automation = getattr(request, "basket", None), getattr(request, "automation", None)
    lead = getattr(automation, "lead", None)
    if basket is not None and basket.pk:
        later(record_basket, basket.pk, lead.pk if lead is not None else None)


def on_product(sender, instance, raw=False, **kwargs) -> None:
    if not raw and not instance.is_parent:
        later(record_product, instance.pk)


def on_stock(sender, instance, raw=False, **kwargs) -> None:
    if not raw:
        later(record_product, instance.product_id)


def later(function, *args) -> None:
    """After the commit; what is refused is noted in the log."""

    def run():
        try:
            function(*args)
        except ValidationError as error:
            logger.warning("commerce refused %s%s of Oscar: %s", function.__name__, args, error)

    transaction.on_commit(run)


def record(pk: int) -> None:
    """An order as it stands in Oscar now."""
    order = model("order", "Order").objects.filter(pk=pk).first()
    if order is not None:
        record_order(**reading.order_said(order))


def record_basket(pk: int, lead: int | None = None) -> None:
    """A basket as it stands now; one that became an order is closed by it."""
    from oscar.core.loading import get_class

    baskets = model("basket", "Basket").objects
    basket = baskets.filter(pk=pk, status__in=("Open", "Saved")).first()
    if basket is None:
        return
    basket.strategy = get_class("partner.strategy", "Selector")().strategy(user=basket.owner)
    said = reading.basket_said(basket)
    if lead is not None:
        said["lead"] = lead
    update_cart(**said)


def record_product(pk: int) -> None:
    """A product as it stands now."""
    found = model("catalogue", "Product").objects.filter(pk=pk).first()
    if found is not None:
        products.put([reading.product_said(found)], clock.now())


def record_all(*, wake: bool = False) -> int:
    """Orders of the past, once the adapter is installed; returns how many. A repeat changes nothing."""
    count = 0
    for order in model("order", "Order").objects.order_by("pk").iterator(chunk_size=200):
        try:
            record_order(wake=wake, **reading.order_said(order))
            count += 1
        except ValidationError as error:
            logger.warning("commerce refused the order %s of Oscar: %s", order.number, error)
    return count
