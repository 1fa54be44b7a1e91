"""Every question that messaging asks the database."""

from django.db import models
from django.db.models import F, Q

from wagtail_automation.outbox import OutboxQuerySet, State


class EmailVersionQuerySet(models.QuerySet):
    def current(self):
        """The versions that are sent now: one for each published email."""
        return self.filter(is_current=True)

    def with_email_state(self):
        """Annotated ``email_live``: whether the email is published; None when it was deleted."""
        return self.annotate(email_live=F("email__live"))

    def newest_by_language(self, translation_key) -> list:
        """One version per language of an email: those published now, else the last ones there were.

        A message to an email that is unpublished is queued all the same and refused at hand-over,
        with the reason.
        """
        rows = self.filter(translation_key=translation_key, email__isnull=False).only(
            "pk", "language", "site_id", "is_current", "email_id"
        )
        newest: dict[str, models.Model] = {}
        for version in rows.order_by("-is_current", "-pk"):
            newest.setdefault(version.language, version)
        current = [version for version in newest.values() if version.is_current]
        return current or list(newest.values())


class MessageQuerySet(OutboxQuerySet):
    """Messages; the outbox brings lease and expiry."""

    def reached(self):
        """Those that are with the person as far as anybody knows: sent, and not come back – or come back for
        a while and delivered after all."""
        came_back = Q(bounce_kind__in=("hard", "blocked")) | Q(bounce_kind="soft", delivered_at=None)
        return self.filter(state=State.SENT).exclude(came_back)
