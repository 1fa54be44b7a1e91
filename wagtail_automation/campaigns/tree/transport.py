"""What travels between server and browser: JSON that a script would alter goes as text.

JavaScript rewrites 1.0 as 1 and reorders keys. The settings of a step whose type is not installed, and
the conditions of a rule that are not, must come back as they were.
"""

import json

from wagtail_automation.rules.blocks import RuleBlock
from wagtail_automation.rules.rule import Rule
from wagtail_automation.rules.widgets import for_browser, from_browser

from .registry import UNKNOWN, step_types

KEPT = "kept"


def is_installed(name: str) -> bool:
    """Whether a stored block type can be edited here."""
    return name != UNKNOWN and name in step_types


def _map_rules(block, config, change):
    """A copy of a step's settings with each well-formed rule changed."""
    if not isinstance(config, dict):
        return config
    rules = {
        name: change(config[name])
        for name, child in block.child_blocks.items()
        if isinstance(child, RuleBlock)
        and isinstance(config.get(name), dict)
        and not Rule(config[name]).malformed()
    }
    return {**config, **rules}


def config_for_browser(block, config):
    """The settings of an installed type, for a script."""
    return _map_rules(block, config, for_browser)


def config_from_browser(block, config):
    """The reverse."""
    return _map_rules(block, config, from_browser)


def steps_for_browser(steps: list[dict]) -> list[dict]:
    """The stored JSON of a tree, for a script."""
    return [_step(step, config_for_browser, _keep) for step in steps]


def steps_from_browser(steps: list[dict]) -> list[dict]:
    """The reverse. What was tampered with stays as it is."""
    return [_step(step, config_from_browser, _restore) for step in steps]


def _step(step, change, other):
    value = step["value"]
    if not is_installed(step["type"]):
        return {**step, "value": other(value)}
    if "config" not in value:
        return step
    return {
        **step,
        "value": {**value, "config": change(step_types[step["type"]].config_block, value["config"])},
    }


def _keep(value):
    place = {name: value.get(name) or "" for name in ("parent", "branch", "name")}
    return {**place, "config": {KEPT: json.dumps(value, ensure_ascii=False)}}


def _restore(value):
    """The stored value in the place where the browser put the step."""
    config = value.get("config")
    text = config.get(KEPT) if isinstance(config, dict) else None
    try:
        stored = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        stored = None
    if not isinstance(stored, dict):
        return value
    moved = {
        name: value[name] for name in ("parent", "branch", "name") if value[name] != (stored.get(name) or "")
    }
    return {**stored, **moved}
