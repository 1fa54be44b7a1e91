"""Moving people from stage to stage, for a cohort and for one."""

import datetime as dt

from django.db import transaction
from django.db.models import F
from wagtail.log_actions import log

from wagtail_automation import signals, sql
from wagtail_automation.cohorts import Cohort
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import Lead
from wagtail_automation.tracking.actions import record_events_for

from .events import STAGE_CHANGED
from .models import LeadStage, Stage, StageMove
from .querysets import movable


def move_to_stage(*, stage, cohort: Cohort, forward_only: bool | None = None) -> list[int]:
    """Move the cohort to ``stage`` (or its Ref); returns the ids of those who moved. Those who are there
    stay, without a second event; so do, forwards only, those who are there or beyond. ``forward_only``
    None: as the stage says. A constant number of statements; a repeat moves nobody."""
    with transaction.atomic():
        weight, own = Stage.objects.filter(pk=stage.pk).values_list("weight", "forward_only").get()
        forward = own if forward_only is None else forward_only
        leads = Lead.objects.filter(pk__in=cohort.lead_ids())
        # the lock first: two who move the same person at once look one after the other
        held = list(leads.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
        free = movable(Lead.objects.filter(pk__anyof=held), stage.pk, weight, forward)
        ids = sorted(free.order_by().values_list("pk", flat=True))
        if not ids:
            return []
        origin = cohort.origin[:80]
        moved = Lead.objects.filter(pk__anyof=ids)
        StageMove.objects.filter(lead_id__anyof=ids, left_at=None).update(left_at=cohort.now)
        present = LeadStage.objects.filter(pk__anyof=ids)
        present.update(stage_id=stage.pk, since_at=cohort.now, origin=origin)
        columns = {"lead": F("pk"), "stage": stage.pk, "origin": origin}
        sql.insert_select(LeadStage, {**columns, "since_at": cohort.now}, moved, ignore_conflicts=True)
        sql.insert_select(StageMove, {**columns, "at": cohort.now, "left_at": None}, moved)
        part = LeadsCohort(ids, key=cohort.origin, now=cohort.now, site=cohort.site, user=cohort.user)
        record_events_for(part, STAGE_CHANGED, about=stage, data={"origin": cohort.origin})
        _tell(ids, cohort.now)
    return ids


def clear_stage(*, cohort: Cohort) -> list[int]:
    """Take the cohort out of whatever stage it is in; returns the ids of those who were in one. No event:
    nobody reached anything."""
    with transaction.atomic():
        rows = LeadStage.objects.filter(lead_id__in=cohort.lead_ids())
        ids = sorted(rows.select_for_update().values_list("lead_id", flat=True))
        if ids:
            StageMove.objects.filter(lead_id__anyof=ids, left_at=None).update(left_at=cohort.now)
            LeadStage.objects.filter(pk__anyof=ids).erase()
            _tell(ids, cohort.now)
    return ids


def move_lead(*, lead: Lead, stage: Stage | None, now: dt.datetime, user=None, origin: str = "") -> bool:
    """Move one lead by hand – also backwards – or (None) out of all stages. An act of a person is logged."""
    key = origin or (f"user:{user.pk}" if user else "code")
    cohort = LeadsCohort.of(lead, key=key, now=now, user=user)
    if stage is None:
        moved = clear_stage(cohort=cohort)
    else:
        moved = move_to_stage(stage=stage, cohort=cohort, forward_only=False)
    if moved and user is not None:
        log(lead, "wagtail_automation.stage_change", user=user, data={"stage": str(stage) if stage else ""})
    return bool(moved)


def merge_stages(source: Lead, target: Lead) -> None:
    """Merge handler: the survivor is in the further of the two stages, without a second event; both
    histories become its own, with one open stay at most."""
    rows = {
        row.lead_id: row
        for row in LeadStage.objects.filter(pk__in=[source.pk, target.pk]).select_related("stage")
    }
    theirs, mine = rows.get(source.pk), rows.get(target.pk)
    if theirs is None:
        StageMove.objects.filter(lead_id=source.pk).update(lead_id=target.pk)
        return
    further = theirs if mine is None or theirs.stage.weight > mine.stage.weight else mine
    loser = source.pk if further is mine else target.pk
    StageMove.objects.filter(lead_id=loser, left_at=None).update(left_at=further.since_at)
    LeadStage.objects.filter(pk__in=[source.pk, target.pk]).erase()
    LeadStage.objects.create(
        lead_id=target.pk, stage_id=further.stage_id, since_at=further.since_at, origin=further.origin
    )
    StageMove.objects.filter(lead_id=source.pk).update(lead_id=target.pk)
    _tell([target.pk], further.since_at)


def _tell(ids: list[int], now: dt.datetime) -> None:
    signals.facts_changed.send(sender=LeadStage, leads=ids, facts=frozenset({"stage"}), now=now)
