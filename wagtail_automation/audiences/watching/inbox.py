"""Events that somebody listens to: copied in their own transaction, worked off once."""

import datetime as dt
import logging

from django.db import DatabaseError, transaction

from wagtail_automation import clock, jobs
from wagtail_automation.compiled import Given
from wagtail_automation.listeners import EVENTS

from . import querysets
from .models import Listener, PendingEvent
from .registry import owners
from .rules import JOB

logger = logging.getLogger("wagtail_automation")

#: Events worked off by one transaction: short on SQLite, where page views wait for it.
BATCH = {"postgresql": 5000, "sqlite": 1500}


LISTENER = "audiences.listeners"
EVENTS.register(LISTENER, lambda: Listener.objects.filter(event__anyof=Given("names")), "event", "object_key")


def listen(*, owner: str, wanted: set[tuple[str, object]]) -> None:
    """From now on ``owner`` gets the events ``{(name, object key or None)}``, and no others. Call in the
    saving transaction."""
    with transaction.atomic():
        rows = Listener.objects.filter(owner=owner)
        had = {(row.event, row.object_key): row.pk for row in rows}
        gone = [pk for key, pk in had.items() if key not in wanted]
        if gone:
            Listener.objects.filter(pk__anyof=gone).erase()
        Listener.objects.bulk_create(
            [Listener(owner=owner, event=name, object_key=key) for name, key in wanted - had.keys()]
        )


def receive(sender, events, names, **kwargs) -> None:
    """Receiver of ``events_recorded``: a copy only of what somebody listens to."""
    wanted = names.wanted_by(LISTENER)
    if not wanted:
        return
    found = [
        event
        for event in events
        if event.human
        and event.lead_id
        and ((event.name, None) in wanted or (event.name, event.object_key) in wanted)
    ]
    if not found:
        return
    if len(found) > 1 and all(event.pk is None for event in found):  # one fact of a cohort
        PendingEvent.objects.copy_for(found[0], [event.lead_id for event in found])
    else:
        PendingEvent.objects.bulk_create([_copy(event) for event in found])
    transaction.on_commit(_nudge)


def _copy(event) -> PendingEvent:
    return PendingEvent(
        lead_id=event.lead_id,
        name=event.name,
        object_kind=event.object_kind,
        object_key=event.object_key,
        url=event.url,
        value=event.value,
        data=event.data,
        channel=event.channel,
        at=event.at,
    )


def _nudge() -> None:
    """A flood of page views queues one job, not thousands: only who finds few waiting asks for work."""
    if len(PendingEvent.objects.order_by("pk").values_list("pk")[:3]) < 3:
        jobs.enqueue(JOB)


def work_off(*, now: dt.datetime | None = None) -> int:
    """One batch, in one transaction: what follows from the events, and their deletion. Returns its size."""
    now = now or clock.now()
    with transaction.atomic():
        rows = PendingEvent.objects.claim(BATCH[transaction.get_connection().vendor])
        if not rows:
            return 0
        alive = set(querysets.lock_leads([row.lead_id for row in rows]))
        events = [row for row in rows if row.lead_id in alive]
        wanted: dict[str, set[int]] = {}
        for owner in Listener.objects.filter(event__in={row.name for row in events}).values_list(
            "owner", flat=True
        ):
            kind, _colon, pk = owner.partition(":")
            wanted.setdefault(kind, set()).add(int(pk))
        for kind, pks in sorted(wanted.items()):
            if kind in owners:
                _tell(owners[kind](), pks, events, now)
        PendingEvent.objects.filter(pk__anyof=[row.pk for row in rows]).erase()
    return len(rows)


def _tell(owner, pks: set[int], events: list, now: dt.datetime) -> None:
    """A fault in a third party's class is logged and costs it these events; it must not stop all others.
    The database's own errors (a deadlock, a full disk) end the transaction: the batch comes again."""
    try:
        with transaction.atomic():
            owner.happened(pks, events, now)
    except DatabaseError:
        raise
    except Exception:
        logger.exception("%s could not work off %d events", owner.key, len(events))
