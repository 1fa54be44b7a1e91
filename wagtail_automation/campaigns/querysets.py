"""Every question campaigns put to the database."""

import datetime as dt
from array import array

from django.apps import apps
from django.db import connections, models
from django.db.models import Exists, F, OuterRef

from wagtail_automation.compiled import Given
from wagtail_automation.listeners import EVENTS, Told
from wagtail_automation.sql import is_postgresql, supports_skip_locked


def lock_in_order(rows: models.QuerySet, limit: int | None = None) -> list[int]:
    """Lock rows in the order of their keys, waiting for whoever has them; returns their ids.

    The order keeps two of us from waiting for each other. On SQLite the transaction itself excludes.
    """
    rows = rows.order_by("pk")
    if supports_skip_locked(rows.db):
        rows = rows.select_for_update(no_key=True, of=("self",))
    return list(rows.values_list("pk", flat=True)[:limit])


def plan_simply(using: str = "default") -> None:
    """For this transaction no parallel plan and no compiled one: several walkers share few processors, and
    their statements are short (ENGINE.md, pitfall 8). Nothing to do on SQLite."""
    if is_postgresql(using):
        with connections[using].cursor() as cursor:
            cursor.execute(
                "SELECT set_config('max_parallel_workers_per_gather', '0', true), "
                "set_config('jit', 'off', true)"
            )


class CampaignQuerySet(models.QuerySet):
    """Campaigns."""

    def running(self):
        """Published, neither paused nor stopped."""
        return self.filter(live=True, state="running", current_version__isnull=False)

    def open(self):
        """Published and not stopped: people may enter, and wait at the first step while it is paused."""
        return self.filter(live=True, current_version__isnull=False).exclude(state="stopped")

    def admitting(self, now: dt.datetime):
        """Those of them that have begun and are not over: people may enter now."""
        begun = models.Q(starts_at__isnull=True) | models.Q(starts_at__lte=now)
        going = models.Q(ends_at__isnull=True) | models.Q(ends_at__gt=now)
        return self.open().filter(begun, going)

    def over(self, now: dt.datetime):
        """Those whose end has come."""
        return self.filter(ends_at__lte=now)


class StepIdentityQuerySet(models.QuerySet):
    """Steps across versions."""

    def due(self, now: dt.datetime) -> list[tuple]:
        """``(step, campaign, version, version's uuid)`` of running campaigns where somebody is due.

        One probe of the due index per step; how many people wait does not matter.
        """
        enrollments = self.model._meta.get_field("enrollments").related_model.objects
        waiting = enrollments.filter(step_id=OuterRef("pk"), due_at__lte=now)
        return list(
            self.filter(
                Exists(waiting),
                campaign__live=True,
                campaign__state="running",
                campaign__current_version__isnull=False,
            )
            .exclude(campaign__at_end="leave", campaign__ends_at__isnull=False, campaign__ends_at__lte=now)
            .order_by("pk")
            .values_list(
                "pk", "campaign_id", "campaign__current_version_id", "campaign__current_version__uuid"
            )
        )


def _open_subscriptions():
    rows = apps.get_model("wagtail_automation_campaigns", "TriggerSubscription").objects.of_open_campaigns()
    return rows.filter(event__anyof=Given("names")).distinct()


LISTENER = "campaigns.triggers"
EVENTS.register(LISTENER, _open_subscriptions, "event", "object_key")


class TriggerSubscriptionQuerySet(models.QuerySet):
    """Events that start campaigns."""

    def about(self, events: set[tuple], names: Told) -> list:
        """Those of open campaigns for any of these ``(name, object key or None)``: one indexed query, after
        the small one for these ``names``, since most events start nothing."""
        subscribed = names.wanted_by(LISTENER)
        events = {(name, key) for name, key in events if subscribed & {(name, None), (name, key)}}
        if not events:
            return []
        wanted = models.Q()
        for name, key in events:
            subject = models.Q(object_key__isnull=True)
            if key is not None:
                subject |= models.Q(object_key=key)
            wanted |= models.Q(subject, event=name)
        return list(self.filter(wanted).of_open_campaigns())

    def of_open_campaigns(self):
        return (
            self.filter(campaign__live=True, campaign__current_version__isnull=False)
            .exclude(campaign__state="stopped")
            .select_related("campaign__current_version")
            .defer("campaign__tree", "campaign__description")
        )


class EnrollmentQuerySet(models.QuerySet):
    """People inside campaigns."""

    def among(self, ids):
        """Those with these ids. An array passes through Django as one value; a list is looked through for
        expressions, item by item, which took a fifth of the engine's time."""
        return self.filter(pk__anyof=array("q", ids))

    def inside(self):
        """Those that have not left."""
        return self.filter(step__isnull=False)

    def due(self, now: dt.datetime):
        return self.filter(step__isnull=False, due_at__lte=now)

    def held(self):
        """Those who cannot go on until somebody lets them; few, and found by an index of their own."""
        return self.filter(step__isnull=False, due_at__isnull=True)

    def in_state(self, state: str):
        """As people ask for it: inside, finished, left (before the end), held_out; else nobody."""
        conditions = {
            "inside": models.Q(step__isnull=False),
            "finished": models.Q(left_reason__in=("finished", "goal_reached")),
            "left": models.Q(step__isnull=True)
            & ~models.Q(left_reason__in=("finished", "goal_reached", "holdout")),
            "held_out": models.Q(left_reason="holdout"),
        }
        return self.filter(conditions[state]) if state in conditions else self.none()

    def claim(
        self, step_pk: int, now: dt.datetime, limit: int, only: list[int] | None = None
    ) -> list[tuple[int, int, dt.datetime | None]]:
        """``(enrollment, lead, deadline)`` of up to ``limit`` due at a step, longest due first.

        Locked until the transaction ends; those that another worker has are passed over. A lead twice
        inside (it may enter each time) comes once, the other at the next claim: an activity acts on a
        lead once per cohort.
        """
        due = self.filter(step_id=step_pk, due_at__lte=now)
        if only is not None:
            due = due.among(only)
        if supports_skip_locked(self.db):
            due = due.select_for_update(skip_locked=True, no_key=True, of=("self",))
        rows = due.order_by("due_at").values_list("pk", "lead_id", "deadline_at")[:limit]
        leads: set[int] = set()
        return [row for row in rows if not (row[1] in leads or leads.add(row[1]))]

    def rest(self, *, offset: int, **columns) -> int:
        """Write where a walk ends: the only update of an enrollment in it."""
        return self.update(visit=F("visit") + offset, **columns)


class FactNoteQuerySet(models.QuerySet):
    """Notes of facts that came true."""

    def take(self, limit: int) -> list[tuple[int, int, str]]:
        """``(note, lead, fact)`` of the oldest, locked; those another worker has are passed over."""
        notes = self.order_by("pk")
        if supports_skip_locked(self.db):
            notes = notes.select_for_update(skip_locked=True, of=("self",))
        return list(notes.values_list("pk", "lead_id", "fact")[:limit])
