"""Moving people other than by walking: from steps that are gone, out of hold, out of the campaign."""

from django.db import transaction
from django.db.models import F

from wagtail_automation import clock
from wagtail_automation.sql import insert_select
from wagtail_automation.testing import failpoints

from . import happenings
from .models import Enrollment, StepLog
from .outcomes import Outcome
from .querysets import lock_in_order
from .versions import Plan, successor

#: People locked and moved at once.
BATCH = 5000


def log(ids: list[int], outcome: Outcome, reason: str, now, detail: dict | None = None) -> None:
    """One entry each at the step where they are."""
    insert_select(
        StepLog,
        {
            "enrollment": F("pk"),
            "visit": F("visit"),
            "step": F("step_id"),
            "outcome": outcome.value,
            "branch": "",
            "reason": reason,
            "detail": detail,
            "at": now,
        },
        Enrollment.objects.among(ids).inside(),
    )


def place(
    ids: list[int],
    step_pk: int,
    *,
    reason: str,
    now,
    outcome: Outcome = Outcome.MOVED,
    detail: dict | None = None,
    **columns,
) -> None:
    """Put people at a step, as if they had just come there."""
    log(ids, outcome, reason, now, detail)
    Enrollment.objects.among(ids).rest(
        offset=1, step_id=step_pk, due_at=now, deadline_at=None, held_reason="", **columns
    )


def leave(ids: list[int], *, reason: str, now, detail: dict | None = None) -> None:
    """Take people out of the campaign. Recorded as an event, but for a merge: the person goes on."""
    log(ids, Outcome.LEFT, reason, now, detail)
    Enrollment.objects.among(ids).inside().rest(
        offset=1,
        step_id=None,
        due_at=None,
        deadline_at=None,
        held_reason="",
        finished_at=now,
        left_reason=reason,
    )
    if reason != "merged":
        happenings.left_any(ids, reason, now)


def relocate(plan: Plan, removed: int, *, due_only: bool = False) -> int:
    """Move people from a step that the plan no longer has to the next one that is left, or out – all of them
    if the version says so.

    Publishing does this for everybody; the walker (``due_only``) for those whom a walk that had begun
    under the older plan brought there meanwhile. Returns how many were moved.
    """
    now = clock.now()
    target = None if plan.rules.get("removed") == "leave" else successor(plan.campaign_pk, removed, plan)
    moved = 0
    while True:
        with transaction.atomic():
            there = Enrollment.objects.filter(step_id=removed)
            ids = lock_in_order(there.due(now) if due_only else there, BATCH)
            if ids and target:
                place(ids, target, reason="step_removed", now=now)
            elif ids:
                leave(ids, reason="step_removed", now=now)
            failpoints.reach("move")
        moved += len(ids)
        if len(ids) < BATCH:
            return moved


def release(campaign_pk: int, now) -> int:
    """Let everybody try again who was held: a new version may have what they lacked."""
    return Enrollment.objects.filter(campaign_id=campaign_pk, step__isnull=False, due_at__isnull=True).update(
        due_at=now, held_reason=""
    )
