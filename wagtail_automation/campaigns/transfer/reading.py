"""From a file to a dictionary of the right shape. Bad input becomes a ValidationError in words."""

import json
import uuid
from collections import Counter

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from wagtail_automation.campaigns.plan import MAX_STEPS, kind_of
from wagtail_automation.campaigns.tree.registry import UNKNOWN
from wagtail_automation.rules.rule import storable

from .exporting import FORMAT, VERSION

MAX_BYTES = 5_000_000


def read(content: bytes | str) -> dict:
    """The dictionary in a file. Raises ValidationError."""
    if len(content) > MAX_BYTES:
        raise too_long()
    try:
        data = json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ValidationError(_("This file cannot be read: it is not JSON.")) from error
    return check(data)


def too_long() -> ValidationError:
    return ValidationError(
        _("This file is too long: a campaign takes at most %(size)d MB."),
        params={"size": MAX_BYTES // 1_000_000},
    )


def _refuse(name: str):
    raise ValueError(name)


def check(data) -> dict:
    """The dictionary itself, if it has the shape of a campaign. Raises ValidationError, at the step if it is
    a step's fault."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ValidationError(_("This is not the file of a campaign."))
    if data.get("version") != VERSION:
        raise ValidationError(
            _("This file has the format %(theirs)s; this site reads the format %(ours)s."),
            params={"theirs": str(data.get("version"))[:20], "ours": VERSION},
        )
    parts = (data.get("campaign"), data.get("references"))
    if not all(isinstance(part, dict) for part in parts) or not isinstance(data.get("steps"), list):
        raise ValidationError(_("This file is damaged: a part of the campaign is missing."))
    if not all(isinstance(said, dict) for said in data["references"].values()):
        raise ValidationError(_("This file is damaged: what it refers to cannot be read."))
    if not storable(data):
        raise ValidationError(_("This file holds characters that no text can hold."))
    if len(data["steps"]) > MAX_STEPS:
        raise ValidationError(_("A campaign holds at most %(count)d steps."), params={"count": MAX_STEPS})
    _check_steps(data["steps"])
    return data


def _check_steps(steps: list) -> None:
    problems = [
        _("Step %(number)d is damaged.") % {"number": number}
        for number, step in enumerate(steps, start=1)
        if not _is_step(step)
    ]
    if problems:
        raise ValidationError(problems[:20])
    parents = {step["id"]: step["value"]["parent"] for step in steps}
    for step, count in Counter(step["id"] for step in steps).items():
        if count > 1:
            problems.append(_("“%(step)s” is there twice.") % {"step": title(_called(steps, step))})
    for step in _in_circles(parents):
        problems.append(_("“%(step)s” stands below itself.") % {"step": title(_called(steps, step))})
    if problems:
        raise ValidationError(problems[:20])


def _is_step(step) -> bool:
    return (
        isinstance(step, dict)
        and isinstance(step.get("type"), str)
        and step["type"] != UNKNOWN
        and _is_uuid(step.get("id"))
        and isinstance(step.get("value"), dict)
        and all(isinstance(step["value"].get(name), str) for name in ("parent", "branch", "name"))
        and isinstance(step["value"].get("config"), dict)
    )


def _is_uuid(text) -> bool:
    try:
        return isinstance(text, str) and str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _in_circles(parents: dict[str, str]) -> list[str]:
    """Steps that hang below themselves; each step is looked at once."""
    free: set[str] = set()
    bound: list[str] = []
    for start in parents:
        path: list[str] = []
        here = start
        while here in parents and here not in free and here not in path:
            path.append(here)
            here = parents[here]
        if here in path:
            bound += path[path.index(here) :]
        free.update(path)
    return bound


def _called(steps: list[dict], identity: str) -> dict:
    return next(step for step in steps if step["id"] == identity)


def title(step: dict) -> str:
    """What people call a step of a tree's JSON."""
    cls = kind_of(step["type"])[1]
    return step["value"].get("name") or (str(cls().label) if cls else step["type"])
