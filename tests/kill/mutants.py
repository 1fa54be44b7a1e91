"""Three ways to build the engine wrongly. The kill test must find each of them out."""

import uuid

from django.db import connection

from wagtail_automation import clock, querysets
from wagtail_automation.campaigns.book import LiveBook
from wagtail_automation.campaigns.querysets import EnrollmentQuerySet
from wagtail_automation.outbox import OutboxQuerySet, State


def commit_between() -> None:
    """What was done and noted is committed before people are moved."""
    write = LiveBook._write

    def careless(self, *args, **columns):
        with connection.cursor() as cursor:
            cursor.execute("COMMIT")
            cursor.execute("BEGIN IMMEDIATE" if connection.vendor == "sqlite" else "BEGIN")
        write(self, *args, **columns)

    LiveBook._write = careless


def claim_without_lock() -> None:
    """Two walkers may take the same people: neither a lock nor a second look."""

    def claim(self, step_pk, now, limit, only=None):
        due = self.filter(step_id=step_pk, due_at__lte=now)
        if only is not None:
            due = due.filter(pk__anyof=only)
        return list(due.order_by("due_at").values_list("pk", "lead_id", "deadline_at")[:limit])

    EnrollmentQuerySet.claim = claim


def send_without_lease() -> None:
    """Messages are not marked as in hand before they are handed over."""
    taken: dict[uuid.UUID, list[int]] = {}

    def lease(self, limit, now, **where):
        rows, token = list(self.filter(**where).due(now)[:limit]), uuid.uuid4()
        for row in rows:
            row.state, row.lease_token, row.lease_until = State.IN_HAND, token, clock.now()
        taken[token] = [row.pk for row in rows]
        return rows

    OutboxQuerySet.lease = lease
    OutboxQuerySet.held = lambda self, token: self.filter(pk__in=taken.get(token, []))
    OutboxQuerySet.settle = lambda self, token, results, returning=("id",): querysets.update_rows(
        self.model, results, returning=returning
    )
