"""What the orders of each lead add up to, so that no rule looks through orders."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from wagtail_automation.commerce import money


class LeadOrders(models.Model):
    """Orders that count, of one lead, in whatever currency. Those who never bought have no row."""

    lead = models.OneToOneField(
        "wagtail_automation_leads.Lead",
        verbose_name=_("lead"),
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="order_totals",
    )
    order_count = models.IntegerField(_("orders"), default=0)
    item_count = models.BigIntegerField(_("items"), default=0)
    first_at = models.DateTimeField(_("first order"))
    last_at = models.DateTimeField(_("last order"))
    #: points from 1 to 5 and the class they make (``commerce.rfm``), computed once a day
    recency = models.SmallIntegerField(_("recency"), null=True)
    frequency = models.SmallIntegerField(_("frequency"), null=True)
    monetary = models.SmallIntegerField(_("value"), null=True)
    rfm = models.CharField(_("customer class"), max_length=10, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("orders of a lead")
        verbose_name_plural = _("orders of leads")
        indexes = [models.Index(fields=["rfm"], name="wa_lead_orders_rfm")]

    def __str__(self):
        return str(self.lead_id)


class LeadSpend(models.Model):
    """What one lead spent in one currency, in its smallest unit: ``revenue`` is what was not paid back."""

    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead",
        verbose_name=_("lead"),
        on_delete=models.CASCADE,
        related_name="spends",
        db_index=False,
    )
    currency = models.CharField(_("currency"), max_length=3)
    order_count = models.IntegerField(_("orders"), default=0)
    revenue = models.BigIntegerField(_("spent"), default=0)
    refunded = models.BigIntegerField(_("refunded"), default=0)

    class Meta:
        verbose_name = _("spending of a lead")
        verbose_name_plural = _("spending of leads")
        constraints = [models.UniqueConstraint(fields=["lead", "currency"], name="wa_lead_spend")]

    def __str__(self):
        return f"{self.lead_id} {self.currency}"

    @property
    def revenue_shown(self) -> str:
        return money.display(self.revenue, self.currency)

    @property
    def refunded_shown(self) -> str:
        return money.display(self.refunded, self.currency) if self.refunded else ""

    @property
    def average(self) -> int:
        """The average basket, rounded to the smallest unit."""
        count = self.order_count or 1
        return (self.revenue * 2 + count) // (2 * count)

    @property
    def average_shown(self) -> str:
        return money.display(self.average, self.currency)
