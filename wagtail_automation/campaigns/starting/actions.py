"""Letting people in whom no event brings. Run by the beat: a lost job costs a minute, nobody is missed.

Everything can be repeated: a start goes on behind its cursor, an occasion has a key that enters nobody
twice, and a clock is set only when everybody of its occasions has entered.
"""

import datetime as dt
import time
from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet

from wagtail_automation import clock, jobs
from wagtail_automation.campaigns import moves
from wagtail_automation.campaigns.entering import enroll
from wagtail_automation.campaigns.models import Campaign, Enrollment, StepIdentity, TriggerSubscription
from wagtail_automation.campaigns.querysets import lock_in_order
from wagtail_automation.rules.binding import MissingReference, bind
from wagtail_automation.testing import failpoints

from . import occasions
from .models import Start, TriggerClock

BEGIN = "wagtail_automation.campaigns.tasks.begin"
LEASE = "starts"
LEASE_SECONDS = 60
#: People let in by one transaction.
BATCH = 5000
#: After this long a missed day is over: nobody is congratulated a week late.
CATCH_UP = dt.timedelta(days=3)
TASK_SECONDS = 20


# -- at publication --------------------------------------------------------------------------------------
def plan(campaign: Campaign, now: dt.datetime) -> None:
    """Note what the triggers of the current version are to start.

    What was started before is not started again; clocks go on where they were.
    """
    from wagtail_automation.campaigns.triggers import ByCalendar

    starts, clocks = [], []
    for row in TriggerSubscription.objects.filter(campaign=campaign, event=""):
        read = _read(row)
        if read is None:
            continue
        block, value = read
        starts += [
            Start(identity_id=row.identity_id, key=key, since_at=now)
            for key in getattr(block, "starts", lambda value: [])(value)
        ]
        if isinstance(block, ByCalendar):
            clocks.append(TriggerClock(identity_id=row.identity_id, checked_at=now))
    Start.objects.bulk_create(starts, ignore_conflicts=True)
    TriggerClock.objects.bulk_create(clocks, ignore_conflicts=True)
    kept = [row.identity_id for row in clocks]
    TriggerClock.objects.filter(identity__campaign=campaign).exclude(identity__in=kept).delete()
    if starts:
        jobs.enqueue(BEGIN)


def forget_clocks(campaign: Campaign) -> None:
    """After unpublishing or stopping: what happens meanwhile is not made up for."""
    TriggerClock.objects.filter(identity__campaign=campaign).delete()


# -- by the beat -----------------------------------------------------------------------------------------
def run(seconds: float = TASK_SECONDS) -> bool:
    """Let in everybody whose time has come; True if time ran out before the end.

    Returns at once where another process is at it.
    """
    with jobs.lease(LEASE, LEASE_SECONDS) as mine:
        if not mine:
            return False
        deadline = time.monotonic() + seconds
        now = clock.now()
        finish_ended(now)
        return not (_run_starts(now, deadline) and _run_clocks(now, deadline))


def _run_starts(now: dt.datetime, deadline: float) -> bool:
    waiting = Start.objects.filter(done_at__isnull=True, since_at__lte=now).order_by("pk")
    pending = dict(waiting.values_list("pk", "identity_id"))
    rows = {row.identity_id: row for row in _subscriptions(pending.values(), now)}
    for pk, identity in pending.items():
        while identity in rows and advance(pk, rows[identity], now):
            if time.monotonic() > deadline:
                return False
            jobs.extend_lease(LEASE, LEASE_SECONDS)
    return True


def _subscriptions(identities: Iterable[int], now: dt.datetime) -> QuerySet:
    """Self-starting triggers of campaigns that let people in now."""
    rows = TriggerSubscription.objects.filter(event="", identity__in=set(identities)).of_open_campaigns()
    return rows.filter(campaign__in=Campaign.objects.admitting(now))


@transaction.atomic
def advance(pk: int, subscription: TriggerSubscription, now: dt.datetime) -> bool:
    """Let in the next chunk of a start; True if there may be more."""
    if not lock_in_order(Start.objects.filter(pk=pk, done_at__isnull=True)):
        return False
    start = Start.objects.get(pk=pk)
    read = _read(subscription)
    ids: list[int] = []
    if read is not None:
        block, value = read
        people = block.people(value, start).filter(pk__gt=start.cursor)
        ids = list(people.order_by("pk").values_list("pk", flat=True)[:BATCH])
        enroll(campaign=subscription.campaign, leads=ids, key=start.key, since=start.since_at, now=now)
        failpoints.reach("start")
    if len(ids) < BATCH:
        start.done_at = now
    else:
        start.cursor = ids[-1]
    start.save(update_fields=["cursor", "done_at"])
    return start.done_at is None


def _read(subscription: TriggerSubscription):
    """``(block, value)`` of a self-starting trigger; None when its class or an object is gone."""
    from wagtail_automation.campaigns.plan import kind_of

    cls = kind_of(subscription.type)[1]
    if cls is None:
        return None
    block = cls()
    try:
        return block, bind(block, subscription.config)
    except MissingReference:
        return None


def _run_clocks(now: dt.datetime, deadline: float) -> bool:
    checked = dict(TriggerClock.objects.filter(checked_at__lt=now).values_list("identity_id", "checked_at"))
    for subscription in _subscriptions(checked, now):
        read = _read(subscription)
        if read is None:
            continue
        block, value = read
        since = max(checked[subscription.identity_id], now - CATCH_UP)
        if subscription.campaign.starts_at:
            since = max(since, subscription.campaign.starts_at)
        days = occasions.due(since, now, block.time(value), lambda day: block.is_day(value, day))  # noqa: B023
        for occasion in days:
            if not _enter_occasion(subscription, block.on_occasion(value, occasion), occasion, now, deadline):
                return False
        TriggerClock.objects.filter(pk=subscription.identity_id, checked_at__lt=now).update(checked_at=now)
    return True


def _enter_occasion(subscription, people: QuerySet, occasion, now, deadline: float) -> bool:
    """Let everybody of one occasion in, chunk by chunk; False if time ran out."""
    key = f"day{subscription.identity_id}:{occasion.day.isoformat()}"
    cursor = 0
    while True:
        ids = list(people.filter(pk__gt=cursor).order_by("pk").values_list("pk", flat=True)[:BATCH])
        if ids:
            enroll(campaign=subscription.campaign, leads=ids, key=key, since=occasion.moment, now=now)
            failpoints.reach("start")
        if len(ids) < BATCH:
            return True
        cursor = ids[-1]
        if time.monotonic() > deadline:
            return False
        jobs.extend_lease(LEASE, LEASE_SECONDS)


# -- pages -----------------------------------------------------------------------------------------------
def note_page(page, now: dt.datetime) -> int:
    """A page was published for the first time: note the starts of campaigns that wait for it; returns how
    many. In the transaction that publishes."""
    rows = list(TriggerSubscription.objects.filter(type="on_content_published").of_open_campaigns())
    if not rows:
        return 0
    above = set(page.get_ancestors(inclusive=False).values_list("translation_key", flat=True))
    starts = []
    for row in rows:
        read = _read(row)
        if read is not None and read[1]["section"] and read[1]["section"].key in above:
            starts.append(
                Start(identity_id=row.identity_id, key=f"page:{page.translation_key.hex}", since_at=now)
            )
    Start.objects.bulk_create(starts, ignore_conflicts=True)
    if starts:
        jobs.enqueue(BEGIN)
    return len(starts)


# -- the end ---------------------------------------------------------------------------------------------
def finish_ended(now: dt.datetime) -> int:
    """Let everybody out of campaigns that are over and let nobody finish; returns how many left."""
    left = 0
    for campaign in Campaign.objects.over(now).filter(at_end="leave"):
        while ids := some_inside(campaign):
            with transaction.atomic():
                locked = lock_in_order(Enrollment.objects.among(ids).inside())
                moves.leave(locked, reason="campaign_ended", now=now)
            left += len(ids)
    return left


def some_inside(campaign: Campaign) -> list[int]:
    """Some of the people inside."""
    inside = Enrollment.objects.inside().filter(step__in=StepIdentity.objects.filter(campaign=campaign))
    return list(inside.order_by("pk").values_list("pk", flat=True)[: moves.BATCH])
