"""People of whom nobody has heard before, who become leads together: the set form of ``actions.identify``."""

import datetime as dt
import uuid

from django.db import IntegrityError, transaction

from wagtail_automation import signals, sql

from . import history, suppression
from .fields import COLUMNS
from .folding import fold_value
from .models import Identifier, Lead, random_bucket

#: identifiers that are columns of the lead as well
OWN = ("email", "phone")


def create_together(
    people: list[tuple[tuple[str, str], ...]], *, source: str, now: dt.datetime
) -> dict[tuple[str, str], int]:
    """Make a known lead of each of these, who is given by its identifiers (``(kind, normal form)``, each
    kind once), which belong to nobody and to no other of them; returns who has each identifier now.

    A constant number of statements. Where somebody else was faster nothing is made, and nothing returned:
    look again.
    """
    if not people:
        return {}
    try:
        with transaction.atomic():
            return _create(people, source[:100], now)
    except IntegrityError:
        return {}


def _create(people, source: str, now: dt.datetime) -> dict[tuple[str, str], int]:
    origin = {"source": source, "at": now.isoformat(timespec="seconds")}
    keys = [uuid.uuid4() for _person in people]
    rows = []
    for key, pairs in zip(keys, people, strict=True):
        own = {kind: value for kind, value in pairs if kind in OWN}
        folded = {name: fold_value(value) for name, value in [*own.items(), ("source", source)] if value}
        rows.append(
            {
                "uuid": key,
                "bucket": random_bucket(),
                "folded": folded,
                "field_sources": dict.fromkeys(own, origin),
                **{name: own.get(name, "") for name in OWN},
            }
        )
    shared = {"status": Lead.Status.KNOWN, "source": source, "created_at": now, "identified_at": now}
    # whatever other columns the model has get their defaults
    for column in Lead._meta.concrete_fields:
        if column.name not in rows[0] and column.name not in shared and not column.primary_key:
            shared[column.name] = column.get_default()
    made = sql.insert_rows(Lead, rows, shared=shared, returning=("id", "uuid"))
    by_key = {key if isinstance(key, uuid.UUID) else uuid.UUID(key): pk for pk, key in made}
    owners = {pair: by_key[key] for key, pairs in zip(keys, people, strict=True) for pair in pairs}
    sql.insert_rows(
        Identifier,
        [{"kind": kind, "value": value, "lead": pk} for (kind, value), pk in sorted(owners.items())],
        shared={"source": source, "created_at": now},
    )
    suppression.close(((pk, kind, value) for (kind, value), pk in owners.items()), now=now)
    _tell(by_key.values(), owners, source, now)
    return owners


def _tell(ids, owners: dict[tuple[str, str], int], source: str, now: dt.datetime) -> None:
    ids = sorted(ids)
    former: dict[int, dict] = {}
    for (kind, value), pk in owners.items():
        if kind in OWN:
            former.setdefault(pk, {})[kind] = [None, value]
    history.tell_pairs(former, source=source, now=now, user=None)
    signals.leads_identified.send(sender=Lead, leads=ids, now=now, source=source)
    facts = {"lead:created", "field:status", "field:identified_at", "identifier"}
    facts |= {f"field:{kind}" for kind, _value in owners if kind in COLUMNS}
    signals.facts_changed.send(sender=Lead, leads=ids, facts=frozenset(facts), now=now)
