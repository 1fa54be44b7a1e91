"""From a rule to a filter. Closed on failure: what cannot be asked matches nobody."""

from django.core.exceptions import ValidationError
from django.db.models import Q

from wagtail_automation.objects import MissingReference

from .conditions import Condition
from .rule import Rule
from .scope import Scope


class Unanswerable(Exception):  # noqa: N818  a state, not a fault
    """Something in the rule cannot be asked; the whole rule is false."""


def compile_rule(rule: Rule, scope: Scope) -> Q:
    """The rule as a filter over the scope's rows.

    Nobody matches a rule that is empty or broken, has an empty group, or refers to something deleted:
    an audience may shrink by accident, never grow. Runs one query per model of chosen objects.
    """
    try:
        return _compile(rule, scope)
    except Unanswerable:
        return scope.nobody()


def explain_failure(rule: Rule) -> str:
    """Why the rule matches nobody at all; empty if it can be asked."""
    try:
        _answers(rule)
    except Unanswerable as reason:
        return str(reason)
    return ""


def _answers(rule: Rule) -> dict[int, tuple[Condition, dict]]:
    if rule.malformed() or rule.is_empty:
        raise Unanswerable(rule.malformed() or "empty")
    try:
        bound = rule.bound()
    except (ValidationError, ValueError, TypeError, AttributeError) as error:  # values no form wrote
        raise Unanswerable(f"unreadable: {error}") from error
    answers = {}
    for item, block, value in bound:
        if block is None:
            raise Unanswerable(f"not installed: {item['type']}")
        if isinstance(value, MissingReference):
            raise Unanswerable(str(value))
        answers[id(item)] = (block, value)
    return answers


def _compile(rule: Rule, scope: Scope) -> Q:
    answers = _answers(rule)
    nobody = scope.nobody()

    def ask(item) -> Q:
        block, value = answers[id(item)]
        try:
            q = block.q(value, scope)
        except (ArithmeticError, ValueError, TypeError) as error:  # a number or day beyond all reason
            raise Unanswerable(f"{block.key}: {error}") from error
        if not q or q == nobody:
            # An empty Q would match everybody – and so would "nobody" within *none of*.
            raise Unanswerable(f"{block.key}: no parameters")
        return q

    def group(match: str, parts: list[Q]) -> Q:
        if not parts:
            raise Unanswerable("empty group")
        whole = parts[0]
        for part in parts[1:]:
            whole = whole & part if match == "all" else whole | part
        return ~whole if match == "none" else whole

    parts = []
    for item in rule.items:
        if item["type"] == "group":
            inner = item["value"]
            parts.append(group(inner.get("match", "all"), [ask(part) for part in inner.get("items") or []]))
        else:
            parts.append(ask(item))
    return group(rule.match, parts)
