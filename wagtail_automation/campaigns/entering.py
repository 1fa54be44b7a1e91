"""Letting people into campaigns: from lists of ids, from events, from another campaign."""

import datetime as dt

from django.db import transaction
from django.db.models import Count, Exists, F, IntegerField, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat

from wagtail_automation import clock
from wagtail_automation.leads.models import Lead
from wagtail_automation.sql import insert_select
from wagtail_automation.tracking.models import Event

from .cohorts import EnrollmentCohort
from .models import Campaign, Enrollment, Reentry, State
from .nudge import nudge

#: How often a day steps of campaigns may put the same person into the same campaign: two campaigns that
#: send people to each other would otherwise never end.
ENTRIES_A_DAY = 10


def enroll(
    *,
    campaign: Campaign,
    leads: QuerySet | list[int],
    key: str = "",
    since: dt.datetime | None = None,
    now: dt.datetime | None = None,
) -> int:
    """Let leads enter; returns how many did. Those who may not (again) are passed over.

    ``leads``: ids, or a queryset of Lead. ``key``: what makes them enter, for campaigns that one may enter
    each time: the same key never enters twice. ``since``: from when "since entry" counts (default: now).
    """
    now = now or clock.now()
    people = leads if isinstance(leads, QuerySet) else Lead.objects.filter(pk__anyof=list(leads))
    return len(_enter(campaign, people, lead=F("pk"), key=Value(key), since=since or now, now=now))


def enroll_from_events(*, campaign: Campaign, events: list[int], now: dt.datetime) -> int:
    """Let the leads of recorded events enter; "since entry" counts from each event's own time."""
    rows = Event.objects.filter(pk__anyof=events, lead__isnull=False)
    key = Concat(Value("e"), Cast("pk", TextField()), output_field=TextField())
    return len(_enter(campaign, rows, lead=F("lead_id"), key=key, since=F("at"), now=now))


def enter_from_campaign(*, campaign: int, cohort: EnrollmentCohort) -> set[int]:
    """Let the people of a walk enter another campaign; returns the enrollments of those who did."""
    target = (
        Campaign.objects.open().filter(pk=campaign).select_related("current_version").defer("tree").first()
    )
    if target is None:
        return set()
    today = Enrollment.objects.filter(
        campaign=target,
        lead_id=OuterRef("lead_id"),
        entered_at__gt=cohort.now - dt.timedelta(days=1),
    ).order_by("pk")
    rows = cohort.rows().filter(~Exists(today.values("pk")[ENTRIES_A_DAY - 1 : ENTRIES_A_DAY]))
    new = _enter(target, rows, lead=F("cohort_lead"), key=F("cohort_key"), since=cohort.now, now=cohort.now)
    leads = set(Enrollment.objects.among(new).values_list("lead_id", flat=True))
    mine = Enrollment.objects.among(cohort.ids).values_list("pk", "lead_id")
    return {pk for pk, lead in mine if lead in leads}


@transaction.atomic
def _enter(campaign: Campaign, source: QuerySet, *, lead: F, key, since, now: dt.datetime) -> list[int]:
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
    entered = insert_select(
        Enrollment,
        {
            "campaign": campaign.pk,
            "lead": lead,
            "key": key,
            "version": version.pk,
            "step": version.first_id,
            "visit": 0,
            "due_at": now,
            "deadline_at": Value(None, output_field=Enrollment._meta.get_field("deadline_at")),
            "entered_at": now,
            "since_at": since,
            "finished_at": Value(None, output_field=Enrollment._meta.get_field("finished_at")),
            "left_reason": "",
            "held_reason": "",
        },
        source,
        ignore_conflicts=True,
        returning="id",
    )
    if entered:
        nudge()
    return entered
