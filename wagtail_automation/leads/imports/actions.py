"""What an import changes: the run itself, and people, chunk by chunk in a constant number of statements.

A chunk is one transaction of the caller's, together with the run's new position; nothing here repeats.
"""

import uuid
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.utils.translation import gettext
from wagtail.log_actions import log

from wagtail_automation import clock, signals, sql
from wagtail_automation.leads import history, suppression
from wagtail_automation.leads.access import leads_for
from wagtail_automation.leads.fields import COLUMNS, LeadField, all_fields
from wagtail_automation.leads.files import storage
from wagtail_automation.leads.folding import fold_value
from wagtail_automation.leads.identifiers import identifier_kinds
from wagtail_automation.leads.models import (
    Identifier,
    ImportedLead,
    ImportProblem,
    ImportRun,
    Lead,
    random_bucket,
)

from . import querysets
from .kinds import Prepared

#: characters of a cell that are kept with a refused row
KEPT = 10_000
SQL_TYPES = {"birth_date": "date", "identified_at": "timestamptz"}


class ChangedHandsError(IntegrityError):
    """Rows were merged away or taken while we waited for their locks: the chunk must look again."""


# -- the run -----------------------------------------------------------------------------------------------


def start(*, run: ImportRun) -> None:
    """Hand the import to the workers; logged as an act of its user."""
    with transaction.atomic():
        run.start()
        log(run, "wagtail_automation.import", user=run.user, data={"file": run.name, "kind": run.kind})


def stop(*, run: ImportRun) -> bool:
    """Stop after the chunk under way. What was imported stays; returns whether it was still running."""
    return run.stop()


def discard(*, run: ImportRun) -> None:
    """Forget an import that was never started, with its file."""
    with transaction.atomic():
        storage.remove(run.upload, run.text)
        ImportRun.objects.filter(pk=run.pk, state="draft").delete()


def note_problems(run: ImportRun, rows: list[Prepared], notes: dict[int, list[str]] | None = None) -> tuple:
    """Keep what was wrong, in one statement; returns how many rows were refused and how many imported with
    remarks. ``notes``: more remarks, by row number."""
    notes = notes or {}
    kept = []
    for entry in rows:
        remarks = notes.get(entry.row.number, [])
        for remark in remarks:
            entry.errors.append(("", remark))
        if entry.errors:
            cells = [cell if len(cell) <= KEPT else f"{cell[:KEPT]}…" for cell in entry.row.cells]
            kept.append(
                {"row": entry.row.number, "refused": entry.refused, "reason": entry.reason, "cells": cells}
            )
    sql.insert_rows(ImportProblem, kept, shared={"run": run.pk})
    refused = sum(problem["refused"] for problem in kept)
    return refused, len(kept) - refused


# -- people ------------------------------------------------------------------------------------------------


@dataclass
class Person:
    """What a chunk is about to do to one lead. ``lead`` is None for one to be made."""

    lead: Lead | None = None
    pk: int | None = None
    key: uuid.UUID | None = None
    values: dict = field(default_factory=dict)
    identifiers: list = field(default_factory=list)
    extras: dict = field(default_factory=dict)
    rows: list[Prepared] = field(default_factory=list)
    ignored: bool = False

    @property
    def is_new(self) -> bool:
        return self.lead is None

    def stored(self, described: LeadField):
        """The value that the field will have."""
        if described.key in self.values:
            return self.values[described.key]
        return None if self.lead is None else described.stored(self.lead)


def import_people(*, run: ImportRun, rows: list[Prepared]) -> dict[str, int]:
    """Write these rows; returns counts. Raises IntegrityError when others were faster: look again."""
    from .people import extras as extras_of

    now = clock.now()
    fields = {described.key: described for described in all_fields(archived=True)}
    people = _persons(run, rows, fields)
    acting = [person for person in people if not person.ignored]
    created = _create(run, [person for person in acting if person.is_new], fields, now)
    changed = _update(run, [person for person in acting if not person.is_new], fields, now)
    _attach(run, acting, now)
    notes: dict[int, list[str]] = {}
    by_pk = {person.pk: person for person in acting}
    for extra in extras_of(run.user):
        said = {
            pk: {
                target: value for target, value in person.extras.items() if target.startswith(f"{extra.key}.")
            }
            for pk, person in by_pk.items()
        }
        said = {pk: values for pk, values in said.items() if values}
        changed |= extra.apply(run, said, sorted(by_pk), created)
        for pk, remarks in extra.notes(run).items():
            notes.setdefault(by_pk[pk].rows[-1].row.number, []).extend(remarks)
    met = _remember(run, people, created)
    refused, noted = note_problems(run, rows, notes)
    updated = len(changed & met)
    return {
        "rows": len(rows),
        "created": len(created),
        "matched": len(met),
        "updated": updated,
        "unchanged": len(met) - updated,
        "refused": refused,
        "noted": noted,
        "repeated": len(rows) - refused - len(created) - len(met),
    }


def _pairs(entry: Prepared) -> list[tuple[str, str]]:
    """``(kind, value)`` of the row, the strongest first."""
    found = [
        (target.removeprefix("id."), value)
        for target, value in entry.values.items()
        if target.startswith("id.")
    ]
    return sorted(found, key=lambda pair: -identifier_kinds[pair[0]].strength)


def _persons(run: ImportRun, rows: list[Prepared], fields: dict) -> list[Person]:
    """Who the rows are about, in the order of the file, with what each is to be given."""
    pairs = {entry.row.number: _pairs(entry) for entry in rows if not entry.refused}
    owners = querysets.owners(pair for given in pairs.values() for pair in given)
    leads = _locked(set(owners.values()))
    if missing := set(owners.values()) - set(leads):
        raise ChangedHandsError(f"{len(missing)} leads were merged away")
    theirs = set(leads_for(run.user).filter(pk__anyof=sorted(leads)).values_list("pk", flat=True))
    by_lead = {pk: Person(lead=lead, pk=pk) for pk, lead in leads.items()}
    holders = {pair: by_lead[pk] for pair, pk in owners.items()}
    people: dict[int, Person] = {}
    for entry in rows:
        if entry.refused:
            continue
        person = next((holders[pair] for pair in pairs[entry.row.number] if pair in holders), None)
        if person is None and run.options.get("who") == "known":
            entry.refuse(gettext("Nobody with this identifier is known."))
            continue
        if person is not None and person.lead and person.pk not in theirs:
            entry.refuse(gettext("This lead is somebody else's: you may not change it."))
            continue
        person = person or Person(key=uuid.uuid4())
        first = id(person) not in people
        people[id(person)] = person
        person.rows.append(entry)
        if run.options.get("who") == "new" and not (person.is_new and first):
            person.ignored = person.ignored or not person.is_new
            continue
        _describe(person, entry, pairs[entry.row.number], holders, fields, fresh=person.is_new and first)
    return list(people.values())


def _locked(pks: set[int]) -> dict[int, Lead]:
    leads = Lead.objects.select_for_update().filter(pk__anyof=sorted(pks)).order_by("pk")
    return {lead.pk: lead for lead in leads.defer("folded", "field_sources")} if pks else {}


def _describe(person, entry, pairs, holders, fields, *, fresh: bool) -> None:
    """Lay one row over what the person is to get, by the policy of each column."""
    for pair in pairs:
        policy = entry.policies.get(f"id.{pair[0]}")
        holder = holders.get(pair)
        if holder is None and (fresh or policy != "skip"):
            holders[pair] = person
            person.identifiers.append(pair)
        elif holder is not None and holder is not person:
            entry.errors.append(
                (
                    "",
                    gettext("“%(value)s” belongs to another lead and was left there.") % {"value": pair[1]},
                )
            )
            continue
        if pair[0] in {"email", "phone"}:
            _lay(person, fields[pair[0]], pair[1], policy, fresh)
    for target, value in entry.values.items():
        area, _dot, key = target.partition(".")
        policy = entry.policies.get(target)
        if area == "field":
            _lay(person, fields[key], value, policy, fresh)
        elif area != "id" and (fresh or policy != "skip"):
            person.extras[target] = (value, policy)


def _lay(person: Person, described: LeadField, value, policy: str | None, fresh: bool) -> None:
    there = person.stored(described)
    if there == value or value is None:
        return
    if fresh or there is None or policy == "overwrite":
        if not fresh and policy == "skip":
            return
        person.values[described.key] = value


def _shadows(person: Person, fields: dict, origin: dict) -> dict:
    """The JSON columns of what is written."""
    values = person.values
    return {
        "attributes": {key: value for key, value in values.items() if fields[key].is_custom},
        "folded": {
            key: shadow
            for key, value in values.items()
            if fields[key].is_text and (shadow := fold_value(value)) is not None
        },
        "sources": dict.fromkeys(values, origin),
    }


def _create(run: ImportRun, people: list[Person], fields: dict, now) -> set[int]:
    if not people:
        return set()
    origin = {"source": run.origin[:100], "at": now.isoformat(timespec="seconds")}
    columns = [key for key in COLUMNS if any(key in person.values for person in people)]
    rows = []
    for person in people:
        shadows = _shadows(person, fields, origin)
        shadows["folded"]["source"] = fold_value(run.origin)
        rows.append(
            {
                "uuid": person.key,
                "bucket": random_bucket(),
                "attributes": shadows["attributes"],
                "folded": shadows["folded"],
                "field_sources": shadows["sources"],
                **{
                    key: person.values.get(key, None if fields[key].type == "date" else "") for key in columns
                },
            }
        )
    shared = {
        "status": Lead.Status.KNOWN,
        "source": run.origin[:100],
        "created_at": now,
        "identified_at": now,
    }
    # whatever other columns the model has get their defaults
    for column in Lead._meta.concrete_fields:
        if column.name not in rows[0] and column.name not in shared and not column.primary_key:
            shared[column.name] = column.get_default()
    made = sql.insert_rows(Lead, rows, shared=shared, returning=("id", "uuid"))
    by_uuid = {(key if isinstance(key, uuid.UUID) else uuid.UUID(key)): pk for pk, key in made}
    for person in people:
        person.pk = by_uuid[person.key]
    ids = sorted(by_uuid.values())
    facts = {"lead:created", "field:status", "field:identified_at", *(f"field:{key}" for key in columns)}
    facts |= {f"field:{key}" for person in people for key in person.values}
    signals.leads_identified.send(sender=Lead, leads=ids, now=now, source=run.origin)
    signals.facts_changed.send(sender=Lead, leads=ids, facts=frozenset(facts), now=now)
    return set(ids)


def _update(run: ImportRun, people: list[Person], fields: dict, now) -> set[int]:
    origin = {"source": run.origin[:100], "at": now.isoformat(timespec="seconds")}
    anonymous = {person.pk for person in people if not person.lead.is_known}
    rows, columns, former = [], {}, {}
    for person in people:
        former[person.pk] = {
            key: [fields[key].stored(person.lead), value] for key, value in person.values.items()
        }
        if not person.values and person.pk not in anonymous:
            continue
        own = {key: value for key, value in person.values.items() if key in COLUMNS}
        shadows = _shadows(person, fields, origin)
        if person.pk in anonymous:
            own |= {"status": Lead.Status.KNOWN, "identified_at": now}
            if not person.lead.source:
                own["source"] = run.origin[:100]
                shadows["folded"]["source"] = fold_value(run.origin)
        columns |= {key: SQL_TYPES.get(key, "text") for key in own}
        rows.append({"id": person.pk, **own, **shadows})
    history.tell_pairs(former, source=run.origin, now=now, user=run.user)
    querysets.patch_leads(rows, columns)
    ids = sorted(row["id"] for row in rows)
    keys = {key for person in people for key in person.values}
    if anonymous:
        keys |= {"status", "identified_at"}
        signals.leads_identified.send(sender=Lead, leads=sorted(anonymous), now=now, source=run.origin)
    if ids:
        facts = frozenset(f"field:{key}" for key in keys)
        signals.facts_changed.send(sender=Lead, leads=ids, facts=facts, now=now)
    return set(ids)


def _attach(run: ImportRun, people: list[Person], now) -> None:
    rows = [
        {"kind": kind, "value": value, "lead": person.pk}
        for person in people
        for kind, value in person.identifiers
    ]
    sql.insert_rows(Identifier, rows, shared={"source": run.origin[:100], "created_at": now})
    suppression.close(((row["lead"], row["kind"], row["value"]) for row in rows), now=now)


def _remember(run: ImportRun, people: list[Person], created: set[int]) -> set[int]:
    """Note whom the run made and met; returns those met for the first time in it."""
    rows = [{"lead": person.pk, "created": person.pk in created} for person in people]
    noted = sql.insert_rows(
        ImportedLead, rows, shared={"run": run.pk}, ignore_conflicts=True, returning=("lead",)
    )
    return {pk for (pk,) in noted} - created
