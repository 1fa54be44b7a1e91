"""The outbox: rows that leave the database for the outside world, each at most once."""

import datetime as dt
import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from . import conf, querysets


class State(models.TextChoices):
    """Where a row stands. ``doubtful``: in hand when its worker died; a person decides what happens."""

    QUEUED = "queued", _("Queued")
    IN_HAND = "in_hand", _("In hand")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    SKIPPED = "skipped", _("Not sent")
    DOUBTFUL = "doubtful", _("Doubtful")
    CANCELLED = "cancelled", _("Cancelled")


class OutboxQuerySet(models.QuerySet):
    def due(self, now: dt.datetime):
        """Queued and not to be kept back; oldest first."""
        return self.filter(state=State.QUEUED, not_before__lte=now).order_by("not_before", "pk")

    def lease(self, limit: int, now: dt.datetime) -> list:
        """Take up to ``limit`` due rows in hand, in one statement; nobody else gets them meanwhile.

        The rows carry a token: only its holder may write results (``held``).
        """
        values = {
            "state": State.IN_HAND,
            "lease_token": uuid.uuid4(),
            "lease_until": now + dt.timedelta(seconds=conf.get("LEASE_SECONDS")),
        }
        return querysets.take(self.due(now)[:limit], values, counted="attempts", only={"state": State.QUEUED})

    def held(self, token):
        """Rows still in hand under this token."""
        return self.filter(lease_token=token, state=State.IN_HAND)

    def settle(self, token, results: list[dict]) -> int:
        """Write results (``pk`` and fields) and let go, in one statement; returns how many were still held
        under this token: what was called dead meanwhile is left alone."""
        return querysets.update_rows(
            self.model,
            results,
            shared={"lease_token": None, "lease_until": None},
            only={"lease_token": token, "state": State.IN_HAND},
        )

    def expire_leases(self, now: dt.datetime) -> int:
        """Mark as doubtful what a worker had in hand when it died; never queued again by itself."""
        return self.filter(state=State.IN_HAND, lease_until__lt=now).update(
            state=State.DOUBTFUL, reason="worker_lost", lease_token=None
        )


class OutboxRow(models.Model):
    """One thing to hand over. ``key`` is opaque and unique: the same act never queues twice.

    A concrete model adds two partial indexes: ``(not_before, id) WHERE state = 'queued'`` and
    ``(lease_until) WHERE state = 'in_hand'``.
    """

    key = models.CharField(max_length=120, unique=True)
    origin = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    not_before = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField()

    objects = OutboxQuerySet.as_manager()

    class Meta:
        abstract = True
