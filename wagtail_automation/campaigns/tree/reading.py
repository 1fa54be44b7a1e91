"""From what a browser posts to a tree. Bad input becomes a ValidationError in words, never a crash."""

import json
import uuid

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from .registry import UNKNOWN
from .transport import config_from_browser, steps_from_browser

#: what blocks raise for JSON that no form of theirs wrote
UNREADABLE = (AttributeError, KeyError, TypeError, ValueError, ValidationError)


def read_json(text):
    """Decoded JSON. Raises ValidationError for anything else."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValidationError(_("What was sent cannot be read: it is not valid JSON.")) from error


def read_steps(data) -> list[dict]:
    """The list of steps, each with a type, an id and its place. Raises ValidationError."""
    if not isinstance(data, list) or not all(map(_is_step, data)):
        raise ValidationError(_("The steps of the campaign cannot be read: they are damaged."))
    return data


def _is_step(step) -> bool:
    return (
        isinstance(step, dict)
        and isinstance(step.get("type"), str)
        and step["type"] != UNKNOWN
        and _is_uuid(step.get("id"))
        and isinstance(step.get("value"), dict)
        and all(isinstance(step["value"].get(name), str) for name in ("parent", "branch", "name"))
    )


def _is_uuid(text) -> bool:
    try:
        return isinstance(text, str) and str(uuid.UUID(text)) == text
    except ValueError:
        return False


def read_config(block, raw):
    """One step's settings, as a script has them, to the block's value; its defaults for None.

    Raises ValidationError.
    """
    if raw is None:
        return block.get_default()
    try:
        if not isinstance(raw, dict):
            raise TypeError
        return block.to_python(config_from_browser(block, raw))
    except UNREADABLE as error:
        raise ValidationError(_("The settings of this step cannot be read: they are damaged.")) from error


def read_tree(tree_block, text):
    """A StreamValue from the textarea's JSON. Raises ValidationError."""
    tree = tree_block.to_python(steps_from_browser(read_steps(read_json(text))))
    try:
        list(tree)  # the stream reads its blocks when they are looked at
    except UNREADABLE as error:
        raise ValidationError(_("The steps of the campaign cannot be read: they are damaged.")) from error
    return tree
