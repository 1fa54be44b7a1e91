"""Two leads side by side: what each says, what would move, and merging them field by field."""

import datetime as dt
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count
from django.utils.text import capfirst
from django.utils.translation import gettext

from . import actions, merging
from .fields import COLUMNS, LeadField, custom_fields
from .models import ConsentState, Lead, MergeSuggestion


@dataclass(frozen=True)
class Row:
    """One field of both; ``differs``: both have a value, and not the same."""

    key: str
    label: str
    values: tuple[str, str]
    differs: bool


def fields_of() -> list[LeadField]:
    """The fields that can be chosen: own ones that people may set, the address, and custom ones."""
    own = [field for field in COLUMNS.values() if field.is_settable or field.key == "email"]
    return [*own, *custom_fields()]


def rows(one: Lead, other: Lead) -> list[Row]:
    """The fields of which at least one has a value."""
    found = []
    for field in fields_of():
        values = field.display(one), field.display(other)
        if any(values):
            same = field.stored(one) == field.stored(other)
            found.append(Row(field.key, capfirst(str(field.label)), values, all(values) and not same))
    return found


def moving(lead: Lead) -> list[tuple[str, int]]:
    """What of this lead would move, by the name of the model; one query a model with rows or without."""
    found: dict[str, int] = {}
    for relation in lead._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and relation.one_to_many) or relation.related_model is MergeSuggestion:
            continue
        number = relation.related_model._base_manager.filter(**{relation.field.attname: lead.pk}).aggregate(
            n=Count("pk")
        )["n"]
        if number:
            label = capfirst(str(relation.related_model._meta.verbose_name_plural))
            found[label] = found.get(label, 0) + number
    return sorted(found.items())


def stricter(one: Lead, other: Lead) -> list[str]:
    """Subjects on which they stand differently: the refusal will stay."""
    states: dict[str, set] = {}
    for subject, granted in ConsentState.objects.filter(lead__in=[one, other]).values_list(
        "subject", "granted"
    ):
        states.setdefault(subject, set()).add(granted)
    return sorted(subject for subject, found in states.items() if len(found) == 2)


def merge_chosen(*, source: Lead, target: Lead, take: list[str], now: dt.datetime, user) -> Lead:
    """Merge ``source`` into ``target``; of the fields named in ``take`` the source's value stays.

    Raises ValidationError when one of them was merged away meanwhile, and for an unknown field; nothing is
    changed then.
    """
    known = {field.key: field for field in fields_of()}
    if unknown := sorted(set(take) - set(known)):
        raise ValidationError(gettext("Unknown name: %(name)s") % {"name": unknown[0][:50]})
    with transaction.atomic():
        locked = merging.lock({source.pk, target.pk})
        if len(locked) != 2:
            raise ValidationError(gettext("These leads were merged meanwhile."), code="gone")
        old = locked[source.pk]
        values = {key: known[key].stored(old) for key in take}
        address = values.pop("email", None)
        survivor = merging.merge(source=old, target=locked[target.pk], now=now, reason="admin", user=user)
        chosen = {key: value for key, value in values.items() if value is not None}
        actions.set_fields(lead=survivor, fields=chosen, source="merge", now=now, user=user)
        if address and address != survivor.email:
            actions.use_address(lead=survivor, kind="email", value=address, source="merge", now=now)
        survivor.refresh_from_db()
    return survivor


def dismiss(*, one: Lead, other: Lead, now: dt.datetime, user) -> None:
    """These two are not one person; they are never suggested again."""
    first, second = sorted((one.pk, other.pk))
    MergeSuggestion.objects.update_or_create(
        first_id=first,
        second_id=second,
        defaults={"dismissed_at": now, "dismissed_by": user},
        create_defaults={
            "reason": MergeSuggestion.Reason.COMPANY,
            "found_at": now,
            "dismissed_at": now,
            "dismissed_by": user,
        },
    )
