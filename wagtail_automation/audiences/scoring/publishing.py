"""From what stands in a score set's editor to the rules in force; and what publishing would change."""

import datetime as dt
import uuid
from dataclasses import dataclass, field

from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from wagtail_automation.audiences.querysets import COUNT_TIMEOUT_SECONDS, patient
from wagtail_automation.audiences.watching import inbox, rules
from wagtail_automation.audiences.watching.models import WatchMatch
from wagtail_automation.audiences.watching.triggers import Ear
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.compiler import compile_rule, explain_failure
from wagtail_automation.rules.rule import Rule
from wagtail_automation.rules.scope import Scope
from wagtail_automation.tracking.models import Event

from .models import ScoreGroup, ScoreOnce, ScoreRule, ScoreSet

#: Shown by name in the preview.
EXAMPLES = 5
#: How far back the preview counts events.
LOOK_BACK = dt.timedelta(days=7)


def raw_rules(score_set: ScoreSet) -> list[dict]:
    """The rules as stored JSON: ``[{"id", "type", "value"}]``, unknown ones among them."""
    stream = score_set.rules
    return list(stream.stream_block.get_prep_value(stream)) if stream else []


def owner_of(rule: ScoreRule) -> str:
    return f"score:{rule.pk}"


def put_in_force(score_set: ScoreSet, *, now: dt.datetime) -> None:
    """Make the rules of a live set what they say, and let all rules of another one rest. A repeat changes
    nothing. Call in the saving transaction."""
    with transaction.atomic():
        stored = ScoreSet.objects.select_for_update().get(pk=score_set.pk)  # the blocks have their ids there
        former = {row.uuid: row for row in ScoreRule.objects.filter(score_set=stored)}
        groups = set(ScoreGroup.objects.values_list("pk", flat=True))
        kept = set()
        for item in raw_rules(stored) if stored.live else []:
            columns = _columns(item, groups)
            if columns is None:
                continue
            key = uuid.UUID(str(item["id"]))
            kept.add(key)
            row = former.get(key) or ScoreRule(score_set=stored, uuid=key)
            for name, value in columns.items():
                setattr(row, name, value)
            row.save()
            _follow(row, now)
        for key, row in former.items():
            if key not in kept:
                ScoreRule.objects.filter(pk=row.pk).update(is_active=False)
                rules.watch(owner=owner_of(row), rule=None, now=now)
                inbox.listen(owner=owner_of(row), wanted=set())


def _columns(item: dict, groups: set[int]) -> dict | None:
    """What a block says, for its row; None for what cannot be read, which gives nothing."""
    value = item.get("value")
    if not isinstance(value, dict) or item["type"] == "_unknown":
        return None
    group = value.get("group")
    if group is not None and group not in groups:
        return None  # a deleted group: not silently the total
    try:
        return {
            "is_active": True,
            "type": item["type"],
            "config": value.get("rule" if item["type"] == "rule" else "when") or {},
            "group_id": group,
            "operation": ScoreRule.Operation(value.get("operation")),
            "value": float(value["value"]),
            "frequency": ScoreRule.Frequency(value.get("frequency")),
            "per_day": int(value.get("per_day") or 1),
        }
    except (ValueError, TypeError, KeyError):
        return None


def _follow(row: ScoreRule, now: dt.datetime) -> None:
    if row.type == "rule":
        rules.watch(owner=owner_of(row), rule=Rule(row.config), now=now)
        inbox.listen(owner=owner_of(row), wanted=set())
        return
    ear = Ear(row.type, row.config)
    inbox.listen(owner=owner_of(row), wanted={ear.address} if ear.usable else set())


def rest(rule_pks: list[int]) -> None:
    """The rules are gone for good."""
    for pk in rule_pks:
        rules.forget(owner=f"score:{pk}")
        inbox.listen(owner=f"score:{pk}", wanted=set())


# -- words -------------------------------------------------------------------------------------------------


def condition_words(type_: str, config: dict) -> str:
    """The condition or event of a rule in words."""
    if type_ == "rule":
        return Rule.parse_lenient(config).sentence()
    ear = Ear(type_, config)
    return ear.sentence() if ear.usable else _("An event that is not available any more")


def effect_words(operation: str, value: float, group="") -> str:
    """What a rule does in words, such as “+10 (Fit)”."""
    sign = {"add": "+", "subtract": "−", "multiply": "×\u00a0", "set": "=\u00a0"}.get(operation, "")
    text = f"{sign}{value:g}"
    return f"{text} ({group})" if group else text


# -- preview -----------------------------------------------------------------------------------------------


@dataclass
class Forecast:
    """What publishing would do by one rule."""

    sentence: str
    effect: str
    is_event: bool
    problem: str = ""
    #: people who would get points at once (a rule), or who did it in the last week (an event)
    people: int | None = 0
    #: how often, for events
    times: int = 0
    examples: list[Lead] = field(default_factory=list)


def forecast(score_set: ScoreSet, *, now: dt.datetime, visible=None) -> list[Forecast]:
    """For each rule of this set – a draft, usually – who would change the moment it is published. Rules in
    force give nothing new to those they gave to. ``visible``: the leads that may be named (a queryset).
    A constant number of queries for each rule."""
    former = {row.uuid: row for row in ScoreRule.objects.filter(score_set_id=score_set.pk)}
    groups = dict(ScoreGroup.objects.values_list("pk", "name"))
    found = []
    for item in raw_rules(score_set):
        columns = _columns(item, set(groups))
        if columns is None:
            problem = _("This rule is incomplete or not available: it gives nothing.")
            found.append(Forecast(sentence=problem, effect="", is_event=False, problem=problem))
            continue
        effect = effect_words(columns["operation"], columns["value"], groups.get(columns["group_id"], ""))
        line = Forecast(
            sentence=condition_words(columns["type"], columns["config"]),
            effect=effect,
            is_event=columns["type"] != "rule",
        )
        if line.is_event:
            _count_events(line, columns, now, visible)
        else:
            _count_people(line, columns, former.get(_uuid(item.get("id"))), now, visible)
        found.append(line)
    return found


def _uuid(text):
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return None


def _count_people(line: Forecast, columns: dict, former: ScoreRule | None, now, visible) -> None:
    rule = Rule.parse_lenient(columns["config"])
    if explain_failure(rule):
        line.problem = _("This rule matches nobody: a condition is unfinished or unavailable.")
        return
    leads = Lead.objects.filter(compile_rule(rule, Scope(now, mode="set")))
    if former is not None:
        if columns["frequency"] == "once":
            leads = leads.exclude(pk__in=ScoreOnce.objects.filter(rule=former).values("lead_id"))
        if former.is_active and former.type == "rule":
            inside = WatchMatch.objects.filter(watch__owner=owner_of(former), matches=True)
            leads = leads.exclude(pk__in=inside.values("lead_id"))
    try:
        with patient(seconds=COUNT_TIMEOUT_SECONDS):
            line.people = leads.count()
            line.examples = list(_shown(leads, visible).order_by("-pk")[:EXAMPLES])
    except DatabaseError:
        line.people = None


def _shown(leads, visible):
    return leads if visible is None else leads.filter(pk__in=visible.order_by().values("pk"))


def _count_events(line: Forecast, columns: dict, now: dt.datetime, visible) -> None:
    """Who did it in the last week, by name and object of the event; a finer condition is not looked at."""
    ear = Ear(columns["type"], columns["config"])
    if not ear.usable:
        line.problem = line.sentence
        return
    name, key = ear.address
    events = Event.objects.filter(name=name, human=True, lead__isnull=False, at__gte=now - LOOK_BACK)
    if key is not None:
        events = events.filter(object_key=key)
    line.times = events.count()
    line.people = events.values("lead_id").distinct().count()
    newest = events.order_by("-at").values_list("lead_id", flat=True)[:50]
    wanted = list(dict.fromkeys(newest))[:EXAMPLES]
    by_pk = {lead.pk: lead for lead in _shown(Lead.objects.filter(pk__in=wanted), visible)}
    line.examples = [by_pk[pk] for pk in wanted if pk in by_pk]
