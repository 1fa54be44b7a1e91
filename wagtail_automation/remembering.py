"""Objects that many steps or rules refer to are fetched once, one query per model, and not once each.

    with remembering(pairs):
        …   # objects.refs(), and blocks made by ``from_memory``, ask nothing that is known

What was asked for and does not exist is remembered too. A memory lives as long as its ``with``.
"""

import copy
from collections.abc import Iterable
from contextlib import contextmanager
from contextvars import ContextVar

from django.core.exceptions import ValidationError
from wagtail.blocks import ChooserBlock, ListBlock, StructBlock

_memory: ContextVar[dict | None] = ContextVar("remembered_objects", default=None)


@contextmanager
def remembering(pairs: Iterable[tuple[type, object]]):
    """Fetch every ``(model, pk)`` now. Inside another ``with`` both are known."""
    wanted: dict[type, set] = {}
    for model, pk in pairs:
        try:
            wanted.setdefault(model, set()).add(model._meta.pk.to_python(pk))
        except (ValueError, TypeError, ValidationError):  # a damaged value refers to nothing
            continue
    memory = dict(_memory.get() or {})
    for model, pks in wanted.items():
        found = model._default_manager.in_bulk(pks)
        memory[model] = memory.get(model, {}) | {pk: found.get(pk) for pk in pks}
    token = _memory.set(memory)
    try:
        yield
    finally:
        _memory.reset(token)


def recall(model, pk):
    """``(known, object or None)``; the primary key may be of any type that spells one."""
    known = (_memory.get() or {}).get(model)
    if not known:
        return False, None
    try:
        pk = model._meta.pk.to_python(pk)
    except (ValueError, TypeError, ValidationError):
        return False, None
    return pk in known, known.get(pk)


def from_memory(block):
    """A private copy of a block whose choosers look into the memory before they ask the database."""
    block = copy.deepcopy(block)
    if _memory.get():
        _teach(block)
    return block


def knowing(block):
    """As ``from_memory``, for reading and cleaning only: the shared block itself where the memory knows
    nothing that its choosers could ask for, because a copy takes longer than a query."""
    return from_memory(block) if _asks_the_memory(block, _memory.get() or {}) else block


def _asks_the_memory(block, memory) -> bool:
    if isinstance(block, ChooserBlock):
        return block.model_class in memory
    if isinstance(block, ListBlock):
        return _asks_the_memory(block.child_block, memory)
    if isinstance(block, StructBlock):
        return any(_asks_the_memory(child, memory) for child in block.child_blocks.values())
    return False


def _teach(block):
    if isinstance(block, ChooserBlock):
        _teach_chooser(block)
    elif isinstance(block, ListBlock):
        _teach(block.child_block)
    elif isinstance(block, StructBlock):
        for child in block.child_blocks.values():
            _teach(child)


def _teach_chooser(block):
    model, field = block.model_class, block.field
    read, read_many, find = block.to_python, block.bulk_to_python, field.to_python

    def to_python(value):
        known, instance = recall(model, value) if value is not None else (True, None)
        return instance if known else read(value)

    def bulk_to_python(values):
        known = [recall(model, value) if value is not None else (True, None) for value in values]
        if all(is_known for is_known, _instance in known):
            return [instance for _known, instance in known]
        return read_many(values)

    def choose(value):
        known, instance = recall(model, value) if value not in field.empty_values else (False, None)
        return instance if known and instance is not None else find(value)

    block.to_python, block.bulk_to_python, field.to_python = to_python, bulk_to_python, choose
