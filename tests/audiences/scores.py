"""Score sets to test with."""

import uuid

from wagtail_automation.audiences.models import ScoreSet


def when(*items, match="all", **effect):
    """A rule about the person."""
    return {"type": "rule", "value": {"rule": {"match": match, "items": list(items)}, **_effect(effect)}}


def on(trigger, config=None, **effect):
    """A rule about an event."""
    return {"type": f"on_{trigger}", "value": {"when": config or {}, **_effect(effect)}}


def _effect(given):
    return {
        "operation": "add",
        "value": 10,
        "group": None,
        "frequency": "once",
        "per_day": 1,
        **given,
    }


def stream(*items):
    block = ScoreSet._meta.get_field("rules").stream_block
    return block.to_python([{"id": str(uuid.uuid4()), **item} for item in items])


def make_set(*items, name="Set", live=True):
    return ScoreSet.objects.create(name=name, rules=stream(*items), live=live)
