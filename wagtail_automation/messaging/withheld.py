"""Blocks that only some may write, such as MJML: everybody else leaves them as they are."""

from wagtail.blocks import StreamValue, StructValue
from wagtail.blocks.list_block import ListValue

from .registry import email_blocks


def withheld_keys(user) -> list[str]:
    """Keys of the blocks that this person may not add."""
    return [cls.key for cls in email_blocks if cls.permission and not user.has_perm(cls.permission)]


def every_block(stream):
    """All blocks of a body, those inside the alternatives of others too."""
    for child in stream or ():
        yield child
        yield from _inside(child.value)


def _inside(value):
    if isinstance(value, StreamValue):
        yield from every_block(value)
    elif isinstance(value, StructValue):
        for inner in value.values():
            yield from _inside(inner)
    elif isinstance(value, ListValue):
        for inner in value:
            yield from _inside(inner)


def foreign(body, before, user) -> list:
    """Blocks of ``body`` that ``user`` may not write and that did not stand so in ``before``."""
    keys = set(withheld_keys(user))
    if not keys:
        return []
    had = [_stored(child) for child in every_block(before) if child.block.name in keys]
    return [c for c in every_block(body) if c.block.name in keys and _stored(c) not in had]


def _stored(child) -> tuple:
    return child.block.name, child.block.get_prep_value(child.value)
