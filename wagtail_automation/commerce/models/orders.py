"""Orders, what is in them, what was paid back, and who they may belong to."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from wagtail_automation.commerce import money, querysets

from .products import Product, ProductCategory


class Channel(models.TextChoices):
    """Where an order was made."""

    WEB = "web", _("Web shop")
    SHOP = "shop", _("Shop")
    CALL_CENTRE = "call_centre", _("Call centre")
    MARKETPLACE = "marketplace", _("Marketplace")
    APP = "app", _("Mobile app")
    OTHER = "other", _("Other")


class Order(models.Model):
    """One order of one source (a shop, a till), known there by its number. Written by ``actions`` alone.

    Amounts are in the smallest unit of ``currency``. ``stated`` says for each part what was last stated of
    it: ``{part: [moment, digest]}``, so that calls may come late, twice and in any order. ``told``: which of
    its events are recorded. ``is_counted``: paid, its content known, neither cancelled nor wholly paid back;
    totals and rules count those alone.
    """

    class State(models.TextChoices):
        PLACED = "placed", pgettext_lazy("order", "Placed")
        PAID = "paid", pgettext_lazy("order", "Paid")
        PART_REFUNDED = "part_refunded", pgettext_lazy("order", "Refunded in part")
        REFUNDED = "refunded", pgettext_lazy("order", "Refunded")
        CANCELLED = "cancelled", pgettext_lazy("order", "Cancelled")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    source = models.CharField(_("from"), max_length=50, blank=True)
    number = models.CharField(_("number"), max_length=200)
    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead",
        verbose_name=_("lead"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="orders",
        db_index=False,
    )
    site = models.ForeignKey(
        "wagtailcore.Site", verbose_name=_("site"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    channel = models.CharField(_("channel"), max_length=12, choices=Channel.choices, default=Channel.WEB)
    state = models.CharField(_("state"), max_length=13, choices=State.choices, default=State.PLACED)
    is_counted = models.BooleanField(default=False)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    total = models.BigIntegerField(_("total"), default=0)
    shipping = models.BigIntegerField(_("shipping"), default=0)
    discount = models.BigIntegerField(_("discount"), default=0)
    tax = models.BigIntegerField(_("tax"), default=0)
    refunded = models.BigIntegerField(_("refunded"), default=0)
    item_count = models.IntegerField(_("items"), default=0)
    coupon = models.CharField(_("coupon"), max_length=100, blank=True)
    coupon_key = models.CharField(max_length=300, blank=True, default="", db_default="", editable=False)
    promotion = models.ForeignKey(
        "wagtail_automation_commerce.Promotion",
        verbose_name=_("promotion"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="orders",
        editable=False,
    )
    info = models.JSONField(_("information"), default=dict)
    folded = models.JSONField(default=dict)
    placed_at = models.DateTimeField(_("placed"), null=True)
    paid_at = models.DateTimeField(_("paid"), null=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True)
    stated = models.JSONField(default=dict)
    told = models.JSONField(default=list)
    recorded_at = models.DateTimeField(_("recorded"))
    #: when the contacts before it were collected; None: not yet
    touches_at = models.DateTimeField(null=True, editable=False)

    objects = querysets.OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["source", "number"], name="wa_order_number")]
        indexes = [
            models.Index(fields=["lead", "paid_at"], name="wa_order_lead"),
            models.Index(fields=["paid_at"], name="wa_order_paid"),
            models.Index(fields=["coupon_key"], name="wa_order_coupon", condition=~models.Q(coupon_key="")),
            models.Index(
                fields=["id"],
                name="wa_order_untouched",
                condition=models.Q(touches_at__isnull=True, lead__isnull=False),
            ),
        ]

    def __str__(self):
        return self.number

    @property
    def is_known(self) -> bool:
        """Whether what was ordered has been stated yet."""
        return "content" in self.stated

    @property
    def revenue(self) -> int:
        """What is left of it, in the smallest unit; 0 while it does not count."""
        return self.total - self.refunded if self.is_counted else 0

    @property
    def total_shown(self) -> str:
        return money.display(self.total, self.currency) if self.is_known else ""

    @property
    def refunded_shown(self) -> str:
        return money.display(self.refunded, self.currency) if self.refunded else ""

    @property
    def happened_at(self):
        """When it was placed, as far as anybody said."""
        return self.placed_at or self.paid_at or self.cancelled_at or self.recorded_at


class OrderItem(models.Model):
    """One line of an order. ``price`` is that of one piece, in the smallest unit of the order's currency;
    ``returned``: how many pieces refunds say came back, never more than were bought."""

    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.CASCADE, related_name="items", db_index=False
    )
    position = models.PositiveIntegerField()
    product = models.ForeignKey(
        Product, verbose_name=_("product"), null=True, on_delete=models.SET_NULL, related_name="items"
    )
    sku = models.CharField(_("SKU"), max_length=100, blank=True)
    sku_key = models.CharField(max_length=300, blank=True)
    name = models.CharField(_("name"), max_length=255, blank=True)
    folded = models.CharField(max_length=800, blank=True)
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    returned = models.PositiveIntegerField(_("returned"), default=0, db_default=0)
    price = models.BigIntegerField(_("price"), default=0)

    objects = querysets.OrderItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        ordering = ["order", "position"]
        constraints = [models.UniqueConstraint(fields=["order", "position"], name="wa_order_item")]
        indexes = [models.Index(fields=["sku_key"], name="wa_order_item_sku")]

    def __str__(self):
        return f"{self.quantity} × {self.name or self.sku}"

    @property
    def price_shown(self) -> str:
        return money.display(self.price, self.order.currency)


class ItemCategory(models.Model):
    """A category that an item stood in when it was bought, whatever becomes of its product."""

    item = models.ForeignKey(OrderItem, on_delete=models.CASCADE, related_name="categories", db_index=False)
    category = models.ForeignKey(
        ProductCategory, on_delete=models.CASCADE, related_name="item_categories", db_index=False
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "category"], name="wa_item_category")]
        indexes = [models.Index(fields=["category", "item"], name="wa_item_category_item")]

    def __str__(self):
        return f"{self.item_id} {self.category_id}"


class Refund(models.Model):
    """Money paid back, once for each key of its order. ``items``: what came back, each ``{"sku",
    "quantity"}``."""

    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.CASCADE, related_name="refunds", db_index=False
    )
    key = models.CharField(_("key"), max_length=200)
    amount = models.BigIntegerField(_("amount"))
    at = models.DateTimeField(_("time"))
    items = models.JSONField(_("items"), default=list, db_default=[])

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["at", "pk"]
        constraints = [models.UniqueConstraint(fields=["order", "key"], name="wa_refund_key")]

    def __str__(self):
        return f"{self.order_id} {self.amount}"

    @property
    def amount_shown(self) -> str:
        return money.display(self.amount, self.order.currency)

    @property
    def items_shown(self) -> str:
        """“2 × OTTER, 1 × WAX”."""
        return ", ".join(f"{item['quantity']} × {item['sku']}" for item in self.items)


class Claim(models.Model):
    """An identifier that came with an order or cart of somebody who is not known yet."""

    order = models.ForeignKey(Order, null=True, on_delete=models.CASCADE, related_name="claims")
    cart = models.ForeignKey(
        "wagtail_automation_commerce.Cart", null=True, on_delete=models.CASCADE, related_name="claims"
    )
    kind = models.CharField(max_length=30)
    value = models.CharField(max_length=254)

    #: addresses of people who are no leads: the sweep of an erasure finds them
    holds_personal_data = True

    objects = querysets.ClaimQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["kind", "value"], name="wa_claim_value")]

    def __str__(self):
        return f"{self.kind} of {self.order_id or self.cart_id}"
