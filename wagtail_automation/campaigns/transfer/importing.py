"""A new draft from the dictionary of a file."""

import uuid
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from wagtail_automation.audiences.categories.models import Category
from wagtail_automation.audiences.colours import Colour
from wagtail_automation.audiences.names import fold_name
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.rules.rule import Rule

from . import references
from .exporting import ITSELF, REF, SETTINGS
from .missing import find_missing
from .places import OWN_RULES, map_rule, map_step
from .reading import check, read, title

__all__ = ["Imported", "import_campaign", "read"]


@dataclass
class Imported:
    """What became of a file. ``found``: ``(what the file says, the object it is here)``."""

    campaign: Campaign
    found: list[tuple[dict, models.Model]]

    @property
    def missing(self):
        return find_missing(self.campaign)


@transaction.atomic
def import_campaign(data: dict, *, name: str = "", user=None) -> Imported:
    """A new campaign, a draft, from what ``export_campaign`` gave; each call makes another one.

    Steps keep their identities, also those of types that are not installed. What is referred to is found
    again (``references.find``); what is not is kept in ``Campaign.missing`` and keeps the campaign from being
    published. Raises ValidationError for data of another shape, naming the step where it is one's fault.
    """
    check(data)
    campaign = Campaign(live=False, **_settings(data["campaign"]))
    campaign.name = (name or campaign.name)[:160]
    campaign.category = _category(data["campaign"].get("category"))
    campaign.save()
    reader = _Reader(campaign, data["references"])
    campaign.tree = [reader.step(step) for step in data["steps"]]
    for rule in OWN_RULES:
        setattr(campaign, rule, Rule.parse_lenient(reader.rule(rule, data["campaign"].get(rule) or {})))
    campaign.missing = reader.notes
    _read_tree(campaign)
    campaign.save()
    campaign.save_revision(user=user, clean=False)
    log(campaign, "wagtail.create", user=user)
    log(campaign, "wagtail_automation.campaign_imported", user=user, data={"missing": len(reader.notes)})
    found = [(data["references"][number], obj) for number, obj in reader.found.items() if obj]
    return Imported(campaign, found)


def _settings(said: dict) -> dict:
    """Raises ValidationError, naming the setting."""
    settings, problems = {}, []
    for name in SETTINGS:
        field = Campaign._meta.get_field(name)
        if name not in said:
            continue
        value = said[name]
        try:
            if isinstance(value, (list, dict)):
                raise ValidationError(_("It cannot be read."))
            settings[name] = field.clean(value, None)
        except ValidationError as error:
            problems.append(f"{field.verbose_name}: {' '.join(error.messages)}")
    if problems:
        raise ValidationError(problems)
    return settings


def _category(said) -> Category | None:
    """The one of that name, made anew where there is none."""
    name = said.get("name") if isinstance(said, dict) else None
    if not isinstance(name, str) or not fold_name(name):
        return None
    known = Category.objects.filter(type=Category.Type.CAMPAIGN, folded=fold_name(name)).first()
    if known is None:
        colour = said.get("colour") if said.get("colour") in Colour.values else Colour.GREY
        known = Category.objects.create(type=Category.Type.CAMPAIGN, name=name[:80], colour=colour)
    return known


class _Reader:
    """Puts this site's objects where the file says that something was chosen, and notes what is not here."""

    def __init__(self, campaign: Campaign, said: dict[str, dict]):
        self.campaign, self.said = campaign, said
        self.found: dict[str, models.Model | None] = {}
        self.notes: list[dict] = []

    def step(self, step: dict) -> dict:
        step = {**step, "value": {**step["value"], "config": _with_identities(step["value"]["config"])}}
        step = map_step(step, lambda block, value, path: self._chosen(step["id"], path, value, block))
        return {**step, "value": self._marked(step["id"], step["value"])}

    def rule(self, name: str, raw) -> dict:
        rule = map_rule(
            _with_identities(raw),
            lambda block, value, path: self._chosen("", path, value, block),
            (name,),
        )
        return self._marked("", rule)

    def _chosen(self, step: str, path: tuple[str, ...], value, block):
        """The primary key that is to stand there. A key that stands there is that of another site."""
        if value in (None, ""):
            return None
        number = value.get(REF) if isinstance(value, dict) else None
        if number == ITSELF:
            return self.campaign.pk
        obj = self._find(str(number)) if number is not None else None
        if obj is not None and isinstance(obj, block.model_class):
            return obj.pk
        other = {"model": block.model_class._meta.label, "name": f"#{value}"}
        self._note(step, path, self.said.get(str(number), other))
        return None

    def _find(self, number: str) -> models.Model | None:
        if number not in self.found:
            self.found[number] = references.find(self.said.get(number) or {})
        return self.found[number]

    def _marked(self, step: str, value):
        """The marks that are left stand in what is not installed here; where it is one day, it finds keys."""
        if isinstance(value, dict) and set(value) == {REF}:
            number = str(value[REF])
            if number == ITSELF:
                return self.campaign.pk
            obj = self._find(number)
            if obj is None:
                self._note(step, (), self.said.get(number, {}))
            return obj and obj.pk
        if isinstance(value, dict):
            return {name: self._marked(step, part) for name, part in value.items()}
        return [self._marked(step, part) for part in value] if isinstance(value, list) else value

    def _note(self, step: str, path: tuple[str, ...], said: dict) -> None:
        kept = {key: str(value)[:200] for key, value in said.items() if isinstance(value, (str, int))}
        self.notes.append({"step": step, "path": list(path), "said": kept})


def _with_identities(raw):
    """Items of lists and rules have identities, by which notes find them again."""
    if isinstance(raw, dict):
        made = {name: _with_identities(value) for name, value in raw.items()}
        if "type" in made and "value" in made and not made.get("id"):
            made["id"] = str(uuid.uuid4())
        return made
    return [_with_identities(value) for value in raw] if isinstance(raw, list) else raw


def _read_tree(campaign: Campaign) -> None:
    """Raises ValidationError, naming the step, for settings that no form wrote."""
    damaged = (AttributeError, KeyError, TypeError, ValueError, ValidationError)
    try:
        list(campaign.tree)
        return
    except damaged:
        pass
    block = campaign.tree.stream_block
    for step in campaign.tree.raw_data:
        try:
            list(block.to_python([step]))
        except damaged as error:
            raise ValidationError(
                _("“%(step)s”: its settings cannot be read."), params={"step": title(step)}
            ) from error
    raise ValidationError(_("The steps of the campaign cannot be read: they are damaged."))
