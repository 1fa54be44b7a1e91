"""Pairs of leads that may be one person, until somebody merges or dismisses them."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class MergeSuggestion(models.Model):
    """Two known leads, the older one first. A dismissed pair stays, so that it is never suggested again."""

    class Reason(models.TextChoices):
        PHONE = "phone", _("Same phone number")
        ADDRESS = "address", _("Same name and postal address")
        COMPANY = "company", _("Similar name, same company")

    first = models.ForeignKey(
        "wagtail_automation_leads.Lead", on_delete=models.CASCADE, related_name="+", verbose_name=_("lead")
    )
    second = models.ForeignKey(
        "wagtail_automation_leads.Lead",
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("other lead"),
    )
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    found_at = models.DateTimeField(_("found"))
    dismissed_at = models.DateTimeField(_("dismissed"), null=True)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("suggested merge")
        verbose_name_plural = _("suggested merges")
        ordering = ["-found_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["first", "second"], name="wa_merge_suggestion_pair")]

    def __str__(self):
        return f"{self.first_id} = {self.second_id}?"
