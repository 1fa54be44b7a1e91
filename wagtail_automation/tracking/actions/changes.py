"""Changes of a lead's values, and what people add to it, as facts of its timeline."""

from datetime import datetime

from django.db.models import F

from wagtail_automation import objects, signals, sql
from wagtail_automation.tracking import events
from wagtail_automation.tracking.models import Event

from .recording import CohortEvents


def record_changes(change) -> int:
    """One ``lead_updated`` event for each lead of a ``leads.history.Change``; one statement for any number.

    ``data``: ``changes`` (``{key: [former, new]}``), ``source``, ``user`` (primary key). Returns how many.
    """
    ids = Event.objects.insert_changes(
        change, events.LEAD_UPDATED, {"source": change.source, "user": getattr(change.user, "pk", None)}
    )
    _tell(events.LEAD_UPDATED, ids, change.ids, change.now)
    return len(ids)


def record_items(*, name: str, model, pks: list[int], now: datetime) -> int:
    """One event about each of these rows, which have ``uuid`` and ``lead``; one statement."""
    rows = model._default_manager.filter(pk__anyof=pks)
    columns = {
        "lead": F("lead_id"),
        "visitor": None,
        "site": None,
        "name": name,
        "object_kind": objects.kind_of(model),
        "object_key": F("uuid"),
        "url": "",
        "value": None,
        "data": {},
        "channel": "",
        "human": True,
        "at": now,
    }
    ids = sql.insert_select(Event, columns, rows, returning="id")
    leads = sorted(set(rows.order_by().values_list("lead_id", flat=True))) if ids else []
    _tell(name, ids, leads, now)
    return len(ids)


def _tell(name: str, ids: list[int], leads: list[int], now: datetime) -> None:
    """Nobody reads the events unless a campaign that starts with them looks at each."""
    if not ids:
        return
    recorded = Event.objects.filter(pk__anyof=ids).order_by("pk")
    together = CohortEvents(
        name, lambda: list(recorded), leads=lambda: recorded.order_by().values("lead_id"), at=now
    )
    signals.events_recorded.send(sender=Event, events=together)
    signals.facts_changed.send(sender=Event, leads=leads, facts=frozenset({f"event:{name}"}), now=now)
