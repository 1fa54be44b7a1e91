"""Writing the consents of a file into the ledger, for a whole chunk at once."""

import datetime as dt

from wagtail_automation import clock, signals, sql
from wagtail_automation.leads.models import ConsentRecord, ConsentState, Lead

HOW = "import"


def record_imported(
    *, said: list[tuple[int, str, bool, dt.datetime | None]], text: str
) -> tuple[set[int], list[tuple[int, str, dt.datetime]]]:
    """Record ``(lead, subject, granted, when or None for now)``. The last of several about the same counts.

    Nothing is written where the lead stands there already. A withdrawn consent is never given back; a
    withdrawal always counts. Returns the leads that changed and ``(lead, subject, withdrawn at)`` of the
    consents that stay withdrawn. The caller's transaction holds the leads.
    """
    now = clock.now()
    wanted = {(pk, subject): (granted, at or now) for pk, subject, granted, at in said}
    states = {
        (pk, subject): (granted, at)
        for pk, subject, granted, at in ConsentState.objects.select_for_update()
        .filter(lead__anyof=sorted({pk for pk, _subject in wanted}))
        .filter(subject__in={subject for _pk, subject in wanted})
        .values_list("lead_id", "subject", "granted", "at")
    }
    records, kept = [], []
    for (pk, subject), (granted, at) in wanted.items():
        there = states.get((pk, subject))
        if there is None or (there[0] and not granted):
            records.append({"lead": pk, "subject": subject, "granted": granted, "at": at})
        elif granted and not there[0]:
            kept.append((pk, subject, there[1]))
    sql.insert_rows(ConsentRecord, records, shared={"how": HOW, "text": text, "site": None})
    sql.insert_rows(ConsentState, [row for row in records if (row["lead"], row["subject"]) not in states])
    _withdraw([row for row in records if (row["lead"], row["subject"]) in states])
    groups: dict[tuple[str, bool], list[int]] = {}
    for row in records:
        groups.setdefault((row["subject"], row["granted"]), []).append(row["lead"])
    for (subject, granted), leads in groups.items():
        signals.consents_recorded.send(
            sender=Lead, leads=leads, subject=subject, granted=granted, how=HOW, now=now
        )
        signals.facts_changed.send(sender=Lead, leads=leads, facts=frozenset({f"consent:{subject}"}), now=now)
    return {row["lead"] for row in records}, kept


def _withdraw(rows: list[dict]) -> None:
    """One statement per subject. It counts from now, whatever the file says: it was granted since."""
    now = clock.now()
    by_subject: dict[str, list[int]] = {}
    for row in rows:
        by_subject.setdefault(row["subject"], []).append(row["lead"])
    for subject, leads in by_subject.items():
        ConsentState.objects.filter(subject=subject, lead__anyof=leads).update(granted=False, at=now)
