"""How orders and carts look in the timeline."""

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from wagtail_automation.tracking import timeline

from . import events, money
from .models import Cart, Order

VIEW_ORDER = "wagtail_automation_commerce.view_order"
VIEW_CART = "wagtail_automation_commerce.view_cart"
ITEMS_SHOWN = 3


def names_of(lines: list[tuple[int, str]]) -> str:
    """“2 × Otter, Badger and 3 more” of ``(quantity, name)``."""
    shown = [f"{quantity} × {name}" if quantity > 1 else name for quantity, name in lines[:ITEMS_SHOWN]]
    text, more = ", ".join(shown), len(lines) - ITEMS_SHOWN
    if more <= 0:
        return text
    return ngettext("%(names)s and %(count)d more", "%(names)s and %(count)d more", more) % {
        "names": text,
        "count": more,
    }


class OrderRenderer(timeline.TimelineRenderer):
    """Base: the amount, and what was ordered; one query for the orders of a page, one for their items."""

    permission = VIEW_ORDER

    def prepare(self, recorded):
        keys = {event.object_key for event in recorded}
        rows = Order.objects.filter(uuid__in=keys).prefetch_related("items")
        self.orders = {row.uuid: row for row in rows}

    def subject(self, event, label):
        amount = money.display(event.value, event.data.get("currency", ""))
        number = event.data.get("number") or label
        return gettext("%(number)s, %(amount)s") % {"number": number, "amount": amount}

    def detail(self, event):
        order = self.orders.get(event.object_key)
        return names_of([(item.quantity, item.name) for item in order.items.all()]) if order else ""

    def by(self, event):
        order = self.orders.get(event.object_key)
        return str(order.get_channel_display()) if order else ""

    def url(self, event):
        order = self.orders.get(event.object_key)
        return reverse("automation_orders_modeladmin_inspect", args=[order.pk]) if order else ""


for _name in events.ORDERS:
    timeline.register(type(f"{_name}_renderer", (OrderRenderer,), {"key": _name}))


class CartRenderer(timeline.TimelineRenderer):
    """Base: what the cart was worth, and what lies in it now; one query for all carts of a page."""

    permission = VIEW_CART

    def prepare(self, recorded):
        rows = Cart.objects.filter(uuid__in={event.object_key for event in recorded})
        self.carts = {row.uuid: row for row in rows}

    def subject(self, event, label):
        return money.display(event.value, event.data.get("currency", ""))

    def detail(self, event):
        cart = self.carts.get(event.object_key)
        return names_of([(item["quantity"], item["name"]) for item in cart.items]) if cart else ""

    def by(self, event):
        hours = event.data.get("hours")
        if not isinstance(hours, int):
            return ""
        return ngettext("untouched for %(hours)d hour", "untouched for %(hours)d hours", hours) % {
            "hours": hours
        }

    def url(self, event):
        cart = self.carts.get(event.object_key)
        return reverse("automation_carts_modeladmin_inspect", args=[cart.pk]) if cart else ""


for _name in (events.CART_ABANDONED, events.CART_RECOVERED):
    timeline.register(type(f"{_name}_renderer", (CartRenderer,), {"key": _name}))
