"""Questions about moments that have not come, or are long past: true, false, or open.

A rule is asked of the leads as they are. What only the future knows – will they click? – makes the answer
open, unless it is true already and nothing that may happen can undo it.
"""

import datetime as dt
from array import array
from collections.abc import Iterable, Mapping

from django.db.models import DateTimeField, OuterRef, Value

from wagtail_automation import sql
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.compiler import _compile as compile_strictly
from wagtail_automation.rules.conditions import Condition
from wagtail_automation.rules.rule import Rule
from wagtail_automation.rules.scope import Scope

from .ways import Way

#: Comparisons that more of the same can undo.
SHRINKING = frozenset({"lt", "lte", "exact", "ne", "between"})
#: People of one statement: the moments of all stand in one parameter, which SQLite reads for each row.
CHUNK = 500


class Asker:
    """Asks rules at ``now``. ``open_after``: what people do later than this is not known (None: everything
    that happened is recorded, and nothing later than ``now`` is looked at)."""

    def __init__(self, open_after: dt.datetime | None):
        self.open_after = open_after
        #: of each rule asked before: ``{id of an item: (block, value, facts)}`` – reading one takes longer
        #: than asking it, and it is asked at every moment
        self._read: dict[int, tuple[Rule, dict[int, tuple]]] = {}

    def ask(self, rule: Rule, ways: list[Way], now: dt.datetime) -> tuple[set[int], set[int]]:
        """``(ways of whom it is true, ways of whom it may be)``. Raises ``compiler.Unanswerable``."""
        parts = self._parts(rule, now)
        names = frozenset().union(*(fact.names for _block, _value, fact in parts.values()))
        later = self.open_after is not None and now > self.open_after
        plain, open_ways = [], []
        for way in ways:
            is_open = (later and _of_events(names)) or _touched(way, names)
            (open_ways if is_open else plain).append(way)
        true = self._true(rule, plain, now) if plain else set()
        if not open_ways:
            return true, set()
        sure, perhaps = self._weigh(rule, open_ways, now, parts, later)
        return true | sure, perhaps - sure

    def _parts(self, rule: Rule, now: dt.datetime) -> dict[int, tuple]:
        """What there is to know of its conditions; read once. Raises ``compiler.Unanswerable``."""
        key = id(rule.raw)
        if key not in self._read:
            compile_strictly(rule, self._scope(now))
            parts = {
                id(item): (block, value, block.get_depends_on(value)) for item, block, value in rule.bound()
            }
            self._read[key] = (rule, parts)  # the rule too: its identity must not be another's later
        return self._read[key][1]

    def _scope(self, now: dt.datetime) -> Scope:
        until = now if self.open_after is None else None
        return Scope(now, since=OuterRef("since_at"), mode="one", until=until)

    def _true(self, rule: Rule, ways: list[Way], now: dt.datetime) -> set[int]:
        condition = compile_strictly(rule, self._scope(now))
        found: set[int] = set()
        for since, group in _rounds(ways):
            rows = Lead.objects.filter(pk__anyof=array("q", since)).order_by()
            rows = rows.annotate(since_at=_since(since)).filter(condition)
            true = set(rows.values_list("pk", flat=True))
            found |= {way.pk for way in group if way.entry.lead in true}
        return found

    # -- with open parts --------------------------------------------------------------------------------
    def _weigh(self, rule, ways, now, known: Mapping, later: bool) -> tuple[set[int], set[int]]:
        """``(surely true, not surely false)``, asked condition by condition."""
        everybody = {way.pk for way in ways}

        def one(item, match: str) -> tuple[set[int], set[int]]:
            alone = Rule({"match": "none" if match == "none" else "all", "items": [item]})
            block, value, fact = known[id(item)]
            grows = _direction(block, value) if later and _of_events(fact.names) else None
            if grows is not None and match == "none":
                grows = -grows
            return self._bounds(self._true(alone, ways, now), ways, fact.names, grows)

        parts = []
        for item in rule.items:
            if item["type"] == "group":
                match = item["value"].get("match", "all")
                low, high = _join(match, [one(part, match) for part in item["value"].get("items") or []])
                if rule.match == "none":
                    low, high = everybody - high, everybody - low
                parts.append((low, high))
            else:
                parts.append(one(item, rule.match))
        return _join(rule.match, parts)

    @staticmethod
    def _bounds(true: set[int], ways, names, grows: int | None) -> tuple[set[int], set[int]]:
        """Of one condition. ``grows``: what may come of what people do later (1 true, -1 false, 0 either);
        None: nothing."""
        low, high = set(true), set(true)
        for way in ways:
            touched = _touched(way, names)
            if touched or grows in (0, 1):
                high.add(way.pk)
            if touched or grows in (0, -1):
                low.discard(way.pk)
        return low, high


def _join(match: str, parts: list[tuple[set[int], set[int]]]) -> tuple[set[int], set[int]]:
    """All or any of them; of "none" each part was asked as its negation."""
    low, high = parts[0]
    for more_low, more_high in parts[1:]:
        if match == "any":
            low, high = low | more_low, high | more_high
        else:
            low, high = low & more_low, high & more_high
    return low, high


def _of_events(names: Iterable[str]) -> bool:
    return any(name.startswith("event:") for name in names)


def _touched(way: Way, names: Iterable[str]) -> bool:
    """An activity on the way may have changed one of these facts."""
    changed = way.changed
    if changed is None:  # anything about the lead; what people do, no step does for them
        return any(not name.startswith("event:") for name in names)
    if not changed:
        return False
    return any(name == "segment" or name.startswith(tuple(changed)) for name in names)


def _direction(block: Condition, value) -> int:
    """What more of what people do can make of the answer: 1 true, -1 false, 0 either."""
    if _shrinks(value):
        return 0
    return -1 if block.negative else 1


def _shrinks(value) -> bool:
    if isinstance(value, Mapping):
        return value.get("operator") in SHRINKING or any(_shrinks(part) for part in value.values())
    return isinstance(value, list) and any(_shrinks(part) for part in value)


def _rounds(ways: list[Way]):
    """``({lead: since}, ways)`` in which no lead comes twice with another moment of entry."""
    left = ways
    while left:
        since: dict[int, dt.datetime] = {}
        group, later = [], []
        for way in left:
            lead, moment = way.entry.lead, way.entry.since
            known = since.get(lead)
            if known == moment or (known is None and len(since) < CHUNK):
                since[lead] = moment
                group.append(way)
            else:
                later.append(way)
        yield since, group
        left = later


def _since(moments: dict[int, dt.datetime]):
    different = set(moments.values())
    if len(different) == 1:
        return Value(different.pop(), output_field=DateTimeField())
    return sql.ByKey(moments)
