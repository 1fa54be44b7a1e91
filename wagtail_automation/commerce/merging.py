"""What becomes of orders and carts when their lead turns out to be another one."""

from wagtail_automation import clock, signals
from wagtail_automation.leads.models import Lead

from . import promoting, querysets
from .events import CART_FACT, ORDER_FACT
from .models import LeadOrders, LeadSpend


def merge_purchases(source: Lead, target: Lead) -> None:
    """Merge handler: all orders and carts go to the survivor, whose totals are counted anew."""
    if not querysets.has_bought(source.pk):  # most who are merged are visitors of a minute ago
        return
    promoting.merge_offers(source, target)
    had_orders, had_carts = querysets.move_to_survivor(source.pk, target.pk)
    LeadOrders.objects.filter(lead=source.pk).delete()
    LeadSpend.objects.filter(lead=source.pk).delete()
    if had_orders:
        querysets.recount([target.pk])
    facts = frozenset([ORDER_FACT] * had_orders + [CART_FACT] * had_carts)
    if facts:
        signals.facts_changed.send(sender=Lead, leads=[target.pk], facts=facts, now=clock.now())
