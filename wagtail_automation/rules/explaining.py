"""Why a rule says yes or no to one person: every condition asked by itself, all in one query."""

import datetime as dt
from dataclasses import dataclass, field

from django.db import models
from django.db.models import BooleanField, Case, Q, Value, When
from django.utils.translation import gettext as _

from wagtail_automation.objects import MissingReference, Ref, load_labels

from .binding import refs_in
from .compiler import compile_rule
from .conditions import Condition, Facts
from .forms import UNREADABLE
from .rule import Rule
from .scope import Scope


@dataclass
class Asked:
    """One condition: what it asks, and the answer. ``answer`` None: it cannot be asked, ``problem`` says why,
    and so the whole rule matches nobody. ``facts`` and ``refs``: what the answer depends on; ``lines`` and
    ``segments`` are filled in by whoever knows the person: what is stored, and segments to ask about next."""

    sentence: str
    answer: bool | None = None
    problem: str = ""
    facts: Facts = field(default_factory=Facts)
    refs: list[Ref] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    segments: list[tuple] = field(default_factory=list)


@dataclass
class Group:
    """Conditions and groups together, matching *all*, *any* or *none*."""

    match: str
    parts: list = field(default_factory=list)
    answer: bool | None = None

    def decide(self) -> bool | None:
        """The answer of the whole, and of every group in it; None if something in it cannot be asked."""
        answers = [part.decide() if isinstance(part, Group) else part.answer for part in self.parts]
        if not answers or None in answers:
            self.answer = None
        elif self.match == "all":
            self.answer = all(answers)
        else:
            self.answer = any(answers) if self.match == "any" else not any(answers)
        return self.answer

    def walk(self):
        """Every condition, also inside groups."""
        for part in self.parts:
            if isinstance(part, Group):
                yield from part.walk()
            else:
                yield part


@dataclass(frozen=True)
class Explanation:
    """``matches``: the answer of the compiler itself, which is what counts; ``problem``: why the rule as a
    whole cannot be asked."""

    whole: Group
    matches: bool
    problem: str = ""


def explain(rule: Rule, model: type[models.Model], pk: int, now: dt.datetime) -> Explanation:
    """Ask every condition about one row of a model (leads, usually).

    One query per model of chosen objects, twice, and one for all answers, whatever the rule's size.
    """
    problem = rule.malformed() or ("" if not rule.is_empty else _("The rule has no condition."))
    if problem:
        return Explanation(Group("all"), matches=False, problem=problem)
    scope = Scope(now, mode="one")
    questions: list[tuple[Asked, Q]] = []
    bound = _bound(rule)
    load_labels([ref for _item, _block, value in bound for ref in refs_in(value)])
    asked = iter([_ask(*found, scope, questions) for found in bound])
    whole = Group(rule.match, [_node(item, asked) for item in rule.items])
    columns = {f"_c{number}": q for number, (_asked, q) in enumerate(questions)}
    columns["_whole"] = compile_rule(rule, scope)
    cases = {
        name: Case(When(q, then=Value(True)), default=Value(False), output_field=BooleanField())
        for name, q in columns.items()
    }
    row = model._default_manager.filter(pk=pk).order_by().values(**cases).first() or {}
    for number, (one, _q) in enumerate(questions):
        one.answer = bool(row.get(f"_c{number}"))
    whole.decide()
    return Explanation(whole, matches=bool(row.get("_whole")))


def _node(item: dict, asked):
    if item["type"] != "group":
        return next(asked)
    inner = item["value"]
    return Group(inner.get("match", "all"), [next(asked) for _part in inner.get("items") or []])


def _bound(rule: Rule) -> list[tuple[dict, Condition | None, object]]:
    """As ``Rule.bound``; a condition whose parameters no form wrote does not spoil the others."""
    try:
        return rule.bound()
    except UNREADABLE:
        found = []
        for item in rule.walk():
            try:
                found += Rule({"match": "all", "items": [item]}).bound()
            except UNREADABLE as error:
                found.append((item, None, error))
        return found


def _ask(item, block, value, scope: Scope, questions: list) -> Asked:
    if block is None:
        if value is None:
            problem = _("This condition is not installed.")
        else:
            problem = _("The parameters of this condition cannot be read.")
        return Asked(_("“%(key)s”") % {"key": item["type"]}, problem=problem)
    if isinstance(value, MissingReference):
        return Asked(str(block.label), problem=_("What this condition refers to was deleted."))
    try:
        asked = Asked(str(block.sentence(value)), facts=block.get_depends_on(value), refs=refs_in(value))
        q = block.q(value, scope)
    except UNREADABLE:
        return Asked(str(block.label), problem=_("The parameters of this condition cannot be read."))
    if not q or q == scope.nobody():
        asked.problem = _("This condition is unfinished: it matches nobody.")
    else:
        questions.append((asked, q))
    return asked
