"""The engine: finds who is due, takes a chunk of them through the tree, commits. Whatever kills it,
the next run begins where the last commit ended.

On PostgreSQL any number of walkers share the work (``SKIP LOCKED``). SQLite has one writer anyway, so a
lease lets exactly one process walk there (a second one made it 0.7 times as fast, ENGINE.md §3).
"""

import logging
import time
from collections import Counter

from django.db import IntegrityError, OperationalError, transaction

from wagtail_automation import clock, conf, jobs
from wagtail_automation.leads.models import Lead
from wagtail_automation.sql import is_postgresql
from wagtail_automation.testing import failpoints

from . import reasons
from .facts import settle_notes
from .models import Enrollment, StepIdentity
from .moves import relocate
from .querysets import lock_in_order, plan_simply
from .versions import Plan, plan_of
from .walk import StepFailedError, Walk

logger = logging.getLogger("wagtail_automation")

LEASE = "engine"
#: Seconds after which a dead walker's lease on SQLite ends (at most); extended after every chunk.
LEASE_SECONDS = 10
#: A task ends after this many seconds and asks to be run again, so that mail and imports get their turn.
TASK_SECONDS = 20
RETRIES = 5
#: People parked one by one at a step before all others of the chunk are held there too: then it is the
#: step that is ill, not they.
PARK_LIMIT = 20
#: SQLSTATEs of deadlock and serialisation failure: nothing is wrong, somebody else went first.
TRY_AGAIN = ("40P01", "40001")


def chunk_size() -> int:
    """Enrollments per transaction."""
    return conf.get("ENGINE_CHUNK") or (5000 if is_postgresql() else 1500)


def lease_seconds() -> float:
    return min(LEASE_SECONDS, conf.get("LEASE_SECONDS"))


def run(seconds: float = TASK_SECONDS) -> bool:
    """Walk until nobody is due or the time is over; True if somebody may still be due.

    Returns at once where another process walks and only one may.
    """
    if is_postgresql():
        return _run(seconds)
    while True:
        with jobs.lease(LEASE, lease_seconds()) as mine:
            if not mine:
                return False
            more = _run(seconds)
        # somebody who became due while we held the lease was turned away at the door
        if more or not StepIdentity.objects.due(clock.now()):
            return more


def _run(seconds: float) -> bool:
    end = time.monotonic() + seconds
    settle_notes()
    while True:
        moved = 0
        for step, _campaign, version, version_uuid in StepIdentity.objects.due(clock.now()):
            moved += advance(plan_of(version, version_uuid), step)
            if not is_postgresql():
                jobs.extend_lease(LEASE, lease_seconds())
            if time.monotonic() > end:
                return True
        if not moved:
            return False
        settle_notes()


def advance(plan: Plan, step: int) -> int:
    """Take one chunk of the people due at a step as far as they can go; returns how many were claimed."""
    if step not in plan:
        return relocate(plan, step, due_only=True)
    return _attempt(plan, step, None, {}, Counter())


def _attempt(plan: Plan, step: int, only: list[int] | None, hold: dict[int, str], parked: Counter) -> int:
    """As ``advance``; people who make a step fail are looked for by halves and parked with the reason."""
    try:
        return _commit(plan, step, only, hold)
    except StepFailedError as error:
        failure = error
    claimed, sick = failure.claimed, failure.step.pk
    reason = reasons.of_error(failure.cause)
    # where it failed is told once, not for every half of the people
    where = None if failure.missing or only is not None else failure.cause
    logger.warning("campaign %s: %s", plan.campaign_pk, failure, exc_info=where)
    if failure.missing or len(claimed) == 1 or parked[sick] >= PARK_LIMIT:
        parked[sick] += len(claimed) == 1
        if sick in hold:  # held there already and failed again: not even that can be written
            Enrollment.objects.among(claimed).update(due_at=None, held_reason=reason)
            return len(claimed)
        return _attempt(plan, step, claimed, {**hold, sick: reason}, parked)
    middle = len(claimed) // 2
    return _attempt(plan, step, claimed[:middle], hold, parked) + _attempt(
        plan, step, claimed[middle:], hold, parked
    )


def _commit(plan: Plan, step: int, only: list[int] | None, hold: dict[int, str]) -> int:
    """One chunk in one transaction; after a deadlock again, with the leads locked in order."""
    for attempt in range(RETRIES):
        try:
            return _walk_chunk(plan, step, only, hold, ordered=attempt > 0)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") not in TRY_AGAIN or attempt == RETRIES - 1:
                raise
            logger.info("campaign %s: trying again after %s", plan.campaign_pk, error)
    return 0


def _walk_chunk(plan: Plan, step: int, only, hold, *, ordered: bool) -> int:
    now = clock.now()
    people: list = []
    try:
        with transaction.atomic():
            plan_simply()
            people = Enrollment.objects.claim(step, now, chunk_size(), only)
            if not people:
                return 0
            failpoints.reach("claim")
            if ordered:
                lock_in_order(Lead.objects.filter(pk__anyof=[lead for _pk, lead, _deadline in people]))
            Walk(plan, step, people, now, hold).run()
            failpoints.reach("commit")
    except StepFailedError as failure:
        failure.claimed = [pk for pk, _lead, _deadline in people]
        raise
    except IntegrityError as error:  # foreign keys are checked at the commit, when no step is at work
        failure = StepFailedError(plan[step], [], error)
        failure.claimed = [pk for pk, _lead, _deadline in people]
        raise failure from error
    return len(people)
