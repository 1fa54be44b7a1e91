"""Going on after a pause: what becomes of the people whose time came meanwhile."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db.models import BigIntegerField, F, QuerySet, TextChoices, Value
from django.db.models.functions import Cast, Mod
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_automation.leads.shares import PRIME
from wagtail_automation.sql import Later

from . import moves
from .models import Campaign, Enrollment
from .outcomes import Outcome
from .plan import NEXT
from .querysets import lock_in_order
from .versions import Plan, PlannedStep, plan_of

MOST_HOURS = 24 * 14
#: Steps through the remainders of ``PRIME``, so that neighbours go on at different times.
STRIDE = 618_034


class Overdue(TextChoices):
    """What people do whose time came while the campaign was paused."""

    GO_ON = "go_on", gettext_lazy("They go on now")
    SPREAD = "spread", gettext_lazy("They go on little by little")
    SKIP = "skip", gettext_lazy("What was due is skipped; they go on behind it")
    LEAVE = "leave", gettext_lazy("They leave the campaign")


def overdue(campaign: Campaign, now: dt.datetime) -> QuerySet:
    """Everybody whose time has come."""
    return Enrollment.objects.due(now).filter(campaign=campaign)


def settle(campaign: Campaign, choice: str, *, hours: int | None = None, user=None, now: dt.datetime) -> int:
    """Dispose of the overdue of a campaign that does not run; returns how many there were.

    ``hours``: over how many they are spread, evenly. In the caller's transaction, a constant number of
    statements per chunk. Raises ValidationError for another choice, or hours that are none.
    """
    if choice not in Overdue.values:
        raise ValidationError(_("Choose what becomes of those whose time came."))
    if choice == Overdue.SPREAD and not (isinstance(hours, int) and 1 <= hours <= MOST_HOURS):
        raise ValidationError(
            _("Say over how many hours: 1 to %(most)d."), params={"most": MOST_HOURS}, code="hours"
        )
    people = overdue(campaign, now)
    if choice == Overdue.GO_ON:
        return people.count()
    plan = plan_of(campaign.current_version_id, campaign.current_version.uuid)
    note = {"by": user.pk if user else None, "why": ""}
    done = cursor = 0
    while True:
        ids = lock_in_order(people.filter(pk__gt=cursor), moves.BATCH)
        if ids and choice == Overdue.SPREAD:
            _spread(ids, now, hours)
        elif ids and choice == Overdue.LEAVE:
            moves.leave(ids, reason="overdue", detail=note, now=now)
        elif ids:
            _skip(ids, plan, note, now)
        done += len(ids)
        if len(ids) < moves.BATCH:
            return done
        cursor = ids[-1]


def _spread(ids: list[int], now: dt.datetime, hours: int) -> None:
    share = Mod(Cast(F("pk"), BigIntegerField()) * STRIDE, Value(PRIME))
    step = hours * 3_600_000_000 // PRIME
    Enrollment.objects.among(ids).update(due_at=Later(now, share * step))


def _skip(ids: list[int], plan: Plan, note: dict, now: dt.datetime) -> None:
    """The activity that was due is the one where they are, or the one behind the wait that is over. Others –
    questions, waits that follow – are asked and begin now."""
    there: dict[int, list[int]] = {}
    rows = Enrollment.objects.among(ids).order_by().values_list("pk", "step_id", "deadline_at")
    for pk, step, deadline in rows:
        there.setdefault((step, deadline is not None and deadline <= now), []).append(pk)
    for (step, has_waited), group in there.items():
        due = _due(plan, step, has_waited)
        if due is None:
            continue
        target = due.edges.get(NEXT)
        if target:
            detail = note | {"to": target, "skipped": due.pk}
            moves.place(
                group, target, outcome=Outcome.BY_HAND, reason="overdue_skipped", detail=detail, now=now
            )
        else:
            moves.leave(group, reason="finished", detail=note, now=now)


def _due(plan: Plan, step: int, has_waited: bool) -> PlannedStep | None:
    """The activity that people at this step are about to do; None if it is none."""
    here = plan.by_pk.get(step)
    if here is not None and here.kind == "flow" and has_waited and here.next:
        here = plan.by_pk.get(here.next)
    return here if here is not None and here.kind == "activity" else None
