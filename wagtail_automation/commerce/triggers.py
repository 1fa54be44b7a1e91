"""What starts a campaign from purchases."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import ChoiceBlock, FloatBlock
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation.triggers import Trigger, register

from . import events, money
from .blocks import CurrencyBlock, ProductCategoryChooserBlock, ProductChooserBlock
from .carts import abandoned_after
from .conditions import GROUP, in_units


class Worth(Trigger):
    """Base: an event of so much money in one currency."""

    def clean(self, value):
        result = super().clean(value)
        if result.get("amount") and not result.get("currency"):
            message = ValidationError(gettext("An amount needs its currency."))
            raise StructBlockValidationError({"currency": message})
        return result

    def is_worth(self, value, event) -> bool:
        amount, currency = value.get("amount"), value.get("currency")
        if not amount:
            return True
        if currency not in money.currencies() or event.data.get("currency") != currency:
            return False
        return (event.value or 0) >= in_units({"value": amount}, currency)["value"]


def amount_block() -> FloatBlock:
    return FloatBlock(
        label=_("Worth at least"),
        required=False,
        min_value=0,
        max_value=10**10,
        help_text=_("Leave it empty for any amount."),
    )


@register
class OrderPaid(Worth):
    """An order is paid: any, or one with this product, of this category, of so much."""

    key = "order_paid"
    event = events.ORDER_PAID
    keywords = (_("purchase"), _("bought"), _("shop"))

    product = ProductChooserBlock(
        label=_("Product"), required=False, help_text=_("Leave it empty for any product.")
    )
    category = ProductCategoryChooserBlock(
        label=_("Category"), required=False, help_text=_("Leave it empty for any category.")
    )
    amount = amount_block()
    currency = CurrencyBlock(label=_("Currency"), required=False)

    class Meta:
        label = _("Order paid")
        icon = "wa-cart"
        group = GROUP
        tone = "green"
        description = _("Starts when an order of the person is paid.")

    def matches(self, value, event):
        product, category = value.get("product"), value.get("category")
        if product is not None and str(product.key) not in event.data.get("products", ()):
            return False
        if category is not None and str(category.key) not in event.data.get("categories", ()):
            return False
        return self.is_worth(value, event)

    def enrollment_key(self, value, event):
        order = event.data.get("order")
        return f"{event.name}:{order}" if order else ""

    def sentence(self, value):
        what = value.get("product") or value.get("category")
        return gettext("Pays an order of “%(what)s”") % {"what": what} if what else str(self.label)


def hour_choices() -> list[tuple[str, str]]:
    return [
        (str(hours), ngettext("%(hours)d hour", "%(hours)d hours", hours) % {"hours": hours})
        for hours in abandoned_after()
    ]


@register
class CartAbandoned(Worth):
    """A cart is untouched for so many hours, one of those that the site tells (``CART_HOURS``)."""

    key = "cart_abandoned"
    event = events.CART_ABANDONED
    keywords = (_("basket"), _("shop"))

    hours = ChoiceBlock(choices=hour_choices, label=_("Untouched for"))
    amount = amount_block()
    currency = CurrencyBlock(label=_("Currency"), required=False)

    class Meta:
        label = _("Cart abandoned")
        icon = "wa-cart"
        group = GROUP
        tone = "green"
        description = _("Starts when the person has left a cart untouched for so many hours.")

    def matches(self, value, event):
        return str(event.data.get("hours")) == str(value.get("hours")) and self.is_worth(value, event)

    def sentence(self, value):
        hours = str(value.get("hours") or "")
        if not hours.isdecimal():
            return str(self.label)
        return ngettext(
            "Leaves a cart untouched for %(hours)d hour",
            "Leaves a cart untouched for %(hours)d hours",
            int(hours),
        ) % {"hours": int(hours)}
