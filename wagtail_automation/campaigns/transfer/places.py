"""The places in a campaign where something is chosen: in the settings of steps and in rules."""

from collections.abc import Callable

from wagtail.blocks import ChooserBlock, ListBlock, StructBlock

from wagtail_automation.campaigns.plan import kind_of
from wagtail_automation.rules.blocks import RuleBlock
from wagtail_automation.rules.conditions import conditions
from wagtail_automation.rules.rule import Rule, condition_block

#: Rules of the campaign as a whole.
OWN_RULES = ("goal", "exit_rule")

#: ``change(block, value, path)`` gives what is to stand there. Parts of a path are names of parameters and
#: ``#`` with the identity of an item, so that it stays true when items are moved.
Change = Callable[[ChooserBlock, object, tuple[str, ...]], object]


def map_choices(block, raw, change: Change, path: tuple[str, ...] = ()):
    """A copy of a block's JSON with every chosen value changed. What the block does not know stays."""
    if isinstance(block, ChooserBlock):
        return change(block, raw, path)
    if isinstance(block, RuleBlock):
        return map_rule(raw, change, path)
    if isinstance(block, ListBlock):
        return _map_list(block, raw, change, path)
    if isinstance(block, StructBlock) and isinstance(raw, dict):
        children = block.child_blocks
        return {
            name: map_choices(children[name], value, change, (*path, name)) if name in children else value
            for name, value in raw.items()
        }
    return raw


def _map_list(block: ListBlock, raw, change: Change, path: tuple[str, ...]):
    if not isinstance(raw, list):
        return raw
    result = []
    for index, item in enumerate(raw):
        if isinstance(item, dict) and "value" in item and "type" in item:
            place = (*path, f"#{item.get('id') or index}")
            result.append({**item, "value": map_choices(block.child_block, item["value"], change, place)})
        else:
            result.append(map_choices(block.child_block, item, change, (*path, f"#{index}")))
    return result


def map_rule(raw, change: Change, path: tuple[str, ...]):
    """The same for a rule. Conditions that are not installed, and a damaged rule, stay."""
    if not isinstance(raw, dict) or Rule(raw).malformed():
        return raw

    def each(items: list[dict]) -> list[dict]:
        return [one(item) for item in items]

    def one(item: dict) -> dict:
        if item["type"] == "group":
            return {**item, "value": {**item["value"], "items": each(item["value"].get("items") or [])}}
        if item["type"] not in conditions:
            return item
        block = condition_block(conditions[item["type"]])
        value = map_choices(block, item.get("value") or {}, change, (*path, f"#{item.get('id', '')}"))
        return {**item, "value": value}

    return {**raw, "items": each(raw.get("items") or [])} if raw else raw


def map_step(step: dict, change: Change) -> dict:
    """The same for a step of a tree's JSON; one whose type is not installed stays."""
    cls = kind_of(step["type"])[1]
    value = step["value"]
    if cls is None or not isinstance(value.get("config"), dict):
        return step
    return {**step, "value": {**value, "config": map_choices(cls(), value["config"], change)}}
