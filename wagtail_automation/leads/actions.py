"""Every change to a lead: becoming known, fields, consents. Each is one transaction and says what changed."""

import datetime as dt
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Q, Value
from django.utils.translation import gettext

from wagtail_automation import signals

from . import consent, history, querysets, suppression
from .assigning import assign, assign_in_turn, set_owner
from .field_types import clean_text
from .fields import COLUMNS, LeadField, clean_fields, lead_fields
from .folding import fold_value
from .identifiers import identifier_kinds, normalise
from .logs import log_lead
from .merging import lock, merge
from .models import ConsentRecord, ConsentState, Identifier, Lead

__all__ = [
    "assign",
    "assign_in_turn",
    "create_anonymous",
    "create_known",
    "identify",
    "identify_by_hand",
    "known_by",
    "merge",
    "record_consent",
    "set_field_each",
    "set_field_for",
    "set_fields",
    "set_owner",
    "write_values",
]

ATTEMPTS = 4


# -- who it is ---------------------------------------------------------------------------------------------


def create_anonymous(*, now: dt.datetime, source: str = "") -> Lead:
    """A person of whom nothing is known yet."""
    return Lead.objects.create(created_at=now, source=source[:100])


def create_known(*, identifiers: dict, fields: dict | None = None, source: str, now: dt.datetime) -> Lead:
    """The lead with one of these identifiers, made if there is none (imports, forms in the admin)."""
    return identify(lead=None, identifiers=identifiers, fields=fields or {}, source=source, now=now)


def identify(
    *, lead: Lead | None, identifiers: dict, fields: dict | None = None, source: str, now: dt.datetime
) -> Lead:
    """Somebody said who they are: returns the lead that they are from now on.

    ``identifiers``: ``{kind: value}``; the strongest kind decides. If nobody has it, an anonymous
    ``lead`` becomes known in place; if somebody has it, an anonymous ``lead`` is merged into them. Two
    known leads are never merged here: the value given decides, and another ``lead`` stays as it was.
    ``fields`` are set on the survivor. Raises ValidationError (by kind or field) before anything is
    written. A repeat changes nothing. Two at once for a new address end with one lead.
    """
    given = _clean_identifiers(identifiers)
    # a form that maps its address to the lead's own field has said it twice
    fields = {key: value for key, value in (fields or {}).items() if key not in identifiers}
    described = lead_fields(fields)
    values = clean_fields(fields, described)
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                survivor = _identify(lead, given, source, now)
                _write(survivor, values, described, source, now)
                return survivor
        except (IntegrityError, OperationalError, _Moved) as error:
            # another process gave the value a lead between our look and our insert: look again
            if attempt == ATTEMPTS - 1 or not _may_repeat(error):
                raise
    raise AssertionError("unreachable")


def _may_repeat(error: Exception) -> bool:
    """A deadlock or failed serialisation ends the whole transaction: only the outermost may try again."""
    if isinstance(error, OperationalError):
        code = getattr(error.__cause__, "sqlstate", "")
        return code in {"40P01", "40001"} and not transaction.get_connection().in_atomic_block
    return True


class _Moved(Exception):  # noqa: N818  a state, not a fault
    """The rows changed hands while we waited for their locks."""


def _clean_identifiers(identifiers: dict) -> list[tuple[str, str]]:
    """``(kind, normal form)``, the strongest first. Raises ValidationError by kind."""
    found, errors = [], {}
    for kind, value in identifiers.items():
        try:
            found.append((kind, normalise(kind, value)))
        except ValidationError as error:
            errors[str(kind)[:50]] = error
    if errors:
        raise ValidationError(errors)
    if not found:
        raise ValidationError(gettext("An identifier is required."), code="required")
    return sorted(found, key=lambda pair: -identifier_kinds[pair[0]].strength)


def _identify(lead: Lead | None, given: list[tuple[str, str]], source: str, now: dt.datetime) -> Lead:
    owners = _owners(given)
    known_by = next((owners[pair] for pair in given if pair in owners), None)
    locked = lock({lead.pk if lead else None, known_by})
    if known_by is not None and (known_by not in locked or _owners(given) != owners):
        raise _Moved
    if lead is not None:
        # it may have been merged away since the caller read it
        lead = locked.get(lead.pk) or Lead.objects.resolve(lead.pk)
    if known_by is not None:
        survivor = locked[known_by]
        if lead is not None and lead.pk != survivor.pk and not lead.is_known:
            survivor = merge(source=lead, target=survivor, now=now, reason=source)
    elif lead is not None and not (lead.is_known and _has_other(lead, given[0][0])):
        survivor = lead
    else:
        survivor = Lead.objects.create(created_at=now, source=source[:100])
    _attach(survivor, [pair for pair in given if pair not in owners], source, now)
    if not survivor.is_known:
        survivor.status, survivor.identified_at = Lead.Status.KNOWN, now
        survivor.source = survivor.source or source[:100]
        survivor.save(update_fields=["status", "identified_at", "source"])
        signals.lead_identified.send(sender=Lead, lead=survivor, now=now, source=source[:100])
        signals.facts_changed.send(
            sender=Lead,
            leads=[survivor.pk],
            facts=frozenset({"field:status", "field:identified_at"}),
            now=now,
        )
    return survivor


def _owners(given: list[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Which lead has each of these values; one query."""
    wanted = Q()
    for kind, value in given:
        wanted |= Q(kind=kind, value=value)
    return {
        (kind, value): lead
        for kind, value, lead in Identifier.objects.filter(wanted).values_list("kind", "value", "lead_id")
    }


def _has_other(lead: Lead, kind: str) -> bool:
    return Identifier.objects.filter(lead=lead, kind=kind).exists()


def _attach(lead: Lead, pairs: list[tuple[str, str]], source: str, now: dt.datetime) -> None:
    """Give the lead these identifiers; the first address and number also become its own."""
    if not pairs:
        return
    Identifier.objects.bulk_create(
        Identifier(kind=kind, value=value, lead=lead, source=source[:100], created_at=now)
        for kind, value in pairs
    )
    suppression.close(((lead.pk, kind, value) for kind, value in pairs), now=now)
    signals.facts_changed.send(sender=Lead, leads=[lead.pk], facts=frozenset({"identifier"}), now=now)
    own = {kind: value for kind, value in pairs if kind in {"email", "phone"} and not getattr(lead, kind)}
    if own:
        _write(lead, own, {kind: COLUMNS[kind] for kind in own}, source, now)


# -- fields ------------------------------------------------------------------------------------------------


def set_fields(*, lead: Lead, fields: dict, source: str, now: dt.datetime, user=None) -> set[str]:
    """Set own and custom fields; returns the keys whose value changed. None or empty text empties a field.

    Raises ValidationError by key before anything is written. ``user``: the person who did it, for the
    audit log. ``lead`` in memory is brought up to date.
    """
    described = lead_fields(fields)
    values = clean_fields(fields, described)
    with transaction.atomic():
        changed = _write(lead, values, described, source, now, user)
        if changed and user is not None:
            log_lead(lead, "wagtail.edit", user=user, data={"fields": sorted(changed)})
    return changed


def _write(
    lead: Lead, values: dict, described: dict[str, LeadField], source: str, now: dt.datetime, user=None
) -> set[str]:
    changed = {key: value for key, value in values.items() if described[key].stored(lead) != value}
    if not changed:
        return set()
    write_values([lead.pk], changed, described, source, now, user)
    lead.refresh_from_db(
        fields=[*(key for key in changed if key in COLUMNS), "attributes", "folded", "field_sources"]
    )
    _say([lead.pk], changed, now)
    return set(changed)


def _same(value, key: str):
    """The value as the column gives it back, to compare with what is there."""
    if key in COLUMNS and COLUMNS[key].type == "date" and isinstance(value, str):
        return dt.date.fromisoformat(value)
    return value


def _say(ids, keys: Iterable[str], now: dt.datetime) -> None:
    signals.facts_changed.send(
        sender=Lead, leads=ids, facts=frozenset(f"field:{key}" for key in keys), now=now
    )


def write_values(
    ids: list[int], values: dict, described: dict[str, LeadField], source: str, now: dt.datetime, user=None
) -> int:
    """Write the same clean values, different from what is there, to these leads in one statement, after
    telling their history. Returns how many."""
    history.tell(
        {key: described[key] for key in values}, ids=ids, values=values, source=source, now=now, user=user
    )
    columns, attributes, folded, removed, unfolded = {}, {}, {}, [], []
    for key, value in values.items():
        if described[key].is_custom:
            if value is None:
                removed.append(key)
            else:
                attributes[key] = value
        else:
            empty = None if described[key].type == "date" else ""
            columns[key] = Value(empty if value is None else _same(value, key), Lead._meta.get_field(key))
        if described[key].is_text:
            shadow = fold_value(value)
            if shadow is None:
                unfolded.append(key)
            else:
                folded[key] = shadow
    origin = {"source": source[:100], "at": now.isoformat(timespec="seconds")}
    return Lead.objects.filter(pk__anyof=ids).update(
        **columns,
        attributes=querysets.JsonMerge("attributes", attributes, removed),
        folded=querysets.JsonMerge("folded", folded, unfolded),
        field_sources=querysets.JsonMerge("field_sources", dict.fromkeys(values, origin)),
    )


def set_field_for(*, ids: list[int], field: LeadField, value, source: str, now: dt.datetime) -> int:
    """One clean value into one field of many leads: two statements whatever their number.

    Those who have it already are left alone, so that a repeat changes nothing. Returns how many changed.
    """
    with transaction.atomic():
        leads = Lead.objects.filter(pk__anyof=ids)
        there = field.q_empty() if value is None else field.q_stored(value)
        changed = list(leads.exclude(there).order_by("pk").values_list("pk", flat=True))
        if changed:
            write_values(changed, {field.key: value}, {field.key: field}, source, now)
            _say(changed, [field.key], now)
    return len(changed)


def set_field_each(*, values: dict[int, object], field: LeadField, source: str, now: dt.datetime) -> int:
    """Another clean value for each lead (``{pk: value or None}``) in one statement. Returns how many."""
    if not values:
        return 0
    origin = {"source": source[:100], "at": now.isoformat(timespec="seconds")}
    rows = [
        {
            "id": pk,
            "value": value if value is not None else (None if field.type == "date" else ""),
            "attributes": {field.key: value} if field.is_custom else {},
            "folded": {field.key: fold_value(value)} if field.is_text else {},
            "sources": {field.key: origin},
        }
        for pk, value in sorted(values.items())
    ]
    each = {pk: {field.key: value} for pk, value in values.items()}
    with transaction.atomic():
        history.tell({field.key: field}, each=each, source=source, now=now)
        written = querysets.write_each(
            Lead,
            None if field.is_custom else field.key,
            "date" if field.type == "date" else "text",
            rows,
        )
        _say(sorted(values), [field.key], now)
    return written


# -- by hand -----------------------------------------------------------------------------------------------


def change_address(*, lead: Lead, kind: str, value: str, source: str, now: dt.datetime, user=None) -> bool:
    """A person of the site corrects the lead's email address or phone number; returns whether it changed.

    The new value identifies the lead from now on and the former one no longer does. Raises ValidationError
    for an invalid value and for one that identifies somebody else.
    """
    value = normalise(kind, value)
    with transaction.atomic():
        lead = lock({lead.pk})[lead.pk]
        former = getattr(lead, kind)
        if former == value:
            return False
        owner = Identifier.objects.filter(kind=kind, value=value).values_list("lead", flat=True).first()
        if owner not in (None, lead.pk):
            raise ValidationError(gettext("This address belongs to another lead."), code="taken")
        Identifier.objects.filter(lead=lead, kind=kind, value=former).delete()
        Identifier.objects.get_or_create(
            kind=kind, value=value, defaults={"lead": lead, "source": source[:100], "created_at": now}
        )
        suppression.close([(lead.pk, kind, value)], now=now)
        _write(lead, {kind: value}, {kind: COLUMNS[kind]}, source, now, user)
        if user is not None:
            log_lead(lead, "wagtail.edit", user=user, data={"fields": [kind]})
        if not lead.is_known:
            Lead.objects.filter(pk=lead.pk).update(status=Lead.Status.KNOWN, identified_at=now)
            lead.refresh_from_db()
            signals.lead_identified.send(sender=Lead, lead=lead, now=now, source=source[:100])
            _say([lead.pk], ["status", "identified_at"], now)
    return True


def known_by(identifiers: dict) -> Lead | None:
    """Whom the strongest of these identifiers belongs to; two queries. Raises ValidationError by kind."""
    given = _clean_identifiers(identifiers)
    owners = _owners(given)
    pk = next((owners[pair] for pair in given if pair in owners), None)
    return Lead.objects.filter(pk=pk).first() if pk else None


def identify_by_hand(*, lead: Lead, identifiers: dict, fields: dict, now: dt.datetime, user) -> Lead:
    """A person of the site says who an anonymous lead is; returns the lead it is from now on.

    What they say of an existing lead does not overwrite what it has. Raises ValidationError by kind or
    field. Logged. The level of the lead's browsers does not rise: the visitor proved nothing.
    """
    with transaction.atomic():
        other = known_by(identifiers)
        kept = (
            fields if other is None
            else {key: value for key, value in fields.items() if not getattr(other, key, "")}
        )  # fmt: skip
        survivor = identify(lead=lead, identifiers=identifiers, fields=kept, source="admin", now=now)
        log_lead(survivor, "wagtail_automation.identify", user=user, data={"visitor": lead.pk})
    return survivor


def use_address(*, lead: Lead, kind: str, value: str, source: str, now: dt.datetime) -> None:
    """Another of the lead's own identifiers becomes its address or number; the former still identifies it."""
    if Identifier.objects.filter(lead=lead, kind=kind, value=value).exists():
        _write(lead, {kind: value}, {kind: COLUMNS[kind]}, source, now)


# -- consent -----------------------------------------------------------------------------------------------


def record_consent(
    *,
    lead: Lead,
    subject: str,
    granted: bool,
    how: str,
    now: dt.datetime,
    text: str = "",
    site=None,
) -> ConsentRecord:
    """Write a fact into the ledger; the lead now stands where it says.

    ``how``: what happened (form, notice, preferences, unsubscribe…); ``text``: what was shown. Every call
    is a fact of its own: saying yes twice leaves two records and one state. Nobody but the person
    (``consent.BY_PERSON``) can consent for an address that was erased, and nobody under the minimum age to
    anything: then the ledger notes the refusal, with the reason as ``how``.
    """
    consent.clean_subject(subject)
    with transaction.atomic():
        if granted and (reason := consent.obstacle(lead, subject, how=how, site=site, now=now)):
            granted, how = False, reason
        if granted and how in consent.BY_PERSON and subject != consent.TRACKING:
            suppression.lift(lead)
        record = ConsentRecord.objects.create(
            lead=lead,
            subject=subject,
            granted=granted,
            how=clean_text(how, max_length=100),
            text=clean_text(text, max_length=5000, lines=True),
            site=site,
            at=now,
        )
        _state, created = ConsentState.objects.get_or_create(
            lead=lead, subject=subject, defaults={"granted": granted, "at": now}
        )
        changed = created or (
            ConsentState.objects.filter(lead=lead, subject=subject, at__lte=now)
            .exclude(granted=granted)
            .update(granted=granted, at=now)
        )
        if changed:
            signals.facts_changed.send(
                sender=Lead, leads=[lead.pk], facts=frozenset({f"consent:{subject}"}), now=now
            )
    return record
