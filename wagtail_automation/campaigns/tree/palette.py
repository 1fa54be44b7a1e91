"""What an editor may add: every installed step type, and every condition as a ready-made decision."""

from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace

from django.apps import apps
from django.core.exceptions import ValidationError
from django.utils.html import json_script
from django.utils.translation import get_language
from wagtail.blocks import ChooserBlock
from wagtail.blocks.base import get_error_json_data

from wagtail_automation import clock
from wagtail_automation.activities import activities
from wagtail_automation.remembering import knowing
from wagtail_automation.rules.conditions import conditions
from wagtail_automation.rules.rule import Rule, condition_block

from .decisions import DEFAULT_PATIENCE, NO_PATIENCE
from .describe import describe
from .registry import DECISION, step_types
from .strings import editor_strings


def messages_in(error_data: dict | None) -> list[str]:
    """The messages of a block's error data, in order, without their places."""
    if not error_data:
        return []
    messages = list(error_data.get("messages", []))
    for inner in (error_data.get("blockErrors") or {}).values():
        messages += messages_in(inner)
    return messages


def unfinished(block, value) -> list[str]:
    """Why a step could not go live with these settings; empty if it could."""
    try:
        block.clean(value)
    except ValidationError as error:
        return messages_in(get_error_json_data(error))
    return []


def unfinished_steps(steps, alike) -> dict[str, list[str]]:
    """``{step id: why it could not go live}``, of those that could not. ``alike``: of ``likenesses``."""
    blocks: dict = {}
    known: dict = {}
    for child in steps:
        name, key = child.block.name, alike[child.id]
        if name not in blocks:
            blocks[name] = knowing(child.block.config_block)
        if key not in known:
            known[key] = unfinished(blocks[name], child.value["config"])
    return {child.id: known[alike[child.id]] for child in steps if known[alike[child.id]]}


def keywords_of(block) -> str:
    """Words people may search for, wherever the class declares them."""
    return " ".join(map(str, [*block.keywords, *getattr(block.meta, "keywords", ())]))


def card_kind(placed, branches) -> str:
    """How the editor treats and draws a step: source, activity, decision or jump."""
    if placed.kind == "trigger":
        return "source"
    if placed.terminal:
        return "jump"
    return "decision" if branches else "activity"


def _upper_layers_first(classes) -> list:
    """The order of the picker: what sends and shows before what it stands on."""
    order = {config.module.__name__: i for i, config in enumerate(apps.get_app_configs())}

    def layer(cls):
        homes = [name for name in order if f"{cls.__module__}.".startswith(f"{name}.")]
        return order[max(homes, key=len)] if homes else -1

    return sorted(classes, key=layer, reverse=True)


def installed_types() -> list[dict]:
    """Every step type with its default settings, for the editor's picker and cards. To be read only."""
    return _installed_types(get_language(), clock.now().date(), tuple(step_types))


@lru_cache(maxsize=8)
def _installed_types(_language, _day, _names) -> list[dict]:
    """They depend on the language and on what is installed; a default may be a day."""
    blocks = {type(placed.config_block): placed for placed in step_types.installed()}
    placed = [blocks[cls] for cls in _upper_layers_first(blocks)]
    samples = [_sample(block) for block in placed]
    infos, sends = describe(samples), _sending_parameters()
    return [
        _type(block, sample.value["config"], infos[sample.id]) | {"sends": sends.get(block.name, "")}
        for block, sample in zip(placed, samples, strict=True)
    ]


def _sample(placed):
    config = placed.config_block.get_default()
    return SimpleNamespace(id=placed.name, block=placed, value={"parent": "", "branch": "", "config": config})


def _type(placed, default, info) -> dict:
    block = placed.config_block
    config = block.get_prep_value(default)
    missing = unfinished(block, block.to_python(config))
    kind = card_kind(placed, info["branches"])
    return {
        "name": placed.name,
        "label": str(block.label),
        "icon": block.meta.icon,
        "group": str(block.meta.group),
        "tone": "teal" if kind == "source" else block.meta.tone,
        "kind": kind,
        "terminal": placed.terminal,
        "description": str(block.meta.description or ""),
        "keywords": keywords_of(block),
        "config": config,
        "summary": "" if missing else info["summary"],
        "branches": info["branches"],
        "refs": placed.step_references,
        "hasForm": bool(block.child_blocks),
        "unfinished": missing,
    }


def _sent_objects() -> dict[type, dict[str, str]]:
    """``{model: {step type: parameter}}`` of what the steps that write to people send."""
    found: dict[type, dict[str, str]] = {}
    for cls in activities:
        if not cls.messages:
            continue
        for name, block in cls.base_blocks.items():
            if isinstance(block, ChooserBlock):
                found.setdefault(block.target_model, {})[f"do_{cls.key}"] = name
    return found


def _sending_parameters() -> dict[str, str]:
    """``{step type: parameter}``: the first choice in a step that writes to people, its message."""
    found: dict[str, str] = {}
    for cls in activities:
        for name, block in cls.base_blocks.items():
            if cls.messages and isinstance(block, ChooserBlock):
                found.setdefault(f"do_{cls.key}", name)
    return found


def _fills(block, sent) -> dict[str, dict[str, str]]:
    """``{parameter: {step type: its parameter}}``: where a condition's object may be taken from."""
    return {
        name: sent[child.target_model]
        for name, child in block.child_blocks.items()
        if isinstance(child, ChooserBlock) and child.target_model in sent
    }


def presets() -> list[dict]:
    """Every condition as a decision whose rule asks just that. To be read only."""
    decision = type(step_types[DECISION].config_block)
    return _presets(get_language(), clock.now().date(), tuple(conditions), tuple(activities), decision)


@lru_cache(maxsize=8)
def _presets(_language, _day, classes, _activities, _decision) -> list[dict]:
    """As ``_installed_types``."""
    sent = _sent_objects()
    return [_preset(cls, sent) for cls in _upper_layers_first(classes)]


def _preset(cls, sent) -> dict:
    decision, block = step_types[DECISION].config_block, condition_block(cls)
    value = block.get_prep_value(block.get_default())
    patience = DEFAULT_PATIENCE if cls.waitable and not cls.negative else NO_PATIENCE
    config = {"rule": {"match": "all", "items": [{"type": cls.key, "value": value}]}, **patience}
    missing = unfinished(decision, decision.to_python(config))
    return {
        "name": f"{DECISION}:{cls.key}",
        "type": DECISION,
        "label": str(block.label),
        "icon": block.meta.icon,
        "group": str(block.meta.group),
        "tone": decision.meta.tone,
        "description": str(block.meta.description or ""),
        "keywords": keywords_of(block),
        "waitable": cls.waitable,
        "negative": cls.negative,
        "summary": "" if missing else Rule(config["rule"]).sentence(),
        "unfinished": missing,
        "config": config,
        "fills": _fills(block, sent),
    }


@dataclass(frozen=True)
class Palette:
    """What every editor's page says alike: ``names`` of the entries, and all as script elements:
    ready-made questions apart, as they are read when the picker is first opened."""

    names: tuple[str, ...]
    script: str


def palette() -> Palette:
    """Types, ready-made questions and words in the language of the request, written once a day."""
    installed = tuple(step_types), tuple(conditions), tuple(activities)
    return _palette(get_language(), clock.now().date(), installed)


@lru_cache(maxsize=8)
def _palette(_language, _day, _installed) -> Palette:
    data = {"types": installed_types(), "strings": editor_strings()}
    questions = presets()
    names = (entry["name"] for entry in [*data["types"], *questions])
    scripts = json_script(data, "wa-tree-palette") + json_script(questions, "wa-tree-presets")
    return Palette(tuple(names), scripts)
