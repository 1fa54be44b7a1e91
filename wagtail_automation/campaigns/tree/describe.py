"""What the steps of a tree say on their cards: sentences and branches, for all steps at once."""

import json
from types import SimpleNamespace

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _

from wagtail_automation.objects import MissingReference, load_labels
from wagtail_automation.remembering import remembering
from wagtail_automation.rules.binding import bind_many, choices, refs_in
from wagtail_automation.rules.blocks import RuleBlock
from wagtail_automation.rules.conditions import conditions
from wagtail_automation.rules.rule import Rule, condition_block


def remembering_objects(steps):
    """A ``with`` in which what the steps and the conditions of their rules refer to is known."""
    return remembering(pair for step in steps for pair in _objects_of(step))


def _objects_of(step):
    block, config = step.block.config_block, step.value["config"]
    raw = block.get_prep_value(config)
    yield from choices(block, raw)
    for name, child in block.child_blocks.items():
        rule = config.get(name) if isinstance(child, RuleBlock) else None
        if not isinstance(rule, Rule) or rule.malformed():
            continue
        for item in rule.walk():
            if item["type"] in conditions:
                yield from choices(condition_block(conditions[item["type"]]), item.get("value"))


def _bound(steps) -> list:
    """A bound value (or its MissingReference) for every step."""
    configs = [(child.block.config_block, child.value["config"]) for child in steps]
    values = bind_many((block, block.get_prep_value(config)) for block, config in configs)
    load_labels(
        [ref for value in values if not isinstance(value, MissingReference) for ref in refs_in(value)]
    )
    return values


def sentence(block, value) -> str:
    """The line on the card. An unfinished step may have nothing to say yet."""
    if isinstance(value, MissingReference):
        return _("What this step refers to was deleted.")
    try:
        return str(block.sentence(value) or "")
    except (AttributeError, KeyError, TypeError, ValueError):  # a sentence about a value still empty
        return ""


def branches_of(steps) -> dict[str, list[dict]]:
    """``{step id: [{"key", "label", "tone"}, …]}`` for the steps that divide people.

    Those of a type that is not installed are read off the steps below.
    """
    steps = list(steps)
    dividing = [child for child in steps if child.block.may_branch]
    return _branches(steps, list(zip(dividing, _bound(dividing), strict=True)))


def _branches(steps, pairs) -> dict[str, list[dict]]:
    """``pairs``: the steps that may divide people, each with its bound value."""
    result = {}
    for child, value in pairs:
        block = child.block.config_block
        if isinstance(value, MissingReference):
            value = block.get_default()
        if branches := block.get_branches(value):
            result[child.id] = branches
    unknown = {child.id for child in steps if child.block.kind == "unknown"}
    for child in steps:
        parent, key = child.value["parent"], child.value["branch"]
        if parent in unknown:
            known = result.setdefault(parent, [])
            if key not in {branch["key"] for branch in known}:
                known.append({"key": key, "label": key, "tone": "grey"})
    return result


def describe(steps, alike=None) -> dict[str, dict]:
    """``{step id: {"summary": …, "branches": […]}}`` for the editor's cards. ``alike``: of ``likenesses``.

    A decision that asks one thing is called and drawn like its condition: ``{"label", "icon"}``. Where there
    is something to know before publishing: ``{"warnings": […]}``.
    """
    steps = list(steps)
    keys = likenesses(steps) if alike is None else alike
    groups: dict[tuple, list] = {}
    for child in steps:
        groups.setdefault(keys[child.id], []).append(child)
    firsts = [same[0] for same in groups.values()]
    values = _bound(firsts)
    pairs = zip(firsts, values, strict=True)
    branches = _branches(steps, [pair for pair in pairs if pair[0].block.may_branch])
    warnings = _warnings(firsts, values)
    found = {}
    for same, value in zip(groups.values(), values, strict=True):
        first = same[0]
        told = {
            "summary": sentence(first.block.config_block, value),
            "branches": branches.get(first.id, []),
            **({"warnings": warnings[first.id]} if first.id in warnings else {}),
            **_face(first),
        }
        found |= {child.id: told for child in same}
    return {child.id: found[child.id] for child in steps}


def likenesses(steps, configs=None) -> dict[str, tuple]:
    """``{step id: key}``, equal for steps of one type with the same settings: what is said of one holds for
    all. ``configs``: of each the settings as JSON, where they are in hand."""
    if configs is None:
        configs = [child.block.config_block.get_prep_value(child.value["config"]) for child in steps]
    return {child.id: _likeness(child, config) for child, config in zip(steps, configs, strict=True)}


def _likeness(child, config) -> tuple:
    if child.block.kind == "unknown":
        return (child.id,)
    return child.block.name, json.dumps(config, cls=DjangoJSONEncoder)


def distinct(steps, alike) -> list:
    """One step of each likeness."""
    return list({alike[child.id]: child for child in steps}.values())


def _warnings(steps, values) -> dict[str, list[str]]:
    """``{step id: warnings}`` of those that have any; each step type is asked once."""
    alike: dict[str, list] = {}
    for child, value in zip(steps, values, strict=True):
        if not isinstance(value, MissingReference):
            alike.setdefault(child.block.name, []).append((child, value))
    found = {}
    for pairs in alike.values():
        block = pairs[0][0].block.config_block
        told = block.warnings([value for _child, value in pairs])
        found |= {child.id: said for (child, _value), said in zip(pairs, told, strict=True) if said}
    return found


def _face(child) -> dict[str, str]:
    rule = child.value["config"].get("rule") if child.block.kind == "decision" else None
    items = list(rule.walk()) if rule is not None and not rule.malformed() else []
    if len(items) != 1 or rule.match == "none" or items[0]["type"] not in conditions:
        return {}
    block = condition_block(conditions[items[0]["type"]])
    return {"label": str(block.label), "icon": block.meta.icon}


def describe_one(placed, value) -> str:
    """The sentence of one step that stands alone."""
    return describe_config(placed, value["config"])["summary"]


def describe_config(placed, config) -> dict:
    """As ``describe``, of settings that are not (yet) in a tree."""
    step = SimpleNamespace(id="", block=placed, value={"parent": None, "branch": "", "config": config})
    return describe([step])[""]
