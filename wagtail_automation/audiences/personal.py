"""Which segments a person is in, for pages: one query for all rules of a page, and none for each rule."""

from wagtail_automation.rules.rule import Rule

from . import querysets
from .dependencies import chosen_segments
from .models import Segment, SegmentMembership

IN_SEGMENT = "in_segment"


def segment_ids(lead) -> frozenset[int]:
    """Primary keys of the live segments the lead (or its id) is in by stored membership. One query."""
    pk = getattr(lead, "pk", lead)
    if pk is None:
        return frozenset()
    rows = SegmentMembership.objects.filter(lead_id=pk, segment__live=True)
    return frozenset(rows.order_by().values_list("segment_id", flat=True))


def needs_only_segments(rule: Rule) -> bool:
    """Whether stored membership alone answers the rule, so that no SQL has to be compiled for it."""
    return not rule.is_broken and all(item["type"] == IN_SEGMENT for item in rule.walk())


def memberships(rules: list[Rule], lead) -> dict[int, bool]:
    """For every segment that these rules ask about and that exists: is the lead in it? One query, or none."""
    return memberships_in(set().union(*(chosen_segments(rule) for rule in rules)), lead)


def memberships_in(wanted: set[int], lead) -> dict[int, bool]:
    """The same for segments by id, for callers that know already what their rules ask about."""
    if not wanted:
        return {}
    return querysets.stored_answers(Segment, SegmentMembership, wanted, getattr(lead, "pk", lead))


def decide(rule: Rule, known: dict[int, bool]) -> bool | None:
    """The rule's answer by ``memberships``; None if the rule asks about more than segments.

    The same as the compiler's, closed on failure: an empty rule or group, or a segment that does not
    exist (any more), matches nobody.
    """
    if rule.is_empty or rule.malformed():
        return False
    if not needs_only_segments(rule):
        return None
    answers = {id(item): _answer(item, known) for item in rule.walk()}
    if None in answers.values():
        return False
    parts = []
    for item in rule.items:
        if item["type"] == "group":
            inner = item["value"].get("items") or []
            if not inner:
                return False
            parts.append(_join(item["value"].get("match", "all"), [answers[id(part)] for part in inner]))
        else:
            parts.append(answers[id(item)])
    return _join(rule.match, parts)


def _answer(item: dict, known: dict[int, bool]) -> bool | None:
    value = item.get("value")
    chosen = value.get("segment") if isinstance(value, dict) else None
    return known.get(int(chosen)) if str(chosen).isdecimal() else None


def _join(match: str, parts: list[bool]) -> bool:
    if match == "all":
        return all(parts)
    return any(parts) if match == "any" else not any(parts)
