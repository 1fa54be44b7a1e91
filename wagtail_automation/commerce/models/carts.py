"""What lies in people's carts."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from wagtail_automation.commerce import money, querysets


class Cart(models.Model):
    """One cart of one source, known there by its key. Written by ``actions`` alone.

    ``items``: ``[{"sku", "name", "quantity", "price", "categories"}]``, prices in the smallest unit of
    ``currency``. ``told_hours``: for how many hours without a touch it was last told abandoned, 0 for never.
    ``closed_at``: when it was ordered; what is stated of it later opens it again.
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("cart", "Open")
        ABANDONED = "abandoned", pgettext_lazy("cart", "Abandoned")
        EMPTIED = "emptied", pgettext_lazy("cart", "Emptied")
        ORDERED = "ordered", pgettext_lazy("cart", "Ordered")
        RECOVERED = "recovered", pgettext_lazy("cart", "Recovered")

    #: states in which something lies in it and nobody has bought it
    LEFT = (State.OPEN, State.ABANDONED)

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    source = models.CharField(_("from"), max_length=50, blank=True)
    key = models.CharField(_("key"), max_length=200)
    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead",
        verbose_name=_("lead"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="carts",
        db_index=False,
    )
    site = models.ForeignKey(
        "wagtailcore.Site", verbose_name=_("site"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.EMPTIED)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    total = models.BigIntegerField(_("total"), default=0)
    item_count = models.IntegerField(_("items"), default=0)
    items = models.JSONField(_("content"), default=list)
    url = models.URLField(_("link to the cart"), max_length=500, blank=True)
    opened_at = models.DateTimeField(_("opened"))
    touched_at = models.DateTimeField(_("last change"))
    abandoned_at = models.DateTimeField(_("abandoned"), null=True)
    closed_at = models.DateTimeField(_("ordered"), null=True)
    told_hours = models.PositiveIntegerField(default=0)
    stated = models.JSONField(default=dict)

    objects = querysets.CartQuerySet.as_manager()

    class Meta:
        verbose_name = _("cart")
        verbose_name_plural = _("carts")
        ordering = ["-touched_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="wa_cart_key")]
        indexes = [
            models.Index(fields=["lead", "state"], name="wa_cart_lead"),
            models.Index(fields=["state", "touched_at"], name="wa_cart_touched"),
        ]

    def __str__(self):
        return self.key

    @property
    def total_shown(self) -> str:
        return money.display(self.total, self.currency) if self.currency else ""

    @property
    def lines(self) -> list[dict]:
        """Its items with prices as people read them."""
        return [item | {"price_shown": money.display(item["price"], self.currency)} for item in self.items]
