"""Where a field of leads is used: in rules, steps, forms and texts of whatever model people write in."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import models
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext
from wagtail.fields import StreamField

from wagtail_automation.drafts import drafts
from wagtail_automation.rules.fields import RuleField

#: Names under which parameters hold the key of a field, alone or in a list.
PARAMETERS = {"field", "fields", "source", "target", "lead_field", "first", "second", "other"}
MATCHES = 200


@dataclass(frozen=True)
class Use:
    """One object that uses the field. ``kind``: what people call such objects."""

    kind: str
    instance: models.Model


def uses_of(key: str) -> list[Use]:
    """Everything that names the field, at most 200 of each kind; one query per model that may, and those for
    drafts and what is scheduled."""
    found = []
    for model, columns in _models():
        texts = {f"_text_{name}": Cast(name, TextField()) for name in columns}
        matching = Q()
        for name in texts:
            matching |= Q(**{f"{name}__contains": f'"{key}"'}) | Q(**{f"{name}__contains": f"lead.{key}"})
        rows = model._default_manager.annotate(**texts).filter(matching).order_by("pk")[:MATCHES]
        found += [
            Use(str(model._meta.verbose_name), row)
            for row in rows
            if any(_names(getattr(row, name), key) for name in texts)
        ]
    return [*found, *_in_drafts(key, {use.instance for use in found})]


def _in_drafts(key: str, known: set[models.Model]) -> list[Use]:
    """Drafts that name the field, of what does not do so live."""
    columns = dict(_models())
    found = {}
    for draft in drafts(naming=key):
        names = columns.get(type(draft), ())
        texts = (_text(draft, name) for name in names)
        if draft not in known and any(_names(text, key) for text in texts):
            kind = gettext("%(kind)s, in a draft") % {"kind": draft._meta.verbose_name}
            found.setdefault(draft, Use(kind, draft))
    return list(found.values())


def _text(thing: models.Model, name: str) -> str:
    """A column's value as it is stored."""
    value = thing._meta.get_field(name).value_to_string(thing)
    return value if isinstance(value, str) else json.dumps(value)


def _models() -> Iterator[tuple[type[models.Model], list[str]]]:
    """Models with a rule or a stream – what people write –, and the columns to look into."""
    for model in apps.get_models():
        meta = model._meta
        if meta.proxy or not meta.managed:
            continue
        own = [field for field in meta.local_concrete_fields if not field.is_relation]
        if not any(isinstance(field, RuleField | StreamField) for field in own):
            continue
        yield (
            model,
            [
                field.name
                for field in own
                if isinstance(field, RuleField | StreamField | models.TextField | models.JSONField)
                or (isinstance(field, models.CharField) and not field.choices)
            ],
        )


def _names(text: str | None, key: str) -> bool:
    """Whether the text of a column really names the field: as a parameter, or in an expression."""
    text = text or ""
    if re.search(rf"\blead\.{re.escape(key)}\b", text):
        return True
    try:
        return any(_parameters(json.loads(text), key))
    except (ValueError, RecursionError):
        return False


def _parameters(value, key: str, name: str = "") -> Iterator[bool]:
    if isinstance(value, dict):
        for inner, part in value.items():
            # items of a ListBlock stand as {"type": "item", "value": …}
            yield from _parameters(part, key, name if inner == "value" and name in PARAMETERS else inner)
    elif isinstance(value, list):
        for part in value:
            yield from _parameters(part, key, name)
    elif value == key and name in PARAMETERS:
        yield True
