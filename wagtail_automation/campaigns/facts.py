"""Waking decisions: what changes about a lead is noted at once and settled by the walker.

Why a note. A page request that updated enrollments itself would wait for a walk that holds them, could
deadlock with it over the lead's row, and could miss somebody whose walk to the decision is not yet
committed. A note is one INSERT without any lock. The walker settles it after the commit: it first
waits for the enrollments' locks, and only then looks where they rest.
"""

import datetime as dt

from django.db import transaction
from django.db.models import F, QuerySet

from wagtail_automation import clock
from wagtail_automation.compiled import Given
from wagtail_automation.leads.models import Lead
from wagtail_automation.listeners import FACTS
from wagtail_automation.sql import insert_select
from wagtail_automation.testing import failpoints

from .models import AwaitedFact, Enrollment, FactNote
from .nudge import nudge
from .querysets import lock_in_order

#: Notes settled in one transaction.
BATCH = 1000


LISTENER = "campaigns.decisions"
FACTS.register(LISTENER, lambda: AwaitedFact.objects.filter(fact__anyof=Given("names")).distinct(), "fact")


def note(leads: QuerySet | list[int], facts: frozenset[str], now: dt.datetime) -> int:
    """Write down that these facts changed, if any decision waits for them; in the caller's transaction.

    ``leads``: ids, or a queryset that selects them. Returns the number of notes.
    """
    awaited = sorted(fact for (fact,) in FACTS.told(facts).wanted_by(LISTENER))
    if not awaited:
        return 0
    people = (
        Lead.objects.filter(pk__in=leads)
        if isinstance(leads, QuerySet)
        else Lead.objects.filter(pk__anyof=list(leads))
    )
    notes = 0
    for fact in awaited:
        notes += insert_select(FactNote, {"lead": F("pk"), "fact": fact}, people)
    # a page that many look at would nudge for people who are nowhere inside
    if notes and Enrollment.objects.inside().filter(lead__in=people.values("pk")).exists():
        nudge()
    return notes


def settle_notes() -> int:
    """Make decisions due again about whose people something was noted. Returns the notes settled."""
    settled = 0
    while True:
        now = clock.now()
        with transaction.atomic():
            notes = FactNote.objects.take(BATCH)
            if notes:
                _wake({(lead, fact) for _pk, lead, fact in notes}, now)
                FactNote.objects.filter(pk__anyof=[pk for pk, _lead, _fact in notes]).delete()
                failpoints.reach("settle")
        settled += len(notes)
        if len(notes) < BATCH:
            return settled


def _wake(changes: set[tuple[int, str]], now: dt.datetime) -> None:
    awaited: dict[str, list[int]] = {}
    campaigns = set()
    rows = AwaitedFact.objects.filter(fact__in={fact for _lead, fact in changes})
    for fact, step, campaign in rows.values_list("fact", "identity_id", "identity__campaign_id"):
        awaited.setdefault(fact, []).append(step)
        campaigns.add(campaign)
    if not awaited:
        return
    leads = sorted({lead for lead, fact in changes if fact in awaited})
    inside = Enrollment.objects.inside().filter(lead_id__anyof=leads, campaign_id__in=campaigns)
    ids = lock_in_order(inside)
    if not ids:
        return
    for fact, steps in awaited.items():
        touched = [lead for lead, changed in changes if changed == fact]
        Enrollment.objects.filter(
            pk__anyof=ids, lead_id__anyof=touched, step_id__anyof=steps, due_at__gt=now
        ).update(due_at=now)
