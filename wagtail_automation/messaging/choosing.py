"""Which alternative of an email's dynamic content each recipient gets: asked when the email is sent."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import BooleanField, Case, Value, When

from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.compiler import compile_rule
from wagtail_automation.rules.rule import Rule
from wagtail_automation.rules.scope import Scope

#: the Liquid object in which templates find the choices
NAME = "chosen"


def choose(pairs: Iterable[tuple], now: datetime) -> dict[tuple, dict]:
    """``{(version's pk, lead's pk): {"chosen": {"d1": "2", …}}}`` for ``(version, lead's pk)``.

    The number of the first alternative whose rule matches; empty where none does, also when a rule is
    broken. One query, plus one per model of objects that the rules name; none without dynamic content.
    """
    pairs = list(pairs)
    asked = [(version, pk) for version, pk in pairs if version.alternatives]
    rules = [
        (version.pk, name, number, Rule(one["rule"]))
        for version in {version.pk: version for version, _pk in asked}.values()
        for name, alternatives in version.alternatives.items()
        for number, one in enumerate(alternatives, 1)
    ]
    matching = _matching([rule for *_where, rule in rules], {pk for _version, pk in asked}, now)
    found = {}
    for version, pk in pairs:
        chosen = dict.fromkeys(version.alternatives, "")
        for place, (version_pk, name, number, _rule) in enumerate(rules):
            if version_pk == version.pk and not chosen[name] and place in matching.get(pk, ()):
                chosen[name] = str(number)
        found[version.pk, pk] = {NAME: chosen} if chosen else {}
    return found


def data(compiled, lead_pk: int | None, now: datetime, *, instead: dict[str, str] | None = None) -> dict:
    """The same for one email just compiled and one person; None: somebody unknown, who matches nothing."""
    chosen = dict.fromkeys(compiled.alternatives, "")
    if not chosen:
        return {}
    for name, alternatives in compiled.alternatives.items():
        matching = _matching([Rule(one["rule"]) for one in alternatives], {lead_pk} - {None}, now)
        places = matching.get(lead_pk, set())
        chosen[name] = str(min(places) + 1) if places else ""
    return {NAME: {**chosen, **{name: n for name, n in (instead or {}).items() if name in chosen}}}


def _matching(rules: list[Rule], leads: set[int], now: datetime) -> dict[int, set[int]]:
    """``{lead: places of the rules that match}``; one query for all."""
    if not rules or not leads:
        return {}
    scope = Scope(now)
    answers = {
        f"_r{place}": Case(
            When(compile_rule(rule, scope), then=Value(True)),
            default=Value(False),
            output_field=BooleanField(),
        )
        for place, rule in enumerate(rules)
    }
    rows = Lead.objects.filter(pk__anyof=leads).order_by().annotate(**answers).values_list("pk", *answers)
    return {pk: {place for place, answer in enumerate(row) if answer} for pk, *row in rows}
