"""Watched rules: who begins to match and who stops, each told once to the owner.

A rule is evaluated for changed leads by ``depends_on``, as a whole when it is new or changed, every few
minutes when time alone can change its answer, and once a day in any case.
"""

import datetime as dt
import logging
import time

from django.db import transaction
from django.db.models import F

from wagtail_automation import clock, conf, jobs, sql
from wagtail_automation.audiences.querysets import patient
from wagtail_automation.audiences.refreshing import CREATED, DAILY, DIRTY_CHUNK, RETRY, SECOND_LOOK
from wagtail_automation.compiled import Given
from wagtail_automation.leads.models import Lead
from wagtail_automation.listeners import FACTS
from wagtail_automation.rules.compiler import compile_rule
from wagtail_automation.rules.conditions import Facts
from wagtail_automation.rules.forms import UNREADABLE
from wagtail_automation.rules.rule import Rule
from wagtail_automation.rules.scope import Scope

from . import querysets
from .models import Watch, WatchDirty, WatchFact, WatchMatch
from .registry import owners

logger = logging.getLogger("wagtail_automation")

JOB = "wagtail_automation.audiences.watching.work.work_off"
#: People told to the owner by one transaction.
CHUNK = 5000
BUDGET_SECONDS = 15


def watch(*, owner: str, rule: Rule | None, now: dt.datetime, quiet: bool = False) -> None:
    """Put a rule in force for this owner, replace it, or (None, empty or broken) let it rest.

    Who matched a former rule of the owner stays noted: "once" outlives a change of the rule. Call in the
    saving transaction.
    """
    rule = None if rule is None else Rule.parse_lenient(rule)  # plain JSON, from code
    facts = facts_of(rule)
    with transaction.atomic():
        row = Watch.objects.select_for_update().filter(owner=owner).first()
        if not facts:
            if row is not None:
                row.facts.all().erase()
                Watch.objects.filter(pk=row.pk).update(rule=Rule(), due_at=None)
                row.matches.filter(matches=True).update(matches=False, since_at=now)
            return
        if row is None:
            row = Watch.objects.create(owner=owner, rule=rule, is_quiet=quiet, due_at=now)
        else:
            Watch.objects.filter(pk=row.pk).update(rule=rule, is_quiet=quiet, due_at=now, looks=2)
        kept = set(row.facts.values_list("fact", flat=True))
        row.facts.filter(fact__in=kept - facts).erase()
        WatchFact.objects.bulk_create(
            [WatchFact(watch=row, fact=fact) for fact in sorted(facts - kept)], ignore_conflicts=True
        )
    jobs.enqueue(JOB)


def forget(*, owner: str) -> None:
    """The owner is gone for good."""
    Watch.objects.filter(owner=owner).delete()


def facts_of(rule: Rule | None) -> set[str]:
    """What a rule depends on; empty for what matches nobody anyway."""
    if rule is None or rule.is_broken or rule.is_empty:
        return set()
    return {CREATED, *_depends_on(rule).names}


def _depends_on(rule: Rule) -> Facts:
    try:
        return rule.depends_on()
    except UNREADABLE:
        return Facts()


LISTENER = "audiences.rules"
FACTS.register(LISTENER, lambda: WatchFact.objects.filter(fact__anyof=Given("names")), "fact")


def mark_dirty(*, leads, facts: frozenset[str]) -> None:
    """Note that these leads (ids, or a queryset of ids) changed in what watched rules depend on."""
    needed = sorted(fact for (fact,) in FACTS.told(facts).wanted_by(LISTENER))
    if not needed:
        return
    by_id = isinstance(leads, list | tuple | set)
    source = Lead.objects.filter(pk__anyof=list(leads)) if by_id else Lead.objects.filter(pk__in=leads)
    written: set[int] = set()
    for fact in needed:
        columns = {"lead_id": F("pk"), "fact": fact}
        written |= set(sql.insert_select(WatchDirty, columns, source, returning="id"))
    if written:
        transaction.on_commit(lambda: WatchDirty.objects.oldest() in written and jobs.enqueue(JOB))


def refresh_due(*, until: float) -> int:
    """Evaluate whole rules that are due, while there is time (``time.monotonic()``); returns how many."""
    done = 0
    while time.monotonic() < until:
        row = Watch.objects.due(clock.now()).first()
        if row is None:
            break
        refresh(row)
        done += 1
    return done


def refresh(row: Watch, *, now: dt.datetime | None = None) -> tuple[int, int]:
    """Evaluate one rule for everybody; returns how many began and ceased to match. Repeatable."""
    now = now or clock.now()
    row = Watch.objects.get(pk=row.pk)
    try:
        with patient():
            wanted = Lead.objects.filter(compile_rule(row.rule, Scope(now, mode="set")))
            present = WatchMatch.objects.filter(watch=row, matches=True).order_by()
            began, ended = sql.difference(
                wanted.values_list("pk", flat=True), present.values_list("lead_id", flat=True)
            )
        if row.is_new and row.is_quiet:
            began, ended = _fill(row, began, now), []
        else:
            began, ended = _tell_all(row, began, ended, now)
    except Exception as error:  # noqa: BLE001  a third party's condition must not stop the others
        _note_problem(row, error, now)
        return 0, 0
    looks = max(row.looks - 1, 0)
    done = Watch.objects.filter(pk=row.pk)
    done.update(refreshed_at=now, problem="", is_new=False)
    done.filter(due_at=row.due_at).update(due_at=_next_look(row, now, looks), looks=looks)
    return len(began), len(ended)


def _fill(row: Watch, leads: list[int], now) -> list[int]:
    found = []
    for start in range(0, len(leads), CHUNK):
        with transaction.atomic():
            found += querysets.begin_matching(row, leads[start : start + CHUNK], now)
    return found


def _tell_all(row: Watch, began: list[int], ended: list[int], now):
    really_began, really_ended = [], []
    for start in range(0, max(len(began), len(ended)), CHUNK):
        part = slice(start, start + CHUNK)
        new, old = _tell(row, began[part], ended[part], now)
        really_began += new
        really_ended += old
    return really_began, really_ended


def _tell(row: Watch, began: list[int], ended: list[int], now) -> tuple[list[int], list[int]]:
    """Note and tell, in one transaction; only what was not noted before is told."""
    with transaction.atomic():
        held = Watch.objects.hold(row.pk)
        if held is None:
            return [], []
        querysets.lock_leads([*began, *ended])
        new = querysets.begin_matching(held, began, now) if began else []
        old = querysets.stop_matching(held, ended, now) if ended else []
        if new or old:
            owner = owners.get(held.kind)
            if owner is not None:
                owner().matched(held.owner_pk, new, old, now)
    return new, old


def _next_look(row: Watch, now: dt.datetime, looks: int) -> dt.datetime:
    if looks:
        return now + SECOND_LOOK
    if _depends_on(row.rule).time:
        return now + dt.timedelta(minutes=conf.get("SEGMENT_MINUTES"))
    return now + DAILY


def _note_problem(row: Watch, error: Exception, now: dt.datetime) -> None:
    logger.exception("watched rule %s could not be evaluated", row.owner)
    Watch.objects.filter(pk=row.pk).update(
        problem=f"{type(error).__name__}: {error}"[:500], due_at=now + RETRY
    )


def refresh_dirty(*, now: dt.datetime | None = None) -> int:
    """Evaluate one batch of changed leads in the rules that depend on what changed; returns its size."""
    now = now or clock.now()
    with transaction.atomic():
        rows = WatchDirty.objects.batch(DIRTY_CHUNK[transaction.get_connection().vendor])
        if not rows:
            return 0
        by_fact: dict[str, set[int]] = {}
        for _pk, lead, fact in rows:
            by_fact.setdefault(fact, set()).add(lead)
        # their rows first and in order, so that two who evaluate the same people wait and do not deadlock
        querysets.lock_leads([lead for _pk, lead, _fact in rows])
        for row in Watch.objects.depending_on(by_fact).prefetch_related("facts").order_by("pk"):
            if row.is_new:
                continue  # everybody is evaluated anyway
            leads = set().union(*(by_fact.get(fact.fact, ()) for fact in row.facts.all()))
            try:
                with transaction.atomic():
                    _refresh_leads(row, sorted(leads), now)
            except Exception as error:  # noqa: BLE001  as above; the whole rule is tried again later
                _note_problem(row, error, now)
        WatchDirty.objects.filter(pk__anyof=[pk for pk, _lead, _fact in rows]).erase()
    return len(rows)


def _refresh_leads(row: Watch, leads: list[int], now: dt.datetime) -> None:
    wanted = Lead.objects.filter(compile_rule(row.rule, Scope(now, mode="one")), pk__anyof=leads)
    matching = set(wanted.values_list("pk", flat=True))
    present = WatchMatch.objects.filter(watch=row, matches=True, lead_id__anyof=leads)
    before = set(present.values_list("lead_id", flat=True))
    began, ended = sorted(matching - before), sorted(before - matching)
    if began or ended:
        _tell(row, began, ended, now)
