"""Writing one and the same fact into the ledger of many leads at once."""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction

from wagtail_automation import signals, sql

from .models import ConsentRecord, ConsentState, Lead


def write(
    pairs: Iterable[tuple[int, str]],
    *,
    granted: bool,
    how: str,
    now: dt.datetime,
    text: str = "",
    site=None,
    only_new: bool = False,
) -> int:
    """Record for each ``(lead, subject)`` that it was granted or withdrawn; returns how many.

    Asks nothing: whoever calls has decided who may. ``only_new``: they were never asked; what one of them
    says meanwhile counts, and the record of this stands before it. Three statements for the records, and
    two signals for each subject.
    """
    rows = [{"lead": lead, "subject": subject} for lead, subject in sorted(set(pairs))]
    if not rows:
        return 0
    by_subject: dict[str, list[int]] = {}
    for row in rows:
        by_subject.setdefault(row["subject"], []).append(row["lead"])
    with transaction.atomic():
        shared = {"granted": granted, "at": now}
        sql.insert_rows(ConsentRecord, rows, shared={**shared, "how": how[:100], "text": text, "site": site})
        if not only_new:
            for subject, leads in by_subject.items():
                ConsentState.objects.filter(subject=subject, lead__anyof=leads).update(**shared)
        sql.insert_rows(ConsentState, rows, shared=shared, ignore_conflicts=True)
        for subject, leads in by_subject.items():
            signals.consents_recorded.send(
                sender=Lead, leads=leads, subject=subject, granted=granted, how=how, now=now
            )
            facts = frozenset({f"consent:{subject}"})
            signals.facts_changed.send(sender=Lead, leads=leads, facts=facts, now=now)
    return len(rows)
