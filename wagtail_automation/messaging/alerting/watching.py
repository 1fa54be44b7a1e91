"""Looks at what happened since the last time, and tells it. Nothing waits for it while a page is served.

Events are found by their number. One with a lower number may be committed later than one with a higher
number, so that the last minutes are always looked at again; a notice is made once for each event.
"""

import datetime as dt

from django.db import transaction
from django.db.models import Max
from django.utils import translation

from wagtail_automation import clock
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging import alerts
from wagtail_automation.messaging.actions import queue_direct
from wagtail_automation.objects import ref_of
from wagtail_automation.rules.compiler import compile_rule
from wagtail_automation.rules.scope import Scope
from wagtail_automation.tracking.models import Event

from .models import Alert, AlertNotice
from .posting import queue_posts

AGAIN = dt.timedelta(minutes=5)
CHUNK = 500
PERIODS = {"": dt.timedelta(0), "hour": dt.timedelta(hours=1), "day": dt.timedelta(days=1)}


def look() -> str:
    """Notice what happened and tell what is due; once a minute, safe in several processes."""
    now = clock.now()
    noticed = told = 0
    for alert in Alert.objects.filter(is_active=True).select_related("room"):
        noticed += notice(alert, now)
        told += tell(alert, now)
    return f"noticed: {noticed}, told: {told}"


def notice(alert: Alert, now: dt.datetime) -> int:
    """Note the events that this alert is about; returns how many are new. What happened before its first
    look is not told."""
    newest = Event.objects.aggregate(last=Max("pk"))["last"] or 0
    same = Alert.objects.filter(pk=alert.pk)
    if alert.next_at is None:
        same.filter(next_at=None).update(seen_pk=newest, next_pk=newest, next_at=now)
        return 0
    found = Event.objects.filter(
        pk__gt=alert.seen_pk, pk__lte=newest, name=alert.event, human=True, lead__isnull=False
    )
    before = alert.notices.count()
    rows = []
    for pk, lead in found.order_by("pk").values_list("pk", "lead_id").iterator(chunk_size=CHUNK):
        rows.append((pk, lead))
        if len(rows) >= CHUNK:
            _keep(alert, rows, now)
            rows = []
    _keep(alert, rows, now)
    if now - alert.next_at >= AGAIN:
        same.update(seen_pk=alert.next_pk, next_pk=newest, next_at=now)
    return alert.notices.count() - before


def _keep(alert: Alert, rows: list[tuple[int, int]], now: dt.datetime) -> None:
    if not rows:
        return
    leads = Lead.objects.filter(pk__in={lead for _pk, lead in rows})
    if alert.rule:
        leads = leads.filter(compile_rule(alert.rule, Scope(now)))
    matching = set(leads.values_list("pk", flat=True))
    AlertNotice.objects.bulk_create(
        [AlertNotice(alert=alert, lead_id=lead, event=pk, at=now) for pk, lead in rows if lead in matching],
        ignore_conflicts=True,
    )


def tell(alert: Alert, now: dt.datetime) -> int:
    """Queue the emails about what was noticed, if it is time; returns how many events they tell."""
    with transaction.atomic():
        waiting = list(alert.notices.filter(told_at=None).order_by("pk")[:CHUNK])
        if not waiting or now - waiting[0].at < PERIODS[alert.digest]:
            return 0
        pks = [row.pk for row in waiting]
        if alert.notices.filter(pk__in=pks, told_at=None).update(told_at=now) < len(pks):
            transaction.set_rollback(True)  # another worker tells them
            return 0
        key = f"alert:{alert.pk}:{pks[0]}"
        cohort = LeadsCohort([row.lead_id for row in waiting], key=key, origin=f"alert:{alert.pk}", now=now)
        if alert.digest:
            _digest(alert, cohort)
        else:
            alerts.queue_alerts(cohort=cohort, text=alert.text, room=alert.room, alert=alert, **_whom(alert))
    return len(pks)


def _whom(alert: Alert) -> dict:
    return {
        "to": alert.to,
        "team": ref_of(alert.team) if alert.team else None,
        "person": ref_of(alert.person) if alert.person else None,
        "address": alert.address,
    }


def _digest(alert: Alert, cohort: LeadsCohort) -> None:
    """One email for each recipient about all of their people; one post about everybody."""
    leads = Lead.objects.filter(pk__in=cohort.ids).select_related("owner__wagtail_userprofile")
    leads = list(leads.order_by("pk"))
    people = alerts.recipients(leads, **_whom(alert))
    writer = alerts.Writer(leads, alert.text, cohort)
    about: dict[tuple[str, str], list[Lead]] = {}
    for lead in leads:
        for who, code in people[lead.pk].items():
            about.setdefault((who, code), []).append(lead)
    for (who, code), theirs in about.items():
        with translation.override(code):
            subject, text = writer.digest(alert.name, theirs)
        queue_direct(to=who, subject=subject, text=text, key=f"{cohort.key}:{who}")
    if alert.room is not None:
        groups = {cohort.key: [lead.pk for lead in leads]}
        queue_posts(
            room=alert.room, groups=groups, text=alert.text, cohort=cohort, alert=alert, is_digest=True
        )
    told = {lead.pk: alerts.told(people[lead.pk], alert.room) for lead in leads}
    alerts.note_told(told, cohort=cohort, alert=alert)
