"""What identifies a lead: addresses, numbers and the keys other systems know them by."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock


class Identifier(models.Model):
    """One normalised value of one kind belongs to one lead; ``leads.identifiers`` knows the kinds."""

    kind = models.CharField(_("kind"), max_length=30)
    value = models.CharField(_("value"), max_length=254)
    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead",
        on_delete=models.CASCADE,
        related_name="identifiers",
        verbose_name=_("lead"),
    )
    source = models.CharField(_("source"), max_length=100, blank=True)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("identifier")
        verbose_name_plural = _("identifiers")
        constraints = [models.UniqueConstraint(fields=["kind", "value"], name="wa_identifier_kind_value")]

    def __str__(self):
        return self.value
