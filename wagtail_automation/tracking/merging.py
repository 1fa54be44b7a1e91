"""What becomes of visitors, totals and events when their lead turns out to be another one."""

import datetime as dt
import time

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest, Least

from wagtail_automation import clock, jobs, signals

from .models import Arrival, Event, LeadTotals, Visitor

#: Rewritten within the merge's own transaction (13–16 ms, ENGINE.md §6); the rest by a job.
INLINE = 500
CHUNK = 5000
BUDGET_SECONDS = 15
SWEEP = dt.timedelta(days=2)


def merge_tracking(source, target) -> None:
    """Merge handler: the browsers change hands first, which is what makes a concurrent insert safe."""
    Visitor.objects.filter(lead_id=source.pk).update(lead_id=target.pk)
    _merge_totals(source.pk, target.pk)
    Arrival.objects.merge(source.pk, target.pk)
    if Event.objects.reassign(source.pk, target.pk, INLINE) == INLINE:
        jobs.enqueue(reassign_events, source.pk, target.pk)


def _merge_totals(source_pk: int, target_pk: int) -> None:
    old = LeadTotals.objects.filter(pk=source_pk).first()
    if old is None:
        return
    latest = {"visit_at": old.visit_at, "visit_seconds": old.visit_seconds}
    if old.visit_at is not None:
        # the later of the two visits is the latest one of both
        LeadTotals.objects.filter(pk=target_pk).exclude(visit_at__gte=old.visit_at).update(**latest)
    changed = LeadTotals.objects.filter(pk=target_pk).update(
        visits=F("visits") + old.visits,
        pages=F("pages") + old.pages,
        first_seen_at=Least(F("first_seen_at"), old.first_seen_at),
        last_seen_at=Greatest(F("last_seen_at"), old.last_seen_at),
    )
    if not changed:
        LeadTotals.objects.create(
            lead_id=target_pk,
            visits=old.visits,
            pages=old.pages,
            first_seen_at=old.first_seen_at,
            last_seen_at=old.last_seen_at,
            **latest,
        )
    LeadTotals.objects.filter(pk=source_pk).delete()


def reassign_events(source_pk: int, target_pk: int) -> int:
    """Job: rewrite what a merge left, in chunks; goes on by itself after 15 s. A repeat changes nothing."""
    from wagtail_automation.leads.models import Lead

    done, started = 0, time.monotonic()
    while time.monotonic() - started < BUDGET_SECONDS:
        with transaction.atomic():
            survivor = _survivor(target_pk)
            if survivor is None or Lead.objects.filter(pk=source_pk).exists():
                return done
            names = Event.objects.names_of(source_pk)
            moved = Event.objects.reassign(source_pk, survivor, CHUNK)
            if moved:
                signals.facts_changed.send(
                    sender=Event,
                    leads=[survivor],
                    facts=frozenset(f"event:{name}" for name in names),
                    now=clock.now(),
                )
                signals.events_moved.send(sender=Event, lead=survivor, now=clock.now())
        done += moved
        if moved < CHUNK:
            return done
    jobs.enqueue(reassign_events, source_pk, target_pk)
    return done


def _survivor(pk: int) -> int | None:
    from .actions.recording import surviving_lead

    return surviving_lead(pk)


def sweep() -> str:
    """Beat: finish what a crash interrupted, and events inserted for a lead just as it was merged away."""
    waiting = Event.objects.of_merged(clock.now() - SWEEP)
    for old_pk, survivor_pk in waiting:
        reassign_events(old_pk, survivor_pk)
    return f"{len(waiting)} merged leads completed"
