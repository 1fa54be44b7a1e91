"""Two leads that turn out to be one person: everything of the first goes to the second, once.

Handlers of the apps run first; then whatever rows still point at the first lead are found by one query
over all related models and re-pointed, with the survivor's row kept where both have one. All of it is one
transaction.
"""

import datetime as dt
from collections.abc import Callable

from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, OperationalError, models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Least
from wagtail.models import ModelLogEntry

from wagtail_automation import signals

from .fields import COLUMNS
from .folding import fold_value
from .logs import log_lead
from .models import ConsentRecord, ConsentState, Lead, LeadMerge, MergedLead

MERGE = "merge"


class MergeHandlers:
    """Functions ``handler(source, target)`` for what the generic walk cannot know: totals that add up,
    memberships that say more than that they exist, generic foreign keys, ids in JSON.

    They run inside the merge's transaction, in the order of their registration, with both leads locked,
    and need a number of statements that does not grow with the data. A repeat must change nothing.
    """

    def __init__(self):
        self._handlers: list[Callable] = []

    def register(self, handler: Callable) -> Callable:
        """Decorator or call; the same function twice is one."""
        if handler not in self._handlers:
            self._handlers.append(handler)
        return handler

    def unregister(self, handler: Callable) -> None:
        if handler in self._handlers:
            self._handlers.remove(handler)

    def __iter__(self):
        return iter(list(self._handlers))


merge_handlers = MergeHandlers()


#: How often a merge looks again for leads that others merge at the same time.
ATTEMPTS = 6
#: SQLSTATEs of deadlock and serialisation failure: somebody else went first, nothing is wrong.
TRY_AGAIN = ("40P01", "40001")


class _Moved(Exception):  # noqa: N818  a state, not a fault
    """The target was merged into another lead before we held it."""

    def __init__(self, survivor: Lead):
        super().__init__(survivor.pk)
        self.survivor = survivor


def lock(pks) -> dict[int, Lead]:
    """The leads that exist, locked until the transaction ends, always in the order of their keys."""
    wanted = sorted({pk for pk in pks if pk is not None})
    if not wanted:
        return {}
    return {lead.pk: lead for lead in Lead.objects.select_for_update().filter(pk__in=wanted).order_by("pk")}


def lock_ids(pks) -> set[int]:
    """The same lock where only the ids of those that exist are wanted."""
    wanted = sorted({pk for pk in pks if pk is not None})
    if not wanted:
        return set()
    rows = Lead.objects.select_for_update().filter(pk__anyof=wanted).order_by("pk")
    return set(rows.values_list("pk", flat=True))


def merge(*, source: Lead, target: Lead, now: dt.datetime, reason: str, user=None) -> Lead:
    """Merge ``source`` into ``target`` and return the survivor, read anew.

    The survivor keeps its own values and bucket; empty fields are filled, scores added once, consents keep
    the stricter choice. ``source`` is deleted; ``Lead.objects.resolve`` still finds the survivor by it. A
    repeat returns the survivor. Raises ValueError when ``target`` does not exist (any more). Several at once,
    in whatever directions, follow each other: who was merged away meanwhile is looked for again, and a
    deadlock ends with another attempt, unless an outer transaction must decide.
    """
    for left in reversed(range(ATTEMPTS)):
        try:
            return _merge(source, target, now, reason, user)
        except _Moved as moved:
            target = moved.survivor
        except OperationalError as error:
            state = getattr(error.__cause__, "sqlstate", None)
            if not left or state not in TRY_AGAIN or transaction.get_connection().in_atomic_block:
                raise
    raise ValueError(f"Lead {target.pk} is merged away again and again.")


def _merge(source: Lead, target: Lead, now: dt.datetime, reason: str, user) -> Lead:
    with transaction.atomic():
        locked = lock({source.pk, target.pk})
        survivor = locked.get(target.pk)
        if survivor is None:
            survivor = Lead.objects.resolve(target.pk)
            if survivor is None:
                raise ValueError(f"There is no lead {target.pk} to merge into.")
            if survivor.pk == source.pk:
                return survivor
            raise _Moved(survivor)  # it has to be locked, and in the order of keys
        old = locked.get(source.pk)
        if old is None or old.pk == survivor.pk:
            return survivor
        for handler in merge_handlers:
            handler(old, survivor)
        moved = repoint(old, survivor)
        changed, not_kept = _merge_values(old, survivor)
        _merge_log(old, survivor, now=now, reason=reason, user=user, moved=moved, not_kept=not_kept)
        # Nothing points here any more; a row inserted meanwhile waits for our lock and is then refused.
        Lead.objects.filter(pk=old.pk)._raw_delete(Lead.objects.db)
        survivor.refresh_from_db()
        signals.lead_merged.send(sender=Lead, source_pk=old.pk, target=survivor, now=now)
        if changed:
            signals.facts_changed.send(
                sender=Lead,
                leads=[survivor.pk],
                facts=frozenset(f"field:{key}" for key in changed),
                now=now,
            )
    return survivor


# -- rows of other models ----------------------------------------------------------------------------------


def relations() -> list:
    """Every foreign key of any installed app to a lead, hidden ones and many-to-many tables included.

    Keys without a database constraint are the business of their app's merge handler (events, in chunks).
    """
    return [
        relation
        for relation in Lead._meta.get_fields(include_hidden=True)
        if relation.auto_created
        and isinstance(relation, models.ManyToOneRel)
        and relation.related_model._meta.managed
        and not relation.related_model._meta.proxy
        and relation.field.db_constraint
    ]


def repoint(source: Lead, target: Lead) -> dict[str, int]:
    """Re-point all foreign keys; returns how many rows moved, by model. One query finds who has any."""
    found = relations()
    checks = {
        f"has_{number}": Exists(
            relation.related_model._base_manager.filter(**{relation.field.attname: OuterRef("pk")})
        )
        for number, relation in enumerate(found)
    }
    present = Lead.objects.filter(pk=source.pk).values(**checks).get()
    moved = {}
    for number, relation in enumerate(found):
        if present[f"has_{number}"]:
            count = _repoint(relation.related_model, relation.field, source, target)
            label = relation.related_model._meta.label
            moved[label] = moved.get(label, 0) + count
    return moved


def _repoint(model, field, source: Lead, target: Lead) -> int:
    """Move one model's rows; where a unique key lets only one of two stay, the survivor's stays."""
    theirs = model._base_manager.filter(**{field.attname: source.pk})
    for others, condition in _unique_keys(model, field):
        twin = model._base_manager.filter(condition, **{field.attname: target.pk})
        for other in others:
            twin = twin.filter(**{other: OuterRef(other)})
        theirs.filter(condition).filter(Exists(twin)).delete()
    try:
        with transaction.atomic():
            return theirs.update(**{field.name: target})
    except IntegrityError:  # a key we cannot read, such as one over an expression: row by row
        return _repoint_each(model, field, theirs, target)


def _unique_keys(model, field) -> list[tuple[list[str], Q]]:
    """``(the other fields, condition)`` of each unique key that the foreign key is part of."""
    keys = [([], Q())] if field.unique else []
    keys += [(list(names), Q()) for names in model._meta.unique_together]
    keys += [
        (list(constraint.fields), constraint.condition or Q())
        for constraint in model._meta.constraints
        if isinstance(constraint, models.UniqueConstraint) and constraint.fields
    ]
    return [
        (
            [
                model._meta.get_field(name).attname
                for name in names
                if name not in (field.name, field.attname)
            ],
            condition,
        )
        for names, condition in keys
        if not names or {field.name, field.attname} & set(names)
    ]


def _repoint_each(model, field, theirs, target: Lead) -> int:
    moved = 0
    for pk in list(theirs.order_by("pk").values_list("pk", flat=True)):
        row = model._base_manager.filter(pk=pk)
        try:
            with transaction.atomic():
                moved += row.update(**{field.name: target})
        except IntegrityError:
            row.delete()
    return moved


# -- handlers of this app ----------------------------------------------------------------------------------


@merge_handlers.register
def merge_consents(source: Lead, target: Lead) -> None:
    """The stricter choice stays; where it changes where the survivor stands, the ledger says so."""
    theirs = {state.subject: state for state in ConsentState.objects.filter(lead_id=source.pk)}
    if not theirs:
        return
    ours = {state.subject: state for state in ConsentState.objects.filter(lead_id=target.pk)}
    stricter = [
        theirs[subject]
        for subject in theirs.keys() & ours.keys()
        if ours[subject].granted and not theirs[subject].granted
    ]
    ConsentState.objects.filter(lead_id=source.pk, subject__in=ours).delete()
    if stricter:
        now = max(max(state.at, ours[state.subject].at) for state in stricter)
        subjects = [state.subject for state in stricter]
        ConsentState.objects.filter(lead_id=target.pk, subject__in=subjects).update(granted=False, at=now)
        ConsentRecord.objects.bulk_create(
            ConsentRecord(lead_id=target.pk, subject=subject, granted=False, how=MERGE, at=now)
            for subject in subjects
        )
    signals.facts_changed.send(
        sender=Lead,
        leads=[target.pk],
        facts=frozenset(f"consent:{subject}" for subject in theirs),
        now=max(state.at for state in theirs.values()),
    )


@merge_handlers.register
def merge_audit_log(source: Lead, target: Lead) -> None:
    """Wagtail's log names its objects by model and text: acts on the old lead become the survivor's."""
    if source.is_known:  # nobody edits an anonymous lead
        ModelLogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(Lead), object_id=str(source.pk)
        ).update(object_id=str(target.pk))


# -- the lead's own values ---------------------------------------------------------------------------------


def _merge_values(source: Lead, target: Lead) -> tuple[set[str], dict]:
    """Fill what the survivor lacks; returns the keys that changed and the values that were not kept."""
    theirs, ours = _values(source), _values(target)
    filled = {key: value for key, value in theirs.items() if key not in ours}
    not_kept = {
        key: value if key in source.attributes else str(value)
        for key, value in theirs.items()
        if key in ours and ours[key] != value
    }
    changes = _standing(source, target)
    if filled:
        shadows = {key: fold_value(value) for key, value in filled.items()}
        changes |= {key: value for key, value in filled.items() if key in COLUMNS}
        changes["attributes"] = target.attributes | {
            key: value for key, value in filled.items() if key not in COLUMNS
        }
        changes["folded"] = target.folded | {key: value for key, value in shadows.items() if value}
        changes["field_sources"] = target.field_sources | {
            key: source.field_sources[key] for key in filled if key in source.field_sources
        }
    Lead.objects.filter(pk=target.pk).update(**changes, created_at=Least(F("created_at"), source.created_at))
    standing = {"status": "status", "score": "score", "owner_id": "owner"}
    return filled.keys() | {name for key, name in standing.items() if key in changes}, not_kept


def _values(lead: Lead) -> dict:
    """What the lead says of itself: columns that people fill in, and attributes."""
    columns = [key for key, field in COLUMNS.items() if field.is_settable or key in {"email", "source"}]
    return {key: getattr(lead, key) for key in columns if getattr(lead, key)} | lead.attributes


def _standing(source: Lead, target: Lead) -> dict:
    """Changes to owner, status and score; the score is added in SQL, where the engine changes it too."""
    changes = {}
    if source.owner_id and not target.owner_id:
        changes["owner_id"] = source.owner_id
    if source.is_known and not target.is_known:
        changes["status"] = source.status
    if source.identified_at and (not target.identified_at or source.identified_at < target.identified_at):
        changes["identified_at"] = source.identified_at
    if source.score:
        changes["score"] = F("score") + source.score
    return changes


def _merge_log(old: Lead, survivor: Lead, *, now, reason, user, moved, not_kept) -> None:
    MergedLead.objects.create(old_pk=old.pk, old_uuid=old.uuid, lead=survivor, at=now)
    LeadMerge.objects.create(
        source_pk=old.pk,
        lead=survivor,
        reason=reason[:100],
        user=user,
        at=now,
        moved=moved,
        not_kept=not_kept,
    )
    if user is not None:
        log_lead(survivor, "wagtail_automation.merge", user=user, data={"merged": old.pk})
