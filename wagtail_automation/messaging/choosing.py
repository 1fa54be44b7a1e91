"""Which alternative of an email's dynamic content each recipient gets: asked when the email is sent."""

import logging
from collections.abc import Iterable
from datetime import datetime

from django.db.models import BooleanField, Case, Value, When

from wagtail_automation.audiences.dynamic.choosing import is_held_back
from wagtail_automation.audiences.dynamic.models import DynamicContent
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.compiler import compile_rule
from wagtail_automation.rules.rule import Rule
from wagtail_automation.rules.scope import Scope

#: the Liquid object in which templates find the choices
NAME = "chosen"
MOST_TOLD = 1000

logger = logging.getLogger("wagtail_automation")
_told: set[int] = set()


def choose(pairs: Iterable[tuple], now: datetime) -> dict[tuple, dict]:
    """``{(version's pk, lead's pk): {"chosen": {"d1": "2", …}}}`` for ``(version, lead's pk)``.

    The number of the first alternative whose rule matches; empty where none does, also when a rule is
    broken or a shared content is not published any more. A number with a minus: that alternative matches,
    but the person belongs to those held back. One query, one for shared contents, and one per model of
    objects that the rules name; none without dynamic content.
    """
    pairs = list(pairs)
    asked = [(version, pk) for version, pk in pairs if version.alternatives]
    versions = list({version.pk: version for version, _pk in asked}.values())
    shared = _shared([version.alternatives for version in versions])
    rules = [
        (version.pk, name, number, Rule(one["rule"]))
        for version in versions
        for name, alternatives in version.alternatives.items()
        for number, one in enumerate(alternatives, 1)
        if _is_shown(one, shared)
    ]
    matching, buckets = _matching([rule for *_where, rule in rules], {pk for _version, pk in asked}, now)
    found = {}
    for version, pk in pairs:
        chosen = dict.fromkeys(version.alternatives, "")
        for place, (version_pk, name, number, _rule) in enumerate(rules):
            if version_pk == version.pk and not chosen[name] and place in matching.get(pk, ()):
                one = version.alternatives[name][number - 1]
                chosen[name] = _written(number, one, shared, buckets.get(pk))
        found[version.pk, pk] = {NAME: chosen} if chosen else {}
    return found


def data(compiled, lead_pk: int | None, now: datetime, *, instead: dict[str, str] | None = None) -> dict:
    """The same for one email just compiled and one person; None: somebody unknown, who matches nothing."""
    chosen = dict.fromkeys(compiled.alternatives, "")
    if not chosen:
        return {}
    shared = _shared([compiled.alternatives]) if lead_pk else {}
    for name, alternatives in compiled.alternatives.items():
        rules = [Rule(one["rule"]) for one in alternatives]
        matching, buckets = _matching(rules, {lead_pk} - {None}, now)
        for place in sorted(matching.get(lead_pk, ())):
            if _is_shown(alternatives[place], shared):
                chosen[name] = _written(place + 1, alternatives[place], shared, buckets.get(lead_pk))
                break
    return {NAME: {**chosen, **{name: n for name, n in (instead or {}).items() if name in chosen}}}


def read(chosen: str) -> tuple[int, bool]:
    """``(number of the alternative that matches, held back)``; 0: none."""
    number = int(chosen) if chosen.removeprefix("-").isdecimal() else 0
    return abs(number), number < 0


def number_shown(chosen: str | None) -> str | None:
    """The number of the alternative that was sent, "" for the fallback; None where it is not known."""
    return "" if chosen is not None and chosen.startswith("-") else chosen


def _shared(all_alternatives: list[dict]) -> dict[int, int]:
    """``{pk: holdout}`` of the shared contents among them that are published now; at most one query."""
    wanted = {
        one["content"]
        for alternatives in all_alternatives
        for several in alternatives.values()
        for one in several
        if one.get("content")
    }
    if not wanted:
        return {}
    rows = DynamicContent.objects.filter(pk__in=wanted, live=True).order_by()
    found = dict(rows.values_list("pk", "holdout"))
    for pk in sorted(wanted - found.keys()):
        _tell_once(pk)
    return found


def _is_shown(one: dict, shared: dict[int, int]) -> bool:
    return not one.get("content") or one["content"] in shared


def _written(number: int, one: dict, shared: dict[int, int], bucket: int | None) -> str:
    holdout = shared.get(one.get("content"), 0)
    held = bucket is not None and holdout and is_held_back(bucket, one["key"], holdout)
    return f"-{number}" if held else str(number)


def _tell_once(pk: int) -> None:
    """In a process, not for every batch."""
    if pk not in _told and len(_told) < MOST_TOLD:
        _told.add(pk)
        logger.warning(
            "The shared dynamic content %s is deleted or not published: all get its fallback.",
            pk,
        )


def _matching(
    rules: list[Rule], leads: set[int], now: datetime
) -> tuple[dict[int, set[int]], dict[int, int]]:
    """``{lead: places of the rules that match}`` and ``{lead: bucket}``; one query for all."""
    if not rules or not leads:
        return {}, {}
    scope = Scope(now)
    answers = {
        f"_r{place}": Case(
            When(compile_rule(rule, scope), then=Value(True)),
            default=Value(False),
            output_field=BooleanField(),
        )
        for place, rule in enumerate(rules)
    }
    rows = Lead.objects.filter(pk__anyof=leads).order_by().annotate(**answers)
    rows = list(rows.values_list("pk", "bucket", *answers))
    matching = {pk: {place for place, answer in enumerate(row) if answer} for pk, _bucket, *row in rows}
    return matching, {pk: bucket for pk, bucket, *_row in rows}
