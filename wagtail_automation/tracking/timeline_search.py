"""Searching a timeline: what each word may be found in – names of events and objects, addresses, values."""

import json
from dataclasses import dataclass, field

from django.db import models

from wagtail_automation import objects
from wagtail_automation.leads.fields import all_fields
from wagtail_automation.leads.folding import fold

from . import events

MAX_WORDS = 4
MAX_LENGTH = 100
#: Names of this many objects of a kind are compared without case and accents; of more, as the database does.
FOLDED_NAMES = 2000
MATCHES = 500
_NAMES = ("title", "name", "subject", "label")
#: of what belongs to a lead: notes, files, orders
_OWN_NAMES = ("text", "name", "number")


@dataclass
class Word:
    """Where one word is found: in all events of some names, about some objects, or that hold a pattern."""

    names: set[str] = field(default_factory=set)
    keys: list = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)


def words_of(text: str, lead_pk: int) -> list[Word]:
    """The words of what was typed, folded, each with its places. One query per kind of object with names, and
    one for the fields."""
    typed = text[:MAX_LENGTH].split()[:MAX_WORDS]
    words = [Word(patterns=_patterns(word)) for word in typed]
    folded = [fold(word) for word in typed]
    for entry in events.all_names():
        label = fold(str(entry.label))
        for word, plain in zip(words, folded, strict=True):
            if plain in label:
                word.names.add(entry.name)
    for described in all_fields():
        label = fold(str(described.label))
        for word, plain in zip(words, folded, strict=True):
            if plain in label:
                word.patterns.append(f'"{described.key}":')
    for model in objects.kind_models():
        for key, label in _labels(model, lead_pk, folded):
            for word, plain in zip(words, folded, strict=True):
                if plain in label and len(word.keys) < MATCHES:
                    word.keys.append(key)
    return words


def _patterns(word: str) -> list[str]:
    """The word as typed, without accents, and as JSON may spell it."""
    return list(dict.fromkeys((word, fold(word), json.dumps(word)[1:-1])))


def _labels(model: type[models.Model], lead_pk: int, folded: list[str]) -> list[tuple]:
    """``(key, folded name)`` of the objects that may match; of what belongs to a lead, of this lead's."""
    fields = {found.name: found for found in model._meta.concrete_fields}
    key = next((name for name in ("translation_key", "uuid") if name in fields), None)
    if key is None:
        return []
    if "lead" in fields:
        name = next((name for name in _OWN_NAMES if name in fields), None)
        if name is None:
            return []
        rows = model._default_manager.filter(lead_id=lead_pk).order_by().values_list(key, name)
        return [(value, fold(str(label))) for value, label in rows]
    name = next((name for name in _NAMES if name in fields), None)
    if name is None:
        return []
    rows = model._default_manager.order_by().values_list(key, name)
    found = list(rows[: FOLDED_NAMES + 1])
    if len(found) > FOLDED_NAMES:
        matching = models.Q()
        for word in folded:
            matching |= models.Q(**{f"{name}__icontains": word})
        found = list(rows.filter(matching)[:MATCHES])
    return [(value, fold(str(label))) for value, label in found]
