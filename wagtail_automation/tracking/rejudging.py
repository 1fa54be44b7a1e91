"""The verdict human or machine given again, by today's knowledge, from the evidence that was kept."""

from django.db import transaction
from django.db.models import Count, Q, Sum

from . import machine
from .models import Event, LeadTotals, Visit

CHUNK = 1000


def rejudge() -> int:
    """Judge all visits and all events with evidence of their own again; returns how many events changed.

    Visits are judged by their user agent, and the events that their browser caused meanwhile go with them;
    totals follow. What rules counted changes with the next refresh. A repeat changes nothing.
    """
    return _visits() + _single_events()


def _visits() -> int:
    changed = 0
    for agent, human in Visit.objects.order_by().values_list("user_agent", "human").distinct():
        verdict = machine.judge(machine.Evidence(agent)).human
        if verdict == human:
            continue
        with transaction.atomic():
            visits = Visit.objects.filter(user_agent=agent, human=human)
            leads = sorted(set(visits.values_list("visitor__lead_id", flat=True)))
            pks = list(visits.values_list("pk", flat=True))
            for start in range(0, len(pks), CHUNK):
                part = Visit.objects.filter(pk__anyof=pks[start : start + CHUNK])
                changed += Event.objects.in_visits(part).filter(human=human).update(human=verdict)
                part.update(human=verdict)
            _recount(leads)
    return changed


def _recount(leads: list[int]) -> None:
    """Totals of these leads anew, from their human visits."""
    for start in range(0, len(leads), CHUNK):
        part = leads[start : start + CHUNK]
        found = {
            row.pop("visitor__lead_id"): row
            for row in Visit.objects.filter(visitor__lead_id__in=part)
            .order_by()
            .values("visitor__lead_id")
            .annotate(
                visits=Count("pk", filter=Q(human=True)),
                pages=Sum("pages", filter=Q(human=True), default=0),
            )
        }
        totals = list(LeadTotals.objects.filter(pk__in=part))
        for row in totals:
            new = found.get(row.pk)
            if new is not None:
                row.visits, row.pages = new["visits"], new["pages"]
        LeadTotals.objects.bulk_update(totals, ["visits", "pages"])


def _single_events() -> int:
    """Events that carry their own evidence: clicks and opens from outside any visit."""
    changed, last = 0, 0
    while True:
        part = list(
            Event.objects.filter(pk__gt=last, data__has_key="agent")
            .order_by("pk")
            .values_list("pk", "human", "data")[:CHUNK]
        )
        if not part:
            return changed
        last = part[-1][0]
        for verdict in (True, False):
            pks = [pk for pk, human, data in part if human != verdict and _verdict(data) == verdict]
            if pks:
                changed += Event.objects.filter(pk__anyof=pks).update(human=verdict)


def _verdict(data: dict) -> bool | None:
    evidence = machine.Evidence.from_data(data.get("agent"))
    return None if evidence is None else machine.judge(evidence).human
