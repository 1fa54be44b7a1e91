"""Letters waiting for the printer."""

from django.db import models


class Letter(models.Model):
    """One sheet for one lead. ``key`` names the act, so that a repeat cannot print twice."""

    key = models.CharField(max_length=120, unique=True)
    lead = models.ForeignKey("wagtail_automation_leads.Lead", on_delete=models.CASCADE)
    text = models.TextField()
    ordered_at = models.DateTimeField()

    class Meta:
        app_label = "acme_letters"

    def __str__(self):
        return f"Letter to {self.lead}"
