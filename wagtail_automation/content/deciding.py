"""The rules of a page for one person: segments from stored membership, all others by one cached statement.

What a rule consists of is worked out once per process and rule: twenty rules over segments cost 2.5 ms
of CPU when they are taken apart for every visitor, 0.9 ms so.
"""

import json
import logging
from collections import OrderedDict
from dataclasses import dataclass

from django.db import DatabaseError, connection

from wagtail_automation import clock
from wagtail_automation.audiences import personal as segments
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.conditions import conditions
from wagtail_automation.rules.evaluate import RuleSet
from wagtail_automation.rules.rule import Rule

CACHE_SIZE = 2000

logger = logging.getLogger("wagtail_automation")
_told: "OrderedDict[str, None]" = OrderedDict()


@dataclass(frozen=True)
class Plan:
    """How to answer a rule. ``types``: its conditions; while one is not installed, nobody matches.

    ``tree``: (match, parts) of a rule over segments alone; a part is a segment's id or a tree. None: ask
    the database.
    """

    types: frozenset[str]
    is_never: bool
    tree: tuple | None = None
    segments: frozenset[int] = frozenset()


_plans: "OrderedDict[str, Plan]" = OrderedDict()


def text_of(rule: Rule) -> str:
    """The rule as text, by which it is known; kept with the rule."""
    text = rule.__dict__.get("_wa_text")
    if text is None:
        text = rule.__dict__["_wa_text"] = json.dumps(rule.raw, sort_keys=True)
    return text


def answer(rules: dict[str, Rule], lead: Lead) -> list[bool]:
    """One answer a rule (given by its text), in order. At most two queries, whatever their number."""
    plans = {text: _plan(text, rule) for text, rule in rules.items()}
    known = segments.memberships_in(set().union(*(plan.segments for plan in plans.values())), lead)
    others = [rules[text] for text, plan in plans.items() if plan.tree is None and not _is_never(plan)]
    asked = iter(_ask(others, lead) if others else ())
    answers = []
    for text, plan in plans.items():
        if _is_never(plan):
            if not rules[text].is_empty:
                tell_once(text, "it asks about something that is not installed")
            answers.append(False)
        elif plan.tree is None:
            answers.append(next(asked))
        else:
            answer = _decide(plan.tree, known)
            if answer is None:
                tell_once(text, "it asks about a segment that does not exist")
            answers.append(answer or False)
    return answers


def _ask(rules: list[Rule], lead: Lead) -> list[bool]:
    """All in one statement; if one of them fails, each by itself, so that the others still count. A fault of
    the database inside a transaction of the site is the site's: nothing can be asked any more."""
    now = clock.now()
    try:
        return RuleSet(rules).answers(Lead, lead.pk, now)
    except Exception as error:
        if isinstance(error, DatabaseError) and connection.in_atomic_block:
            raise
        if len(rules) == 1:
            tell_once(text_of(rules[0]), repr(error))
            return [False]
    return [answer for rule in rules for answer in _ask([rule], lead)]


def tell_once(text: str, problem: str) -> None:
    """A rule that cannot be asked is a fault for the log, once in a process, not at every page view."""
    if text not in _told:
        _told[text] = None
        logger.error("A rule on a page matches nobody, since %s: %s", problem, text[:500])
        while len(_told) > CACHE_SIZE:
            _told.popitem(last=False)


def _is_never(plan: Plan) -> bool:
    return plan.is_never or any(name not in conditions for name in plan.types)


def _plan(text: str, rule: Rule) -> Plan:
    plan = _plans.get(text)
    if plan is None:
        plan = _plans[text] = _make(rule)
        while len(_plans) > CACHE_SIZE:
            _plans.popitem(last=False)
    return plan


def _make(rule: Rule) -> Plan:
    if rule.malformed() or rule.is_empty:
        return Plan(frozenset(), is_never=True)
    types = frozenset(item["type"] for item in rule.walk())
    if types != {segments.IN_SEGMENT}:
        return Plan(types, is_never=False)
    tree = _tree(rule.match, rule.items)
    return Plan(types, is_never=tree is None, tree=tree, segments=frozenset(_leaves(tree or ("all", ()))))


def _tree(match, items) -> tuple | None:
    """None when a part asks nothing: such a rule matches nobody."""
    parts = []
    for item in items:
        value = item.get("value")
        if item["type"] == "group":
            part = _tree(value.get("match", "all"), value.get("items") or [])
        else:
            chosen = value.get("segment") if isinstance(value, dict) else None
            part = int(chosen) if str(chosen).isdecimal() else None
        if part is None:
            return None
        parts.append(part)
    return (match, tuple(parts)) if parts else None


def _leaves(tree: tuple):
    for part in tree[1]:
        if isinstance(part, tuple):
            yield from _leaves(part)
        else:
            yield part


def _decide(tree: tuple, known: dict[int, bool]) -> bool | None:
    """The answer; None when a segment does not exist (any more), which makes the whole rule false."""
    match, parts = tree
    answers = [_decide(part, known) if isinstance(part, tuple) else known.get(part) for part in parts]
    if None in answers:
        return None
    if match == "all":
        return all(answers)
    return any(answers) if match == "any" else not any(answers)
