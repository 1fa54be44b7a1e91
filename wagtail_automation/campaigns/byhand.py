"""What people do by hand to those inside a campaign: move, skip a step, begin again, take out.

``people`` is a queryset of enrollments (``people_at``, ``people_of``); each function acts on those of it who
are inside when their turn comes: in chunks, each in one transaction with its log, a constant number of
statements each. Who is in a worker's hands is waited for and looked at again, so that somebody who went on
meanwhile and no longer belongs to ``people`` is left alone. What was done at a visit stays done: moving
counts the visit up.

All return how many it concerned, log one act of ``user`` on the campaign, and raise ValidationError where it
cannot be done at all. A repeat acts on whoever is in ``people`` then.
"""

import datetime as dt
import uuid
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from wagtail_automation import clock

from . import moves
from .models import Campaign, Enrollment
from .nudge import nudge
from .outcomes import Outcome
from .plan import NEXT, value_of
from .querysets import lock_in_order
from .versions import Plan, PlannedStep, plan_of

REASON_LENGTH = 200


def people_at(campaign: Campaign, step: uuid.UUID | str) -> QuerySet:
    """Everybody at a step now."""
    return Enrollment.objects.inside().filter(campaign=campaign, step__uuid=step)


def people_of(campaign: Campaign, leads) -> QuerySet:
    """Those of these leads (ids, or a queryset) who are inside."""
    return Enrollment.objects.inside().filter(campaign=campaign, lead__in=leads)


def current_plan(campaign: Campaign) -> Plan:
    """The plan of the current version. Raises ValidationError for a campaign that was never published."""
    version = Campaign.objects.select_related("current_version").get(pk=campaign.pk).current_version
    if version is None:
        raise ValidationError(_("This campaign was never published."))
    return plan_of(version.pk, version.uuid)


def find_step(plan: Plan, step: uuid.UUID | str) -> PlannedStep:
    """Raises ValidationError for a step that the version does not have."""
    found = next((one for one in plan.steps if one.uuid == str(step)), None)
    if found is None:
        raise ValidationError(_("The campaign does not have this step any more. Choose another."))
    return found


def move(
    *,
    campaign: Campaign,
    people: QuerySet,
    to: uuid.UUID | str,
    user=None,
    reason: str = "",
    now: dt.datetime | None = None,
) -> int:
    """Put them at a step of the current version, as if they had just come there."""

    def chunk(plan: Plan, ids: list[int], now: dt.datetime, note: dict) -> None:
        target = find_step(plan, to)
        moves.place(
            ids, target.pk, outcome=Outcome.BY_HAND, reason="moved", detail=note | {"to": target.pk}, now=now
        )

    find_step(current_plan(campaign), to)
    return _act("move", chunk, campaign, people, user, reason, now, to=str(to))


def skip(
    *,
    campaign: Campaign,
    people: QuerySet,
    branch: str = "",
    user=None,
    reason: str = "",
    now: dt.datetime | None = None,
) -> int:
    """Let them go on behind the step where they are, without doing it; those at the last one come to the end.

    ``branch``: by which way, at a step that divides people.
    """

    def chunk(plan: Plan, ids: list[int], now: dt.datetime, note: dict) -> None:
        for step, there in _by_step(ids).items():
            here = plan.by_pk.get(step)
            target = here.edges.get(branch or NEXT) if here else None
            if target:
                moves.place(
                    there,
                    target,
                    outcome=Outcome.BY_HAND,
                    reason="skipped",
                    detail=note | {"to": target},
                    now=now,
                )
            else:
                moves.leave(there, reason="finished", detail=note, now=now)

    plan = current_plan(campaign)
    inside = people.inside().filter(campaign=campaign).order_by()
    for step in inside.values_list("step", flat=True).distinct():
        check_branch(plan, step, branch)
    return _act("skip", chunk, campaign, people, user, reason, now, branch=branch)


def check_branch(plan: Plan, step: int, branch: str) -> None:
    """Raises ValidationError where the way is missing, or is none of this step."""
    ways = branches(plan, step)
    if ways and branch not in ways:
        raise ValidationError(_("This step divides people: choose the way they go on."))
    if branch and not ways:
        raise ValidationError(_("This step does not divide people."))


def branches(plan: Plan, step: int) -> dict[str, str]:
    """``{key: words}`` of the ways behind a step that divides people; empty for others."""
    here = plan.by_pk.get(step)
    block = here.block() if here else None
    if block is None or not hasattr(block, "get_branches"):
        return {}
    value = value_of(here, type(block))
    if value is None:
        return {key: str(label) for key, label, _tone in block.branches}
    return {branch["key"]: str(branch["label"]) for branch in block.get_branches(value)}


def restart(
    *, campaign: Campaign, people: QuerySet, user=None, reason: str = "", now: dt.datetime | None = None
) -> int:
    """Let them begin again at the first step; "since entry" counts from now."""

    def chunk(plan: Plan, ids: list[int], now: dt.datetime, note: dict) -> None:
        if plan.first is None:
            raise ValidationError(_("This campaign has no steps."))
        detail = note | {"to": plan.first}
        moves.place(
            ids, plan.first, outcome=Outcome.BY_HAND, reason="restarted", detail=detail, now=now, since_at=now
        )

    return _act("restart", chunk, campaign, people, user, reason, now)


def remove(
    *, campaign: Campaign, people: QuerySet, user=None, reason: str = "", now: dt.datetime | None = None
) -> int:
    """Take them out of the campaign. Whether they may enter again is as the campaign says."""

    def chunk(plan: Plan, ids: list[int], now: dt.datetime, note: dict) -> None:
        moves.leave(ids, reason="by_hand", detail=note, now=now)

    return _act("remove", chunk, campaign, people, user, reason, now)


def _act(
    name: str, chunk: Callable, campaign: Campaign, people: QuerySet, user, reason: str, now, **about
) -> int:
    now = now or clock.now()
    reason = " ".join(reason.split())[:REASON_LENGTH]
    note = {"by": user.pk if user else None, "why": reason}
    done, cursor, steps = 0, 0, set()
    while True:
        with transaction.atomic():
            # a publication meanwhile would take away the step where they are put
            lock_in_order(Campaign.objects.filter(pk=campaign.pk))
            plan = current_plan(campaign)
            there = people.inside().filter(campaign=campaign, pk__gt=cursor)
            ids = lock_in_order(there, moves.BATCH)
            if ids:
                steps |= set(_by_step(ids))
                chunk(plan, ids, now, note)
        done += len(ids)
        if len(ids) < moves.BATCH:
            break
        cursor = ids[-1]
    if done:
        at = [plan.by_pk[pk].uuid for pk in steps if pk in plan]
        data = {"act": name, "count": done, "at": at, **about}
        if reason and done > 1:  # of one person it stands in the log of the person's steps alone
            data["reason"] = reason
        log(campaign, f"wagtail_automation.people_{name}", user=user, data=data)
        nudge()
    return done


def _by_step(ids: list[int]) -> dict[int, list[int]]:
    there: dict[int, list[int]] = {}
    for pk, step in Enrollment.objects.among(ids).order_by().values_list("pk", "step_id"):
        there.setdefault(step, []).append(pk)
    return there
