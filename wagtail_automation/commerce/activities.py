"""What a campaign or a form does about purchases."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import BooleanBlock, CharBlock, ChoiceBlock, IntegerBlock, ListBlock, StructBlock
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation.activities import Activity, activities
from wagtail_automation.leads.models import Lead

from . import money, promoting
from .blocks import CurrencyBlock, ProductChooserBlock, PromotionChooserBlock
from .cleaning import MAX_QUANTITY
from .conditions import GROUP
from .import_values import amount, units
from .models import Channel, Product, Promotion
from .offline import record_for
from .stating import order_statement

MAX_LINES = 20


class TemplateItem(StructBlock):
    """One line of the order."""

    product = ProductChooserBlock(label=_("Product"))
    quantity = IntegerBlock(label=_("Quantity"), default=1, min_value=1, max_value=MAX_QUANTITY)

    class Meta:
        label = _("Item")
        icon = "wa-cart"


@activities.register
class OrderRecord(Activity):
    """An order like this template for each of them. It starts no campaign when a campaign records it: the
    order that starts one would come back for ever."""

    key = "order_record"
    keywords = (_("purchase"), _("transaction"), _("offline"), _("shop"))
    immediate = True

    items = ListBlock(TemplateItem(), label=_("Items"), max_num=MAX_LINES, default=[])
    amount = CharBlock(
        label=_("Total"),
        required=False,
        max_length=30,
        help_text=_("Such as 49.90; leave it empty for what the items cost."),
    )
    currency = CurrencyBlock(label=_("Currency"))
    channel = ChoiceBlock(choices=Channel.choices, default=Channel.SHOP, label=_("Channel"))
    coupon = CharBlock(label=_("Coupon"), required=False, max_length=100)
    is_paid = BooleanBlock(
        label=_("It is paid"), required=False, default=True, help_text=_("Only paid orders count.")
    )

    class Meta:
        label = _("Record an offline order")
        icon = "wa-cart"
        group = GROUP
        tone = "green"
        description = _("Records that the person bought this, in a shop or by phone.")

    def clean(self, value):
        result = super().clean(value)
        if not result.get("items") and not (result.get("amount") or "").strip():
            message = ValidationError(gettext("Choose a product or write an amount."))
            raise StructBlockValidationError({"amount": message})
        lines = [line["product"] for line in result.get("items") or [] if line.get("product")]
        if not result.get("amount") and not all(_has_price(product, result["currency"]) for product in lines):
            message = gettext("Write the total: a product has no price in this currency.")
            raise StructBlockValidationError({"amount": ValidationError(message)})
        if result.get("amount"):
            try:
                units(amount(result["amount"]), result["currency"])
            except ValidationError as error:
                raise StructBlockValidationError({"amount": error}) from error
        return result

    def apply(self, value, cohort):
        lines = [line for line in value.get("items") or [] if line.get("product")]
        products = Product.objects.in_bulk([line["product"].pk for line in lines])
        currency = money.clean_currency(value.get("currency"))
        statement = order_statement(
            "template",
            currency=currency,
            items=[_item(products[line["product"].pk], line["quantity"], currency) for line in lines],
            total=amount(value["amount"]) if value.get("amount") else None,
            channel=value.get("channel") or Channel.SHOP,
            coupon=value.get("coupon") or "",
        )
        record_for(cohort=cohort, statement=statement, is_paid=bool(value.get("is_paid")))

    def sentence(self, value):
        lines = [line["product"] for line in value.get("items") or [] if line.get("product")]
        if lines:
            return gettext("Record an order of %(products)s") % {"products": ", ".join(map(str, lines))}
        if value.get("amount"):
            return gettext("Record an order of %(amount)s %(currency)s") % {
                "amount": value["amount"],
                "currency": value.get("currency") or "",
            }
        return str(self.label)


def _has_price(product: Product, currency: str) -> bool:
    return product.price is not None and product.currency == currency


def _item(product: Product, quantity: int, currency: str) -> dict:
    """The product as an item; a price in another currency is none in this one."""
    price = money.to_decimal(product.price, currency) if _has_price(product, currency) else Decimal(0)
    return {"sku": product.sku, "name": product.name, "quantity": quantity, "price": price}


@activities.register
class CouponGive(Activity):
    """A code of their own for each of them; whoever has one keeps it."""

    key = "coupon_give"
    keywords = (_("promotion"), _("voucher"), _("discount"))

    promotion = PromotionChooserBlock(
        label=_("Promotion"), help_text=_("One with a code of its own for each person.")
    )

    class Meta:
        label = _("Give a code")
        icon = "tag"
        group = GROUP
        tone = "green"
        description = _("Gives the person a code of a promotion, for the emails that follow.")

    def clean(self, value):
        result = super().clean(value)
        promotion = result.get("promotion")
        if promotion is not None and not promotion.has_own_codes:
            message = gettext("This promotion has no codes of one's own to give.")
            raise StructBlockValidationError({"promotion": ValidationError(message)})
        return result

    def apply(self, value, cohort):
        if value.get("promotion") is None:
            return
        promotion = Promotion.objects.filter(pk=value["promotion"].pk).first()
        if promotion is not None:
            leads = Lead.objects.filter(pk__in=cohort.lead_ids()).values_list("pk", flat=True)
            promoting.give_codes(promotion, list(leads), now=cohort.now)

    def sentence(self, value):
        promotion = value.get("promotion")
        return gettext("Give a code of “%(name)s”") % {"name": promotion} if promotion else str(self.label)
