"""A rule as a value: the stored JSON and what can be said of it without asking the database."""

import copy
import json
import re
from collections.abc import Iterator
from functools import cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from wagtail_automation.objects import MissingReference

from .binding import bind_many
from .conditions import Condition, Facts, conditions

MATCHES = ("all", "any", "none")
MAX_CONDITIONS = 100
MAX_BYTES = 200_000
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

JOINS = {
    "all": gettext_lazy("%(first)s and %(second)s"),
    "any": gettext_lazy("%(first)s or %(second)s"),
    "none": gettext_lazy("%(first)s or %(second)s"),
}


@cache
def condition_block(cls: type[Condition]) -> Condition:
    """One shared block per class, for reading only: cleaning needs a fresh one (``fresh_block``)."""
    return cls()


def fresh_block(cls):
    """A block of one's own. Wagtail's draft validation changes shared blocks while it runs, so that a
    publish in another thread may accept an empty required field. A copy, not an instance: Wagtail keeps
    every instance for ever."""
    return copy.deepcopy(condition_block(cls))


def storable(raw) -> bool:
    """Without NUL and lone surrogates, which JSON can spell but neither UTF-8 nor PostgreSQL can store."""
    queue = [raw]
    while queue:
        value = queue.pop()
        if isinstance(value, str) and UNSTORABLE.search(value):
            return False
        if isinstance(value, dict):
            queue += [*value, *value.values()]
        elif isinstance(value, list):
            queue += value
    return True


class Rule:
    """Conditions and one-level groups, matching *all*, *any* or *none* of them.

    Holds the JSON untouched, so that conditions of an app that is not installed survive every round
    trip; such a rule is *broken* and matches nobody.
    """

    def __init__(self, raw: dict | None = None):
        self.raw = raw if isinstance(raw, dict) else {}

    @classmethod
    def parse(cls, text) -> "Rule":
        """From JSON text or decoded JSON. Raises ValidationError in words for anything else."""
        if isinstance(text, Rule):
            return text
        if text in (None, ""):
            return cls()
        if isinstance(text, str):
            if len(text) > MAX_BYTES:
                raise ValidationError(_("This rule is too long."))
            try:
                text = json.loads(text)
            except (ValueError, RecursionError) as error:
                raise ValidationError(_("This rule cannot be read: it is not valid JSON.")) from error
        if not isinstance(text, dict):
            raise ValidationError(_("This rule cannot be read: it is not a rule."))
        if not storable(text):
            raise ValidationError(_("This rule holds characters that no text can hold."))
        rule = cls(text)
        problem = rule.malformed()
        if problem:
            raise ValidationError(problem)
        return rule

    @classmethod
    def parse_lenient(cls, text) -> "Rule":
        """Like ``parse``; what cannot be read is kept aside and breaks the rule instead of raising, so
        that a draft loses nothing and the error is shown when the field is cleaned."""
        try:
            return cls.parse(text)
        except ValidationError:
            try:
                raw = json.loads(text) if isinstance(text, str) and len(text) <= MAX_BYTES else text
            except (ValueError, RecursionError):
                raw = None
            return cls(
                raw if isinstance(raw, dict) else {"match": "unreadable", "items": [], "text": str(text)}
            )

    # -- structure -------------------------------------------------------------------------------
    def malformed(self) -> str:
        """Why the JSON is not a rule; empty if it is one."""
        if not self.raw:
            return ""
        if self.raw.get("match", "all") not in MATCHES or not isinstance(self.raw.get("items", []), list):
            return _("This rule cannot be read: its groups are damaged.")
        for item in self.items:
            if not isinstance(item, dict) or not isinstance(item.get("type"), str):
                return _("This rule cannot be read: a condition is damaged.")
            if item["type"] == "group":
                group = item.get("value")
                if (
                    not isinstance(group, dict)
                    or group.get("match", "all") not in MATCHES
                    or not isinstance(group.get("items", []), list)
                ):
                    return _("This rule cannot be read: its groups are damaged.")
                for inner in group.get("items", []):
                    if not isinstance(inner, dict) or not isinstance(inner.get("type"), str):
                        return _("This rule cannot be read: a condition is damaged.")
                    if inner["type"] == "group":
                        return _("A group cannot hold another group. Use “is in segment” for deeper logic.")
        if sum(1 for _item in self.walk()) > MAX_CONDITIONS:
            return _("A rule holds at most %(count)d conditions.") % {"count": MAX_CONDITIONS}
        return ""

    @property
    def match(self) -> str:
        return self.raw.get("match", "all")

    @property
    def items(self) -> list[dict]:
        items = self.raw.get("items")
        return items if isinstance(items, list) else []

    def walk(self) -> Iterator[dict]:
        """Every condition item, also inside groups."""
        for item in self.items:
            if not isinstance(item, dict):
                continue  # ``malformed`` tells
            if item.get("type") != "group":
                yield item
            elif isinstance(item.get("value"), dict):
                yield from item["value"].get("items") or []

    def __bool__(self):
        return not self.is_empty

    def __eq__(self, other):
        return isinstance(other, Rule) and self.raw == other.raw

    def __hash__(self):
        return hash(json.dumps(self.raw, sort_keys=True))

    @property
    def is_empty(self) -> bool:
        return next(self.walk(), None) is None

    @property
    def unknown(self) -> list[str]:
        """Keys of conditions that are not installed."""
        return [item["type"] for item in self.walk() if item["type"] not in conditions]

    @property
    def is_broken(self) -> bool:
        """Holds something that cannot be asked, so it matches nobody."""
        return bool(self.malformed() or self.unknown)

    def _groups(self):
        yield self.match, self.items
        for item in self.items:
            if item.get("type") == "group":
                yield (item["value"].get("match", "all"), item["value"].get("items") or [])

    @property
    def is_negative(self) -> bool:
        """True at once for people to whom nothing happened: there is nothing to wait for."""
        for match, items in self._groups():
            if match == "none" and items:
                return True
        return any(conditions[item["type"]].negative for item in self.walk() if item["type"] in conditions)

    @property
    def is_waitable(self) -> bool:
        """A decision may wait for it: at least one condition can become true later, none is negative."""
        return not self.is_negative and any(
            conditions[item["type"]].waitable for item in self.walk() if item["type"] in conditions
        )

    # -- meaning ---------------------------------------------------------------------------------
    def bound(self) -> list[tuple[dict, Condition | None, object]]:
        """``(item, block, value)`` of every condition; block None if unknown, value a MissingReference
        if an object is gone. One query per model of chosen objects."""
        items = list(self.walk())
        blocks = [
            condition_block(conditions[item["type"]]) if item["type"] in conditions else None
            for item in items
        ]
        values = iter(
            bind_many(
                (block, item.get("value"))
                for item, block in zip(items, blocks, strict=True)
                if block is not None
            )
        )
        return [
            (item, block, next(values) if block is not None else None)
            for item, block in zip(items, blocks, strict=True)
        ]

    def depends_on(self) -> Facts:
        """What must change before the answer can."""
        facts = Facts()
        for _item, block, value in self.bound():
            if block is not None and not isinstance(value, MissingReference):
                facts |= block.get_depends_on(value)
        return facts

    def sentence(self) -> str:
        """The rule in words, in the active language."""
        if self.malformed():
            return _("This rule is damaged and matches nobody.")
        if self.is_empty:
            return _("No condition yet: matches nobody.")
        said = {id(item): _say(item, block, value) for item, block, value in self.bound()}

        def join(match, parts):
            text = parts[0]
            for part in parts[1:]:
                text = str(JOINS[match]) % {"first": text, "second": part}
            return _("none of: %(conditions)s") % {"conditions": text} if match == "none" else text

        parts = []
        for item in self.items:
            if item["type"] == "group":
                inner = [said[id(part)] for part in item["value"].get("items") or []]
                text = join(item["value"].get("match", "all"), inner) if inner else _("an empty group")
                parts.append(_("(%(conditions)s)") % {"conditions": text})
            else:
                parts.append(said[id(item)])
        return join(self.match, parts)

    def __str__(self):
        count = sum(1 for _item in self.walk())
        return ngettext("%(count)d condition", "%(count)d conditions", count) % {"count": count}

    def to_json(self) -> dict:
        return self.raw


def _say(item, block, value) -> str:
    if block is None:
        return _("“%(key)s” is not installed") % {"key": item["type"]}
    if isinstance(value, MissingReference):
        return _("%(label)s: what it refers to was deleted") % {"label": block.label}
    return block.sentence(value)
