"""Letting people into campaigns: from lists of ids, from events, from another campaign."""

import datetime as dt

from django.db import transaction
from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    DateTimeField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Concat, Mod
from django.db.models.lookups import LessThan

from wagtail_automation import clock
from wagtail_automation.leads import shares
from wagtail_automation.leads.models import Lead
from wagtail_automation.sql import insert_select
from wagtail_automation.testing import failpoints
from wagtail_automation.tracking.models import Event

from . import happenings
from .cohorts import EnrollmentCohort
from .models import Campaign, Enrollment, Reentry, State, StepLog
from .nudge import nudge
from .outcomes import Outcome

#: How often a day steps of campaigns, and what follows from them – lists, segments, stages, goals, points –
#: may put the same person into the same campaign: two that send people to each other would never end.
ENTRIES_A_DAY = 10


def enroll(
    *,
    campaign: Campaign,
    leads: QuerySet | list[int],
    key: str = "",
    since: dt.datetime | None = None,
    now: dt.datetime | None = None,
    can_circle: bool = False,
) -> int:
    """Let leads enter; returns how many did. Those who may not (again) are passed over.

    ``leads``: ids, or a queryset of Lead. ``key``: what makes them enter, for campaigns that one may enter
    each time: the same key never enters twice. ``since``: from when "since entry" counts (default: now).
    ``can_circle``: what makes them enter may follow from a campaign, so that ``ENTRIES_A_DAY`` holds.
    """
    now = now or clock.now()
    people = leads if isinstance(leads, QuerySet) else Lead.objects.filter(pk__anyof=list(leads))
    if people.query.distinct or people.query.group_by is not None or people.query.combinator:
        people = Lead.objects.filter(pk__in=people.order_by().values("pk"))  # only plain rows can be locked
    if can_circle:
        people = _not_too_often(campaign, people, "pk", now)
    return len(
        _enter(campaign, people, lead=F("pk"), bucket="bucket", key=Value(key), since=since or now, now=now)
    )


def enroll_from_events(
    *, campaign: Campaign, events: list[int], now: dt.datetime, can_circle: bool = False
) -> int:
    """Let the leads of recorded events enter; "since entry" counts from each event's own time.
    ``can_circle`` as for ``enroll``."""
    rows = Event.objects.filter(pk__anyof=events, lead__isnull=False)
    if can_circle:
        rows = _not_too_often(campaign, rows, "lead_id", now)
    key = Concat(Value("e"), Cast("pk", TextField()), output_field=TextField())
    return len(
        _enter(campaign, rows, lead=F("lead_id"), bucket="lead__bucket", key=key, since=F("at"), now=now)
    )


def enter_from_campaign(*, campaign: int, cohort: EnrollmentCohort) -> set[int]:
    """Let the people of a walk enter another campaign; returns the enrollments of those who did."""
    target = (
        Campaign.objects.open().filter(pk=campaign).select_related("current_version").defer("tree").first()
    )
    if target is None:
        return set()
    rows = _not_too_often(target, cohort.rows(), "lead_id", cohort.now)
    new = _enter(
        target,
        rows,
        lead=F("cohort_lead"),
        bucket="lead__bucket",
        key=F("cohort_key"),
        since=cohort.now,
        now=cohort.now,
    )
    leads = set(Enrollment.objects.among(new).values_list("lead_id", flat=True))
    mine = Enrollment.objects.among(cohort.ids).values_list("pk", "lead_id")
    return {pk for pk, lead in mine if lead in leads}


def _not_too_often(campaign: Campaign, rows: QuerySet, lead: str, now: dt.datetime) -> QuerySet:
    """Without those who entered ``ENTRIES_A_DAY`` times in the last 24 hours. Only where one may enter each
    time; elsewhere nobody goes round."""
    if campaign.reentry != Reentry.EACH:
        return rows
    today = Enrollment.objects.filter(
        campaign=campaign, lead_id=OuterRef(lead), entered_at__gt=now - dt.timedelta(days=1)
    ).order_by("pk")
    return rows.filter(~Exists(today.values("pk")[ENTRIES_A_DAY - 1 : ENTRIES_A_DAY]))


@transaction.atomic
def _enter(
    campaign: Campaign, source: QuerySet, *, lead: F, bucket: str, key, since, now: dt.datetime
) -> list[int]:
    """The enrollments of those who entered."""
    version = campaign.current_version
    if not campaign.live or campaign.state == State.STOPPED or version is None or version.first_id is None:
        return []
    if (campaign.starts_at and now < campaign.starts_at) or (campaign.ends_at and now >= campaign.ends_at):
        return []
    if campaign.reentry == Reentry.NEVER:
        key = Value("")
    elif campaign.reentry == Reentry.AFTER:
        before = Enrollment.objects.filter(campaign=campaign, lead_id=OuterRef(lead.name)).order_by()
        recent = before.filter(entered_at__gt=now - dt.timedelta(days=campaign.reentry_days))
        source = source.filter(~Exists(recent))
        # the count of former entries, so that two who come at once take the same key and one is refused
        count = before.values("lead_id").annotate(n=Count("pk")).values("n")
        key = Cast(Coalesce(Subquery(count, output_field=IntegerField()), 0), TextField())
    step, due_at, finished_at, left_reason = version.first_id, now, None, ""
    if campaign.holdout:
        out = _held_out(campaign, bucket)
        step = Case(When(out, then=None), default=Value(step), output_field=BigIntegerField())
        due_at = Case(When(out, then=None), default=Value(now), output_field=DateTimeField())
        finished_at = Case(When(out, then=Value(now)), default=None, output_field=DateTimeField())
        left_reason = Case(When(out, then=Value("holdout")), default=Value(""), output_field=TextField())
    entered = insert_select(
        Enrollment,
        {
            "campaign": campaign.pk,
            "lead": lead,
            "key": key,
            "version": version.pk,
            "step": step,
            "visit": 0,
            "due_at": due_at,
            "deadline_at": Value(None, output_field=Enrollment._meta.get_field("deadline_at")),
            "entered_at": now,
            "since_at": since,
            "finished_at": finished_at
            if campaign.holdout
            else Value(None, output_field=Enrollment._meta.get_field("finished_at")),
            "left_reason": left_reason,
            "held_reason": "",
        },
        source,
        ignore_conflicts=True,
        returning="id",
        keep=source.model is Lead,  # somebody may be erased or merged meanwhile
    )
    if entered:
        inside = _without_held_out(version, entered, now) if campaign.holdout else entered
        happenings.entered(campaign, inside, now)
        failpoints.reach("enter")
        nudge()
    return entered


def _held_out(campaign: Campaign, bucket: str):
    """True of the share of leads that gets nothing: always the same of a campaign."""
    multiplier, offset = shares.multiplier_and_offset(f"holdout:{campaign.uuid}")
    place = Mod(Cast(F(bucket), BigIntegerField()) * multiplier + offset, Value(shares.PRIME))
    return LessThan(place, Value(shares.PRIME * campaign.holdout // 100))


def _without_held_out(version, entered: list[int], now: dt.datetime) -> list[int]:
    """Note those who were held out; returns the others."""
    rows = Enrollment.objects.among(entered)
    out = rows.filter(left_reason="holdout")
    log = {
        "enrollment": F("pk"),
        "visit": F("visit"),
        "step": version.first_id,
        "outcome": Outcome.HELD_OUT.value,
        "branch": "",
        "reason": "holdout",
        "detail": None,
        "at": now,
    }
    if insert_select(StepLog, log, out):
        out.update(visit=1)
        return list(rows.exclude(left_reason="holdout").values_list("pk", flat=True))
    return entered
