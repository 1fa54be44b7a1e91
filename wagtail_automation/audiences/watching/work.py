"""The job: whatever waits, in short transactions, by any number of workers."""

import time

from wagtail_automation import clock, jobs

from . import inbox, rules
from .models import PendingEvent, Watch, WatchDirty


def work_off(*, seconds: float = rules.BUDGET_SECONDS) -> str:
    """Beat and job: events first (they change people), then rules. A repeat finds nothing to do.

    Whole rules and changed leads are one process's work at a time; events are shared by all workers.
    """
    until = time.monotonic() + seconds
    events = whole = changed = 0
    while time.monotonic() < until:
        before = (events, whole, changed)
        events += inbox.work_off()
        with jobs.lease("watching", 180) as mine:
            if mine:
                whole += rules.refresh_due(until=until)
                changed += rules.refresh_dirty()
        if (events, whole, changed) == before:
            break
    if time.monotonic() >= until and _waiting():
        jobs.enqueue(rules.JOB)
    return f"{events} events, {whole} rules, {changed} changes"


def _waiting() -> bool:
    return (
        PendingEvent.objects.exists()
        or WatchDirty.objects.exists()
        or Watch.objects.due(clock.now()).exists()
    )
