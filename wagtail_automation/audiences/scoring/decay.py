"""Points that fade while a person does nothing: once a period, for everybody, in chunks with a checkpoint."""

import datetime as dt
import time

from django.db import transaction
from django.db.models import BigIntegerField, F
from django.db.models.functions import Cast

from wagtail_automation import clock, jobs, signals
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import Lead
from wagtail_automation.tracking import events

from .actions import change_score, day_of
from .models import GroupScore, ScoreDecay, ScoreEntry
from .querysets import bounded, changed, quiet_leads, without_group

CHUNK = {"postgresql": 10_000, "sqlite": 2000}
BUDGET_SECONDS = 15
JOB = "wagtail_automation.audiences.scoring.decay.run"


def activity_names() -> list[str]:
    """Events by which a person shows that they are there: on the site, in forms, clicks in emails."""
    by_group = {name.name for name in events.all_names() if name.group in ("web", "form")}
    return sorted((by_group - {events.CONTENT_SEEN}) | {events.EMAIL_CLICKED})


def run(*, seconds: float = BUDGET_SECONDS) -> str:
    """Beat and job: every decay whose day has come. The same day twice fades nothing twice; after days
    without a worker it fades once."""
    until = time.monotonic() + seconds
    today = day_of(clock.now())
    faded = 0
    for decay in ScoreDecay.objects.filter(is_active=True).order_by("pk"):
        if decay.next_day is None:
            first = today + dt.timedelta(days=decay.days)
            ScoreDecay.objects.filter(pk=decay.pk, next_day=None).update(next_day=first)
            continue
        while decay.next_day <= today:
            count = _chunk(decay.pk, decay.next_day, today)
            if count is None:
                break
            faded += count
            if time.monotonic() >= until:
                jobs.enqueue(JOB)
                return f"{faded} faded, more to do"
    return f"{faded} faded"


@transaction.atomic
def _chunk(decay_pk: int, run_day: dt.date, today: dt.date) -> int | None:
    """The next people of this run; None when there are none left, or another worker finished it."""
    decay = ScoreDecay.objects.select_for_update().filter(pk=decay_pk).first()
    if decay is None or decay.next_day != run_day:
        return None
    start = decay.done_to if decay.done_day == run_day else 0
    leads = Lead.objects.filter(pk__gt=start).order_by("pk")
    if decay.group_id is None:
        leads = leads.annotate(_points=without_group()).exclude(_points=0)
    else:
        scores = GroupScore.objects.filter(group_id=decay.group_id).exclude(points=0)
        leads = leads.filter(pk__in=scores.order_by().values("lead_id"))
    now = clock.now()
    size = CHUNK[transaction.get_connection().vendor]
    seen = list(leads.values_list("pk", flat=True)[:size])
    if not seen:
        decay.next_day = today + dt.timedelta(days=decay.days)
        decay.save(update_fields=["next_day"])
        return None
    since = now - dt.timedelta(days=decay.days)
    quiet = quiet_leads(Lead.objects.filter(pk__anyof=seen), activity_names(), since)
    ids = sorted(quiet.order_by().values_list("pk", flat=True))
    if ids:
        _fade(decay, ids, now)
    decay.done_day, decay.done_to = run_day, seen[-1]
    decay.save(update_fields=["done_day", "done_to"])
    return len(ids)


def _fade(decay: ScoreDecay, ids: list[int], now: dt.datetime) -> None:
    operation = "fade_percent" if decay.how == ScoreDecay.How.PERCENT else "fade_points"
    source = f"decay:{decay.pk}"
    if decay.group_id is not None:
        cohort = LeadsCohort(ids, key=source, now=now)
        change_score(cohort=cohort, operation=operation, value=decay.amount, group=decay.group, source=source)
        return
    leads = Lead.objects.filter(pk__anyof=ids)
    list(leads.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    lost = changed(without_group(), operation, decay.amount) - without_group()
    ScoreEntry.objects.note(
        leads,
        lead=F("pk"),
        points=lost,
        day=day_of(now),
        key=f"0:{source}",
        group=None,
        reason=source,
        times=1,
        now=now,
    )
    leads.update(score=bounded(Cast(F("score"), BigIntegerField()) + lost))
    signals.facts_changed.send(sender=Lead, leads=ids, facts=frozenset({"field:score"}), now=now)
