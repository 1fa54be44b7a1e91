"""Where merged leads went, so that old links still resolve, and the log of every merge."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class MergedLead(models.Model):
    """A lead that is no more; ``lead`` is the survivor (re-pointed when that one is merged in turn)."""

    old_pk = models.BigIntegerField(unique=True)
    old_uuid = models.UUIDField(unique=True)
    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead", on_delete=models.CASCADE, related_name="merged_from"
    )
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("merged lead")
        verbose_name_plural = _("merged leads")

    def __str__(self):
        return f"{self.old_pk} → {self.lead_id}"


class LeadMerge(models.Model):
    """One merge: who, why, when, how many rows moved or were dropped as repeated, and the values not kept."""

    source_pk = models.BigIntegerField()
    lead = models.ForeignKey("wagtail_automation_leads.Lead", on_delete=models.CASCADE, related_name="merges")
    reason = models.CharField(_("reason"), max_length=100)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(_("when"))
    moved = models.JSONField(default=dict, blank=True)
    not_kept = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        ordering = ["-at", "-pk"]

    def __str__(self):
        return f"{self.source_pk} → {self.lead_id} ({self.reason})"
