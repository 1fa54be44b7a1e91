"""Keeping stored membership true: whole segments when they change or time moves them, else changed leads.

Two jobs never disagree about a segment: its state row is locked while its members are written.

Who matches when a segment is published is a *founding member*: stored, but without an event, since nothing
happened to the person – publishing a segment of a million people floods neither the timelines nor the
campaigns that wait for ``segment_entered``. Unpublishing empties it as silently. From then on everybody who
begins or ceases to match, because of what happened to them, of time, or of a changed rule, has an event.
Facts (``segment:<pk>``) are sent in any case: rules that ask "is in the segment" must be asked again.
"""

import datetime as dt
import logging
import time

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from wagtail_automation import clock, conf, jobs, signals, sql
from wagtail_automation.compiled import Given
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import Lead
from wagtail_automation.listeners import FACTS
from wagtail_automation.rules.compiler import compile_rule
from wagtail_automation.rules.conditions import Facts
from wagtail_automation.rules.forms import UNREADABLE
from wagtail_automation.rules.rule import Rule
from wagtail_automation.rules.scope import Scope
from wagtail_automation.tracking import events
from wagtail_automation.tracking.actions import record_events_for

from .dependencies import find_cycle, in_order
from .models import DirtyLead, Segment, SegmentFact, SegmentMembership, SegmentState
from .querysets import patient

logger = logging.getLogger("wagtail_automation")

#: Ids written by one statement (ENGINE.md §1).
WRITE_CHUNK = 50_000
#: Changed leads per transaction: short on SQLite, where page views wait for it.
DIRTY_CHUNK = {"postgresql": 5000, "sqlite": 1500}
#: More changes than this spoil the planner's statistics.
ANALYZE_FROM = 10_000
#: A segment is evaluated once more after its publication: changes made by transactions that began before
#: the publication was visible were not marked for it.
SECOND_LOOK = dt.timedelta(minutes=2)
#: And once a day in any case, so that whatever was missed heals.
DAILY = dt.timedelta(days=1)
#: After a failure (a rule too heavy for the time limit).
RETRY = dt.timedelta(hours=1)
BUDGET_SECONDS = 15
LEASE, LEASE_SECONDS = "audiences", 180
#: Sent for a new lead: it may match what is true of people to whom nothing happened.
CREATED = "lead:created"
JOB = "wagtail_automation.audiences.tasks.refresh"


# -- what has to be looked at --------------------------------------------------------------------------


def follow(segment: Segment, *, now: dt.datetime) -> None:
    """Note what a saved segment depends on and have it evaluated soon. Call in the saving transaction."""
    facts = facts_of(segment)
    with transaction.atomic():
        kept = set(SegmentFact.objects.filter(segment=segment).values_list("fact", flat=True))
        SegmentFact.objects.filter(segment=segment, fact__in=kept - facts).delete()
        SegmentFact.objects.bulk_create(
            [SegmentFact(segment=segment, fact=fact) for fact in sorted(facts - kept)], ignore_conflicts=True
        )
        SegmentState.objects.update_or_create(segment=segment, defaults={"due_at": now, "looks": 2})
    jobs.enqueue(JOB)


def look_again(segments, *, now: dt.datetime) -> None:
    """Have these segments (queryset) evaluated soon: something their rule refers to is gone."""
    if SegmentState.objects.filter(segment__in=segments.order_by().values("pk")).update(due_at=now):
        jobs.enqueue(JOB)


def facts_of(segment: Segment) -> set[str]:
    """Facts that the live rule depends on; none for what matches nobody anyway."""
    if not segment.live or segment.rule.is_broken or segment.rule.is_empty or find_cycle(segment):
        return set()
    return {CREATED, *_depends_on(segment.rule).names}


def _depends_on(rule: Rule) -> Facts:
    try:
        return rule.depends_on()
    except UNREADABLE:  # parameters that no form wrote: the rule matches nobody
        return Facts()


LISTENER = "audiences.segments"
FACTS.register(LISTENER, lambda: SegmentFact.objects.filter(fact__anyof=Given("names")), "fact")


def mark_dirty(*, leads, facts: frozenset[str]) -> None:
    """Note that these leads (ids, or a queryset that selects them) changed in what live segments depend on.

    One small question when no segment depends on these facts; one statement per needed fact otherwise.
    """
    needed = sorted(fact for (fact,) in FACTS.told(facts).wanted_by(LISTENER))
    if not needed:
        return
    source = Lead.objects.filter(pk__anyof=list(leads)) if isinstance(leads, list | tuple | set) else None
    if source is None:
        source = Lead.objects.filter(pk__in=leads)
    written: set[int] = set()
    for fact in needed:
        columns = {"lead_id": F("pk"), "fact": fact}
        written |= set(sql.insert_select(DirtyLead, columns, source, returning="id"))
    if written:
        transaction.on_commit(lambda: _nudge(written))


def mark_wholly_dirty(ids: list[int]) -> None:
    """Have these few leads evaluated in every live segment."""
    mark_dirty(leads=ids, facts=frozenset(SegmentFact.objects.values_list("fact", flat=True).distinct()))


def _nudge(written: set[int]) -> None:
    """After the commit: ask for a refresh, unless older rows wait. Whoever wrote those asked already, and
    whoever processes them looks again afterwards – so a flood of page views queues one job, not thousands."""
    if DirtyLead.objects.oldest() in written:
        jobs.enqueue(JOB)


# -- the work ------------------------------------------------------------------------------------------


def refresh_pending(*, seconds: float = BUDGET_SECONDS) -> str:
    """Evaluate whatever is due: whole segments, then changed leads. A repeat finds nothing to do.

    One process at a time. Stops after ``seconds`` and queues itself again. Whoever was turned away while
    this one worked had committed before; that is why it looks once more after giving back the right.
    """
    end = time.monotonic() + seconds
    whole = changed = 0
    while True:
        with jobs.lease(LEASE, LEASE_SECONDS) as mine:
            if not mine:
                return "somebody else is at it"
            while time.monotonic() < end:
                segment = Segment.objects.due(clock.now()).first()
                if segment is not None:
                    jobs.extend_lease(LEASE, LEASE_SECONDS)
                    refresh_segment(segment)
                    whole += 1
                    continue
                count = refresh_dirty()
                changed += count
                if not count:
                    break
        if not (DirtyLead.objects.exists() or Segment.objects.due(clock.now()).exists()):
            return f"{whole} segments, {changed} changes"
        if time.monotonic() >= end:
            jobs.enqueue(JOB)
            return f"{whole} segments, {changed} changes, more to do"


def refresh_segment(segment: Segment, *, now: dt.datetime | None = None) -> tuple[int, int]:
    """Evaluate the whole segment as it is in force now; returns how many joined and left.

    One that is not live, broken, empty or part of a circle has no members. A repeat changes nothing.
    A rule that takes too long is noted in ``state.problem`` and leaves the members as they were.
    """
    now = now or clock.now()
    segment = Segment.objects.get(pk=segment.pk)
    state, _created = SegmentState.objects.get_or_create(segment=segment)
    try:
        add, remove = _difference(segment, now)
    except Exception as error:  # noqa: BLE001  a third party's condition must not stop the other segments
        _note_problem(segment, error, now)
        return 0, 0
    joined = left = 0
    for chunk in _chunks(remove):
        left += len(_write(segment, [], chunk, now)[1])
    for chunk in _chunks(add):
        joined += len(_write(segment, chunk, [], now)[0])
    if joined + left >= ANALYZE_FROM:
        sql.analyze(SegmentMembership)
    finished = SegmentState.objects.filter(pk=segment.pk)
    with transaction.atomic():
        _lock(segment)
        count = SegmentMembership.objects.filter(segment=segment).count()
        # None: its next publication finds founding members again
        finished.update(member_count=count, refreshed_at=now if segment.live else None, problem="")
        # Unless it was saved meanwhile, which made it due anew.
        looks = max(state.looks - 1, 0)
        finished.filter(due_at=state.due_at).update(due_at=_next_look(segment, now, looks), looks=looks)
    return joined, left


def _note_problem(segment: Segment, error: Exception, now: dt.datetime) -> None:
    logger.exception("segment %s could not be refreshed", segment.pk)
    SegmentState.objects.filter(pk=segment.pk).update(problem=str(error)[:500], due_at=now + RETRY)


def _difference(segment: Segment, now: dt.datetime) -> tuple[list[int], list[int]]:
    rule = segment.rule if segment.live and not find_cycle(segment) else Rule()
    present = SegmentMembership.objects.filter(segment=segment).leads()
    with patient():
        wanted = Lead.objects.filter(compile_rule(rule, Scope(now, mode="set"))).values_list("pk", flat=True)
        return sql.difference(wanted, present)


def _next_look(segment: Segment, now: dt.datetime, looks: int) -> dt.datetime | None:
    if not segment.live:
        return None
    if looks:
        return now + SECOND_LOOK
    if _depends_on(segment.rule).time:
        return now + dt.timedelta(minutes=conf.get("SEGMENT_MINUTES"))
    return now + DAILY


def refresh_dirty(*, now: dt.datetime | None = None) -> int:
    """Evaluate one batch of changed leads, each only in the segments that depend on what changed.

    Returns how many changes were worked off; 0: none were waiting.
    """
    now = now or clock.now()
    with transaction.atomic():
        rows = DirtyLead.objects.batch(DIRTY_CHUNK[transaction.get_connection().vendor])
        if not rows:
            return 0
        by_fact: dict[str, set[int]] = {}
        for _pk, lead, fact in rows:
            by_fact.setdefault(fact, set()).add(lead)
        segments = list(Segment.objects.depending_on(by_fact).prefetch_related("facts"))
        for segment in in_order(segments):
            leads = set().union(*(by_fact.get(row.fact, ()) for row in segment.facts.all()))
            try:
                with transaction.atomic():
                    _refresh_leads(segment, sorted(leads), now)
            except Exception as error:  # noqa: BLE001  as above; the whole segment is tried again later
                _note_problem(segment, error, now)
        DirtyLead.objects.filter(pk__anyof=[pk for pk, _lead, _fact in rows]).erase()
    return len(rows)


def _refresh_leads(segment: Segment, leads: list[int], now: dt.datetime) -> None:
    """Correlated evaluation of a few leads (ENGINE.md §1: 4 to 18 times cheaper than the whole)."""
    _lock(segment)
    matching = set(
        Lead.objects.filter(compile_rule(segment.rule, Scope(now, mode="one")), pk__anyof=leads).values_list(
            "pk", flat=True
        )
    )
    present = set(SegmentMembership.objects.filter(segment=segment, lead_id__anyof=leads).leads())
    add, remove = sorted(matching - present), sorted(present - matching)
    if add or remove:
        _write(segment, add, remove, now)


def _write(segment: Segment, add: list[int], remove: list[int], now: dt.datetime) -> tuple[list, list]:
    """Insert and delete members; facts, and events unless it is being founded or emptied, for those who
    really joined or left."""
    with transaction.atomic():
        silent = _lock(segment) is None or not segment.live
        joined = left = []
        if add:
            joined = sql.insert_select(
                SegmentMembership,
                {"segment": segment.pk, "lead": F("pk"), "joined_at": now},
                Lead.objects.filter(pk__anyof=add),  # not those deleted or merged away since
                ignore_conflicts=True,
                returning="lead",
            )
        if remove:
            left = SegmentMembership.objects.filter(segment=segment).take_away(remove)
        SegmentState.objects.filter(pk=segment.pk).update(
            member_count=Greatest(F("member_count") + (len(joined) - len(left)), 0)
        )
        origin = f"segment:{segment.pk}"
        for name, ids in ((events.SEGMENT_ENTERED, joined), (events.SEGMENT_LEFT, left)):
            if ids and not silent:
                record_events_for(LeadsCohort(ids, key=origin, now=now), name, about=segment)
        if joined or left:
            facts = frozenset({"segment", origin})
            signals.facts_changed.send(sender=SegmentMembership, leads=joined + left, facts=facts, now=now)
    return joined, left


def _lock(segment: Segment) -> dt.datetime | None:
    """Lock the segment's state; returns when it was last refreshed, None if never since its publication."""
    state = SegmentState.objects.select_for_update().filter(pk=segment.pk)
    return next(iter(state.values_list("refreshed_at", flat=True)), None)


def _chunks(ids: list[int]):
    for start in range(0, len(ids), WRITE_CHUNK):
        yield ids[start : start + WRITE_CHUNK]
