"""From stored JSON to the values that conditions and steps work with, in one query per model."""

from wagtail.blocks import (
    BooleanBlock,
    CharBlock,
    ChoiceBlock,
    ChooserBlock,
    DateBlock,
    DateTimeBlock,
    DecimalBlock,
    FloatBlock,
    IntegerBlock,
    ListBlock,
    StructBlock,
    TextBlock,
    TimeBlock,
)

from wagtail_automation import objects
from wagtail_automation.objects import MissingReference, Ref

__all__ = ["BoundValue", "MissingReference", "bind", "bind_many", "choices", "refs_in"]

#: Blocks whose stored value is checked against their form field: a number is a number when it is asked.
TYPED = (
    BooleanBlock,
    CharBlock,
    ChoiceBlock,
    DateBlock,
    DateTimeBlock,
    DecimalBlock,
    FloatBlock,
    IntegerBlock,
    TextBlock,
    TimeBlock,
)


class BoundValue(dict):
    """Parameters by name: ``Ref`` for objects, Python values for everything else.

    ``id``: the stable identity of an item of a list, "" elsewhere.
    """

    id = ""


def bind(block: StructBlock, raw: dict | None) -> BoundValue:
    """Bind one value. Raises MissingReference for an object that does not exist, and ValidationError for
    a value of the wrong type (JSON that no form wrote)."""
    (value,) = bind_many([(block, raw)])
    if isinstance(value, MissingReference):
        raise value
    return value


def bind_many(pairs) -> list:
    """Bind several ``(block, raw)``; a value whose object is missing comes back as its MissingReference."""
    pairs = list(pairs)
    wanted: dict[type, set] = {}
    for block, raw in pairs:
        for model, pk in choices(block, raw or {}):
            wanted.setdefault(model, set()).add(pk)
    found = {model: objects.refs(model, pks) for model, pks in wanted.items()}
    return [_bind_or_missing(block, raw or {}, found) for block, raw in pairs]


def _bind_or_missing(block, raw, found):
    try:
        return _struct(block, raw, found)
    except MissingReference as missing:
        return missing


def _items(raw) -> list:
    """Values of a ListBlock's JSON, old form (plain) or new (items with ids)."""
    return [
        item["value"] if isinstance(item, dict) and "value" in item and "type" in item else item
        for item in (raw if isinstance(raw, list) else [])
    ]


def _ids(raw) -> list[str]:
    """Identities of the same items; "" for one that has none."""
    return [
        str(item.get("id") or "") if isinstance(item, dict) and "value" in item and "type" in item else ""
        for item in (raw if isinstance(raw, list) else [])
    ]


def _item(block, identity, raw, found):
    value = _value(block, raw, found)
    if isinstance(value, BoundValue):
        value.id = identity
    return value


def choices(block, raw):
    """All ``(model, pk)`` that a value chooses."""
    if isinstance(block, ChooserBlock):
        if raw not in (None, ""):
            yield block.model_class, raw
    elif isinstance(block, ListBlock):
        for item in _items(raw):
            yield from choices(block.child_block, item)
    elif isinstance(block, StructBlock):
        for name, child in block.child_blocks.items():
            yield from choices(child, raw.get(name) if isinstance(raw, dict) else None)


def _value(block, raw, found):
    if isinstance(block, ChooserBlock):
        if raw in (None, ""):
            return None
        ref = found.get(block.model_class, {}).get(raw)
        if ref is None:
            raise MissingReference(block.model_class, raw)
        return ref
    if isinstance(block, ListBlock):
        return [_item(block.child_block, *pair, found) for pair in zip(_ids(raw), _items(raw), strict=True)]
    if isinstance(block, StructBlock):
        return _struct(block, raw if isinstance(raw, dict) else {}, found)
    if isinstance(block, TYPED):
        return block.field.to_python(block.value_for_form(block.to_python(raw)))
    return block.to_python(raw)


def _struct(block, raw: dict, found) -> BoundValue:
    bound = BoundValue()
    for name, child in block.child_blocks.items():
        if name in raw:
            bound[name] = _value(child, raw[name], found)
        elif isinstance(child, (ChooserBlock, ListBlock, StructBlock)):
            bound[name] = _value(child, None, found)
        else:
            bound[name] = child.get_default()
    return bound


def refs_in(value) -> list[Ref]:
    """All references of a bound value."""
    if isinstance(value, Ref):
        return [value]
    if isinstance(value, dict):
        return [ref for part in value.values() for ref in refs_in(part)]
    if isinstance(value, list):
        return [ref for part in value for ref in refs_in(part)]
    return []
