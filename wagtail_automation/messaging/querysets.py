"""Every question that messaging asks the database."""

from django.db import models

from wagtail_automation.outbox import OutboxQuerySet


class EmailVersionQuerySet(models.QuerySet):
    def current(self):
        """The versions that are sent now: one for each published email."""
        return self.filter(is_current=True)


class MessageQuerySet(OutboxQuerySet):
    """Messages; the outbox brings lease and expiry."""
