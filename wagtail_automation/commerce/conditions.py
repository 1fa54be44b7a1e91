"""What a rule may ask about purchases: what was bought, for how much, how often, and what lies in the cart.

Totals come from the counters of each lead; items and windows from the orders that count.
"""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import CharBlock, ChoiceBlock, FloatBlock, IntegerBlock
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation.leads.folding import fold
from wagtail_automation.leads.operators import whole_bound
from wagtail_automation.rules.conditions import Condition, Facts, Time, conditions
from wagtail_automation.tracking.matching import FILTER_OPERATORS

from . import money, querysets
from .blocks import CurrencyBlock, ProductCategoryChooserBlock
from .cleaning import info_key
from .events import CART_FACT
from .models import Cart, Order, OrderItem
from .models.products import key_of
from .value_conditions import GROUP, ORDERED, in_units, whole_in

IN_CART = Facts(frozenset({CART_FACT}))
MAX_QUANTITY = 1_000_000


def quantity_block() -> IntegerBlock:
    return IntegerBlock(
        label=_("At least so many pieces"),
        default=1,
        min_value=1,
        max_value=MAX_QUANTITY,
        help_text=_("Of all orders together."),
    )


class Bought(Condition):
    """Base: items of orders that count, so many pieces together; in a campaign since the entry."""

    waitable = True
    counted_from = "entry"
    depends_on = ORDERED

    def items_q(self, value) -> Q | None:
        """Which items; None if it cannot be said."""
        raise NotImplementedError

    def q(self, value, scope):
        items, quantity = self.items_q(value), whole_in(value.get("quantity"), 1, MAX_QUANTITY)
        if items is None or quantity is None:
            return scope.nobody()
        rows = OrderItem.objects.filter(items).bought(quantity, since=scope.since)
        return scope.where(rows, lead="order__lead")

    def sentence(self, value):
        what, quantity = self.what(value), whole_in(value.get("quantity"), 1, MAX_QUANTITY) or 1
        if not what:
            return str(self.label)
        return ngettext("Bought %(what)s", "Bought %(what)s, at least %(count)s pieces", quantity) % {
            "what": what,
            "count": quantity,
        }


@conditions.register
class BoughtCategory(Bought):
    """The category in which an item stood when it was bought."""

    key = "bought_category"
    keywords = (_("purchase"), _("order"), _("shop"))
    category = ProductCategoryChooserBlock(label=_("Category"))
    quantity = quantity_block()

    class Meta:
        label = _("Bought from a category")
        icon = "wa-cart"
        group = GROUP
        tone = "green"
        description = _("The person bought something of this category; paid orders count.")

    def items_q(self, value):
        category = value.get("category")
        return Q(categories__category=category.pk) if category else None

    def what(self, value):
        category = value.get("category")
        return gettext("something of “%(category)s”") % {"category": category} if category else ""


HOWS = {"contains": _("contains"), "exact": _("is"), "startswith": _("starts with")}


@conditions.register
class BoughtName(Bought):
    """The name of an item, without case and accents."""

    key = "bought_name"
    keywords = (_("purchase"), _("product"), _("order"))
    how = ChoiceBlock(choices=list(HOWS.items()), default="contains", label=_("The name"))
    text = CharBlock(max_length=255, label=_("Text"), help_text=_("Capitals and accents make no difference."))
    quantity = quantity_block()

    class Meta:
        label = _("Bought a product of a name")
        icon = "wa-cart"
        group = GROUP
        tone = "green"
        description = _("The person bought something whose name is or contains this; paid orders count.")

    def items_q(self, value):
        text, how = fold(str(value.get("text") or "")).strip(), value.get("how")
        return Q(**{f"folded__{how}": text}) if text and how in HOWS else None

    def what(self, value):
        text = str(value.get("text") or "").strip()
        if not text or value.get("how") not in HOWS:
            return ""
        words = {
            "contains": gettext("something with “%(text)s” in its name"),
            "exact": gettext("“%(text)s”"),
            "startswith": gettext("something whose name starts with “%(text)s”"),
        }
        return words[value["how"]] % {"text": text}


@conditions.register
class BoughtSku(Bought):
    """The SKU of an item; a star at its end stands for anything."""

    key = "bought_sku"
    keywords = (_("purchase"), _("product"), _("reference"))
    sku = CharBlock(
        max_length=100,
        label=_("SKU"),
        help_text=_("Capitals make no difference. A star at the end stands for anything, as in OTTER-*."),
    )
    quantity = quantity_block()

    class Meta:
        label = _("Bought a product by its SKU")
        icon = "wa-cart"
        group = GROUP
        tone = "green"
        description = _("The person bought something with this SKU; paid orders count.")

    def items_q(self, value):
        text = str(value.get("sku") or "").strip()
        head, star, rest = text.partition("*")
        if rest or not key_of(head):
            return None
        return Q(sku_key__startswith=key_of(head)) if star else Q(sku_key=key_of(head))

    def what(self, value):
        return gettext("“%(text)s”") % {"text": value["sku"]} if value.get("sku") else ""

    def clean(self, value):
        result = super().clean(value)
        if result.get("sku") and self.items_q(result) is None:
            message = gettext("A star may stand at the end, behind at least one letter.")
            raise StructBlockValidationError({"sku": ValidationError(message)})
        return result


@conditions.register
class OrderWithInfo(Condition):
    """An order that counts carries this information."""

    key = "order_with_info"
    keywords = (_("transaction"), _("attribute"), _("information"))
    waitable = True
    counted_from = "entry"
    depends_on = ORDERED

    attribute = CharBlock(
        max_length=50, label=_("Information"), help_text=_("Its name, as the shop sends it.")
    )
    operator = ChoiceBlock(choices=list(FILTER_OPERATORS.items()), default="is", label=_("Comparison"))
    value = CharBlock(max_length=255, label=_("Value"))

    class Meta:
        label = _("Order with an information")
        icon = "wa-cart"
        group = GROUP
        tone = "green"
        description = _("A paid order of the person carries this information.")

    def q(self, value, scope):
        name, operator = info_key(str(value.get("attribute") or "")), value.get("operator")
        found = querysets.info_q(name, operator, value.get("value")) if name else None
        if found is None:
            return scope.nobody()
        orders = Order.objects.counted().filter(found)
        if scope.since is not None:
            orders = orders.filter(paid_at__gte=scope.since)
        return scope.where(orders)

    def sentence(self, value):
        if not value.get("attribute") or value.get("operator") not in FILTER_OPERATORS:
            return str(self.label)
        return gettext("An order whose “%(name)s” %(operator)s “%(value)s”") % {
            "name": value["attribute"],
            "operator": FILTER_OPERATORS[value["operator"]],
            "value": value.get("value") or "",
        }


@conditions.register
class CartOpen(Condition):
    """Something lies in a cart and has not been touched for so long."""

    key = "cart_open"
    keywords = (_("abandoned"), _("basket"))
    counted_from = "ever"
    depends_on = IN_CART | Time()

    hours = IntegerBlock(
        label=_("Untouched for at least so many hours"), default=1, min_value=0, max_value=8760
    )
    amount = FloatBlock(
        label=_("Worth at least"),
        required=False,
        min_value=0,
        max_value=10**10,
        help_text=_("Leave it empty for any amount."),
    )
    currency = CurrencyBlock(label=_("Currency"), required=False)

    class Meta:
        label = _("Cart open")
        icon = "wa-cart"
        group = GROUP
        tone = "green"
        description = _("Something has been lying in a cart of the person for so many hours.")

    def clean(self, value):
        result = super().clean(value)
        if result.get("amount") and not result.get("currency"):
            message = ValidationError(gettext("An amount needs its currency."))
            raise StructBlockValidationError({"currency": message})
        return result

    def q(self, value, scope):
        hours, amount, currency = (value.get(name) for name in ("hours", "amount", "currency"))
        if whole_in(hours, 0, 8760) is None:
            return scope.nobody()
        carts = Cart.objects.left().filter(touched_at__lte=scope.now - dt.timedelta(hours=hours))
        if amount:
            if currency not in money.currencies():
                return scope.nobody()
            units = in_units({"value": amount}, currency).get("value")
            bound = whole_bound("gte", units) if units is not None else None
            if bound is None:
                return scope.nobody()
            carts = carts.filter(currency=currency, total__gte=bound[1])
        return scope.where(carts)

    def sentence(self, value):
        hours = whole_in(value.get("hours"), 0, 8760)
        if hours is None:
            return str(self.label)
        return ngettext(
            "A cart untouched for at least %(hours)d hour",
            "A cart untouched for at least %(hours)d hours",
            hours,
        ) % {"hours": hours}
