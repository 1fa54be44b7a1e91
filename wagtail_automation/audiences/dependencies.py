"""Which segment asks about which: order of refreshing, and the circles that are refused."""

from wagtail_automation.rules.binding import choices
from wagtail_automation.rules.conditions import conditions
from wagtail_automation.rules.rule import Rule, condition_block

from .models import Segment


def chosen_segments(rule: Rule) -> set[int]:
    """Primary keys of the segments that a rule asks about, in any condition that chooses one. No query."""
    if rule.malformed():
        return set()
    found = set()
    for item in rule.walk():
        if item["type"] not in conditions:
            continue
        value = item.get("value")
        block = condition_block(conditions[item["type"]])
        for model, pk in choices(block, value if isinstance(value, dict) else {}):
            if issubclass(model, Segment) and str(pk).isdecimal():
                found.add(int(pk))
    return found


def graph(*, without: int | None = None) -> tuple[dict[int, set[int]], dict[int, str]]:
    """``(segment → segments it asks about, segment → name)``, by the rules now in force. One query."""
    rows = list(Segment.objects.exclude(pk=without).order_by("pk").values_list("pk", "name", "rule"))
    return {pk: chosen_segments(rule) for pk, _name, rule in rows}, {pk: name for pk, name, _rule in rows}


def find_cycle(segment: Segment) -> list[str]:
    """Names on the way from the segment back to itself; empty if there is no such way."""
    direct = chosen_segments(segment.rule)
    if not direct or segment.pk is None:
        return []
    if segment.pk in direct:
        return [segment.name, segment.name]
    edges, names = graph(without=segment.pk)
    edges[segment.pk], names[segment.pk] = direct, segment.name
    queue, seen = [[segment.pk]], set()
    while queue:
        path = queue.pop(0)
        for following in sorted(edges.get(path[-1], ())):
            if following == segment.pk:
                return [names[pk] for pk in [*path, following]]
            if following in edges and following not in seen:
                seen.add(following)
                queue.append([*path, following])
    return []


def in_order(segments: list[Segment]) -> list[Segment]:
    """Those asked about before those who ask. A circle (which validation refuses) is cut somewhere."""
    by_pk = {segment.pk: segment for segment in segments}
    ordered, state = [], {}

    def visit(segment):
        if segment.pk in state:
            return
        state[segment.pk] = "open"
        for pk in sorted(chosen_segments(segment.rule)):
            if pk in by_pk:
                visit(by_pk[pk])
        ordered.append(segment)

    for segment in segments:
        visit(segment)
    return ordered
