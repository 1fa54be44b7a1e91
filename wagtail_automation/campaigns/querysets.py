"""Every question campaigns put to the database."""

from django.db import models


class CampaignQuerySet(models.QuerySet):
    """Campaigns."""

    def running(self):
        """Published, neither paused nor stopped."""
        return self.filter(live=True, state="running", current_version__isnull=False)

    def open(self):
        """Published and not stopped: people may enter, and wait at the first step while it is paused."""
        return self.filter(live=True, current_version__isnull=False).exclude(state="stopped")


class TriggerSubscriptionQuerySet(models.QuerySet):
    """Events that start campaigns."""


class EnrollmentQuerySet(models.QuerySet):
    """People inside campaigns."""

    def inside(self):
        """Those that have not left."""
        return self.filter(step__isnull=False)
