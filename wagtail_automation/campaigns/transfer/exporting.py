"""A campaign as a dictionary that JSON can hold: its settings, its steps, and what they refer to."""

import json

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from wagtail_automation.campaigns.limits.models import LIMIT_FIELDS
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.campaigns.tree.fields import raw_steps

from .places import OWN_RULES, map_rule, map_step
from .references import describe

FORMAT, VERSION = "wagtail-automation-campaign", 1
#: Stands where something was chosen: ``{"$ref": "1"}`` points into ``references``.
REF = "$ref"
#: The campaign itself, where a step or a rule of it asks about it.
ITSELF = "itself"
#: Settings that are plain values.
SETTINGS = (
    "name",
    "description",
    "colour",
    "reentry",
    "reentry_days",
    "starts_at",
    "ends_at",
    "at_end",
    "at_removed",
    "holdout",
    "limits",
    *LIMIT_FIELDS,
)


def export_campaign(campaign: Campaign) -> dict:
    """The campaign as it stands in ``campaign`` (give a revision's object for a draft).

    Only JSON's own types. Chosen objects are described in ``references`` by key, address and name, and are
    not in the file themselves. One query per model that is referred to.
    """
    wanted: dict[type[models.Model], dict] = {}

    def note(model: type[models.Model], pk) -> dict:
        rows = wanted.setdefault(model, {})
        return {REF: rows.setdefault(str(pk), str(sum(map(len, wanted.values())) + 1))}

    def change(block, value, path):
        if value in (None, ""):
            return None
        if block.model_class is Campaign and str(value) == str(campaign.pk):
            return {REF: ITSELF}
        return note(block.model_class, value)

    data = {
        "format": FORMAT,
        "version": VERSION,
        "campaign": {name: getattr(campaign, name) for name in SETTINGS},
        "steps": [map_step(step, change) for step in raw_steps(campaign.tree)],
    }
    for name in OWN_RULES:
        data["campaign"][name] = map_rule(getattr(campaign, name).raw, change, (name,))
    data["campaign"]["category"] = _category(campaign.category)
    data["references"] = _described(wanted)
    return json.loads(dump(data))


def _category(category) -> dict | None:
    """A category is so little that the file carries it."""
    return category and {name: getattr(category, name) for name in ("name", "colour", "description")}


def _described(wanted: dict[type[models.Model], dict]) -> dict[str, dict]:
    references = {}
    for model, numbers in wanted.items():
        found = {str(obj.pk): obj for obj in _objects(model, list(numbers))}
        for pk, number in numbers.items():
            known = describe(found[pk]) if pk in found else {"model": model._meta.label, "name": f"#{pk}"}
            references[number] = known
    return references


def _objects(model: type[models.Model], pks: list[str]):
    rows = model._default_manager.filter(pk__in=pks)
    return rows.select_related("locale") if hasattr(model, "locale") else rows


def dump(data: dict) -> str:
    """The text of the file."""
    return json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
