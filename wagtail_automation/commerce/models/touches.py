"""What happened with a person before they ordered."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from wagtail_automation.commerce import querysets
from wagtail_automation.tracking import events
from wagtail_automation.tracking.models import Device

from .orders import Order

#: the name of a touch that is a visit; all others are names of events
VISIT = "visit"


class Touch(models.Model):
    """One contact before one order, as tracking and messaging recorded it; written by ``touching`` alone.

    ``ref`` is the id of the visit or event, so that a repeat writes nothing twice. ``object_kind`` and
    ``object_key`` say what it was about: of a visit the page on which it began, else the email, promo, form…
    ``origin``: who sent the email, such as "campaign:7". The rest is empty where nobody knows.
    """

    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.CASCADE, related_name="touches", db_index=False
    )
    name = models.CharField(_("contact"), max_length=40)
    ref = models.BigIntegerField()
    at = models.DateTimeField(_("time"))
    channel = models.CharField(_("channel"), max_length=20, blank=True)
    source = models.CharField(_("source"), max_length=100, blank=True)
    medium = models.CharField(_("medium"), max_length=100, blank=True)
    campaign = models.CharField(_("campaign"), max_length=100, blank=True)
    device = models.CharField(_("device"), max_length=8, choices=Device.choices, blank=True)
    object_kind = models.SmallIntegerField(null=True)
    object_key = models.UUIDField(null=True)
    origin = models.CharField(max_length=60, blank=True)

    objects = querysets.TouchQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact before an order")
        verbose_name_plural = _("contacts before an order")
        ordering = ["at", "pk"]
        constraints = [models.UniqueConstraint(fields=["order", "name", "ref"], name="wa_touch_once")]
        indexes = [
            models.Index(
                fields=["object_key"],
                name="wa_touch_object",
                condition=models.Q(object_key__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.order_id} {self.name} {self.at:%Y-%m-%d %H:%M}"

    @property
    def label(self) -> str:
        """What people call this contact."""
        return str(_("Visit")) if self.name == VISIT else str(events.get(self.name).label)

    @property
    def came_from(self) -> str:
        """“google / cpc / spring”."""
        return " / ".join(filter(None, (self.source, self.medium, self.campaign)))
