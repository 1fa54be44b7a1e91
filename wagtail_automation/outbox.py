"""The outbox: rows that leave the database for the outside world, each at most once."""

import datetime as dt
import uuid
from functools import lru_cache
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from . import conf, querysets
from .compiled import Given


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

    def lease(self, limit: int, now: dt.datetime, **where) -> list:
        """Take up to ``limit`` due rows in hand, in one statement; nobody else gets them meanwhile.

        The rows carry a token: only its holder may write results (``held``). ``where``: field → value that
        they must have; asked of the manager, that statement is compiled only once.
        """
        values = {
            "state": State.IN_HAND,
            "lease_token": uuid.uuid4(),
            "lease_until": now + dt.timedelta(seconds=conf.get("LEASE_SECONDS")),
        }
        if self.query.where:
            return _taking(self.filter(**where), now, limit, tuple(values))(values)
        return _lease(self.model, limit, tuple(where), tuple(values))(values, now=now, **where)

    def held(self, token):
        """Rows still in hand under this token."""
        return self.filter(lease_token=token, state=State.IN_HAND)

    def settle(self, token, results: list[dict], returning: tuple[str, ...] = ("id",)) -> list[tuple]:
        """Write results (``pk`` and fields) and let go, in one statement; returns those fields of the rows
        that were still held under this token: what was called dead meanwhile is left alone."""
        return querysets.update_rows(
            self.model,
            results,
            shared={"lease_token": None, "lease_until": None},
            only={"lease_token": token, "state": State.IN_HAND},
            returning=returning,
        )

    def expire_leases(self, now: dt.datetime) -> int:
        """Mark as doubtful what a worker had in hand when it died; never queued again by itself."""
        return self.filter(state=State.IN_HAND, lease_until__lt=now).update(
            state=State.DOUBTFUL, reason="worker_lost", lease_token=None
        )


def _taking(rows: OutboxQuerySet, now, limit: int, written: tuple[str, ...]) -> querysets.Taking:
    due = rows.due(now)[:limit]
    return querysets.Taking(
        due, written, counted="attempts", only={"state": State.QUEUED}, deferred=rows.model.not_leased
    )


@lru_cache(maxsize=256)
def _lease(model, limit: int, names: tuple[str, ...], written: tuple[str, ...]) -> querysets.Taking:
    rows = model._default_manager.filter(**{name: Given(name) for name in names})
    return _taking(rows, Given("now"), limit, written)


def waiting_indexes(name: str) -> list[models.Index]:
    """The two that every outbox has, over what is due and over what is in hand; ``name`` stands in theirs."""
    return [
        models.Index(fields=["not_before", "id"], condition=models.Q(state="queued"), name=f"wa_{name}_due"),
        models.Index(fields=["lease_until"], condition=models.Q(state="in_hand"), name=f"wa_{name}_in_hand"),
    ]


class OutboxRow(models.Model):
    """One thing to hand over. ``key`` is opaque and unique: the same act never queues twice.

    A concrete model has the ``waiting_indexes`` among its own.
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

    #: fields that the sender does not read: those of a leased row are fetched when somebody asks
    not_leased: ClassVar[tuple[str, ...]] = ()

    objects = OutboxQuerySet.as_manager()

    class Meta:
        abstract = True
