"""What nobody means although every step of a tree is in order, read off how the steps stand to each other.

The editor draws the same while people move steps (``tree/model.js``): both are held to the cases of
``tests/js/cautions.json``.
"""

import json
from collections import defaultdict
from itertools import pairwise

from django.core.serializers.json import DjangoJSONEncoder

from .tree.fields import raw_steps
from .tree.palette import installed_types
from .tree.strings import editor_strings

#: levels of branches that are compared with each other; a tampered tree may go in a circle
DEEPEST = 50


def warnings_of(tree, branches: dict[str, list[str]]) -> dict[str, str]:
    """``{step id: words}`` of a campaign's tree in the language in use. ``branches``: of each step that
    divides people the keys of its branches."""
    types = {known["name"]: known for known in installed_types()}
    steps = raw_steps(tree)
    ends = {
        step["id"]
        for step in steps
        if branches.get(step["id"]) or types.get(step["type"], {}).get("terminal")
    }
    sends = {name: known["sends"] for name, known in types.items()}
    words = editor_strings()
    return {pk: words[key] for pk, key in cautions(steps, branches, sends, ends).items()}


def cautions(
    steps: list[dict], branches: dict[str, list[str]], sends: dict[str, str], ends: set[str]
) -> dict[str, str]:
    """``{step id: key of the words}`` for steps as they are stored.

    ``sends``: by type of step the parameter with what it sends; ``ends``: ids of the steps below which nobody
    goes on. Names and identities of steps make no difference.
    """
    lists: dict[tuple[str, str], list[dict]] = defaultdict(list)
    for step in steps:
        lists[step["value"].get("parent") or "", step["value"].get("branch") or ""].append(step)
    found = {}
    for siblings in list(lists.values()):
        for before, step in pairwise(siblings):
            sent = _sent(step, sends)
            if sent and sent == _sent(before, sends):
                found[step["id"]] = "sentTwice"
            if before["id"] in ends:
                found[step["id"]] = "neverReached"
    for step in steps:
        first, *others = _below(step, lists, branches) or [None]
        if others and all(_alike(first, other, lists, branches) for other in others):
            found[step["id"]] = "branchesAlike" if first else "branchesEmpty"
    return found


def _sent(step: dict, sends: dict[str, str]) -> tuple | None:
    chosen = _config(step).get(sends.get(step["type"]) or "")
    return (step["type"], chosen) if chosen else None


def _config(step: dict) -> dict:
    return step["value"].get("config") or {}


def _below(step: dict, lists, branches) -> list[list[dict]]:
    return [lists.get((step["id"], key), []) for key in branches.get(step["id"], [])]


def _alike(these: list[dict], those: list[dict], lists, branches, depth: int = 0) -> bool:
    return (
        depth < DEEPEST
        and len(these) == len(those)
        and all(_does_the_same(*pair, lists, branches, depth) for pair in zip(these, those, strict=True))
    )


def _does_the_same(one: dict, other: dict, lists, branches, depth: int) -> bool:
    if one["type"] != other["type"] or _written(one) != _written(other):
        return False
    below, others = _below(one, lists, branches), _below(other, lists, branches)
    return len(below) == len(others) and all(
        _alike(*pair, lists, branches, depth + 1) for pair in zip(below, others, strict=True)
    )


def _written(step: dict) -> str:
    return json.dumps(_config(step), cls=DjangoJSONEncoder)
