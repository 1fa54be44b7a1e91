"""Every change of points: one operation for a cohort, with its history; what a rule gives; groups.

A change is exact once per call: the caller's transaction makes it once per cohort key.
"""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.db.models import BigIntegerField, F, OuterRef, Subquery, Value
from django.db.models.functions import Cast
from django.utils import timezone
from wagtail.log_actions import log

from wagtail_automation import clock, signals, sql
from wagtail_automation.cohorts import Cohort
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import Lead
from wagtail_automation.triggers import triggers

from .models import GroupScore, ScoreEntry, ScoreGroup, ScoreOnce, ScoreRule
from .querysets import OPERATIONS, big, bounded, changed

PREFIX = "on_"
#: A rule that gives points "each time" something is true of the person, or follows from a rule or a campaign
#: (a segment, list or stage), does so at most this often a day: two that undo each other must not go round
#: for ever. What the person does themselves counts each time.
MOST_A_DAY = 24


def day_of(now: dt.datetime) -> dt.date:
    """The day in the site's zone, whoever looks."""
    return now.astimezone(timezone.get_default_timezone()).date() if settings.USE_TZ else now.date()


def change_score(
    *, cohort: Cohort, operation: str, value: float, group=None, source: str = "", times: int = 1
) -> None:
    """``operation``: "add", "subtract", "multiply" (rounded half up) or "set"; on the total, or on the points
    of ``group`` (a ``ScoreGroup`` or its Ref), which moves the total too if the group is part of it.

    ``source`` (the cohort's origin unless told) is the reason in the history; ``times`` how often it counts
    there. Bounded. Raises ValueError for another operation. Changes each time it is called.
    """
    if operation not in OPERATIONS:
        raise ValueError(f"{operation!r} is no operation on a score.")
    reason = (source or cohort.origin)[:90]
    with transaction.atomic():
        if group is None:
            facts = _change_total(cohort, operation, value, reason, times)
        else:
            facts = _change_group(cohort, operation, value, group, reason, times)
        signals.facts_changed.send(sender=Lead, leads=cohort.lead_ids(), facts=facts, now=cohort.now)


def _change_total(cohort, operation, value, reason, times) -> frozenset[str]:
    leads = Lead.objects.filter(pk__in=cohort.lead_ids())
    if operation in ("add", "subtract"):
        points = Value(int(value) if operation == "add" else -int(value), output_field=BigIntegerField())
    else:
        _lock(leads)
        points = changed(F("score"), operation, value) - Cast(F("score"), BigIntegerField())
    _note(leads, F("pk"), points, cohort.now, None, reason, times)
    leads.update(score=bounded(changed(F("score"), operation, value)))
    return frozenset({"field:score"})


def _change_group(cohort, operation, value, group, reason, times) -> frozenset[str]:
    in_total = ScoreGroup.objects.filter(pk=group.pk).values_list("in_total", flat=True).get()
    leads = Lead.objects.filter(pk__in=cohort.lead_ids())
    _lock(leads)
    sql.insert_select(
        GroupScore, {"group": group.pk, "lead": F("pk"), "points": 0}, leads, ignore_conflicts=True
    )
    rows = GroupScore.objects.of_leads(group.pk, cohort.lead_ids())
    points = changed(F("points"), operation, value) - Cast(F("points"), BigIntegerField())
    _note(rows, F("lead_id"), points, cohort.now, group.pk, reason, times)
    facts = {f"score:{group.pk}"}
    if in_total:
        mine = GroupScore.objects.filter(group_id=group.pk, lead_id=OuterRef("pk")).annotate(
            _points=big(points)
        )
        delta = Subquery(mine.values("_points")[:1], output_field=BigIntegerField())
        leads.update(score=bounded(Cast(F("score"), BigIntegerField()) + delta))
        facts.add("field:score")
    rows.update(points=bounded(changed(F("points"), operation, value)))
    return frozenset(facts)


def _lock(leads) -> None:
    """Before what depends on the points that are there."""
    list(leads.select_for_update(no_key=True).order_by("pk").values_list("pk"))


def _note(rows, lead, points, now, group_pk, reason, times) -> None:
    ScoreEntry.objects.note(
        rows,
        lead=lead,
        points=points,
        day=day_of(now),
        key=entry_key(group_pk, reason),
        group=group_pk,
        reason=reason,
        times=times,
        now=now,
    )


def entry_key(group_pk, reason: str) -> str:
    """What a lead has one row of history a day for."""
    return f"{group_pk or 0}:{reason}"


def change_lead_score(
    *, lead: Lead, operation: str, value: float, now: dt.datetime, user=None, origin: str = "", group=None
) -> None:
    """Change one lead's score. An act of a person is logged."""
    key = origin or (f"user:{user.pk}" if user else "code")
    cohort = LeadsCohort.of(lead, key=key, now=now, user=user)
    change_score(cohort=cohort, operation=operation, value=value, group=group)
    if user is not None:
        data = {"operation": operation, "value": value, "group": str(group) if group else ""}
        log(lead, "wagtail_automation.score_change", user=user, data=data)


def give(*, rule: ScoreRule, counts: dict[int, int], now: dt.datetime) -> dict[int, int]:
    """What one rule gives to leads to whom it applied so often; returns how often it counted for each.

    Call with the leads' rows locked: the counts a day are read and written under that lock. A statement
    for each *number of times*, not for each lead.
    """
    source = f"rule:{rule.pk}"
    group = ScoreGroup(pk=rule.group_id) if rule.group_id else None
    if rule.frequency == ScoreRule.Frequency.ONCE:
        counted = dict.fromkeys(_first_time(rule, sorted(counts)), 1)
    else:
        limit = rule.per_day if rule.frequency == ScoreRule.Frequency.DAILY else None
        if limit is None and _can_circle(rule):
            limit = MOST_A_DAY
        counted = dict(counts)
        if limit is not None:
            key = entry_key(rule.group_id, source)
            used = ScoreEntry.objects.times_of(key, day_of(now), sorted(counts))
            counted = {lead: min(number, limit - used.get(lead, 0)) for lead, number in counts.items()}
    by_number: dict[int, list[int]] = {}
    for lead, number in counted.items():
        if number > 0:
            by_number.setdefault(number, []).append(lead)
    for number, leads in sorted(by_number.items()):
        value = rule.value
        if rule.operation in ("add", "subtract"):
            value *= number
        elif rule.operation == "multiply":
            value **= min(number, 50)
        cohort = LeadsCohort(leads, key=source, now=now)
        change_score(
            cohort=cohort, operation=rule.operation, value=value, group=group, source=source, times=number
        )
    return {lead: number for lead, number in counted.items() if number > 0}


def _can_circle(rule: ScoreRule) -> bool:
    """A rule about the person, or an event that points themselves may bring about."""
    if rule.type == "rule":
        return True
    trigger = triggers.get(rule.type.removeprefix(PREFIX))
    return trigger is None or trigger.can_circle


def _first_time(rule: ScoreRule, leads: list[int]) -> list[int]:
    return sql.insert_select(
        ScoreOnce,
        {"rule": rule.pk, "lead": F("pk")},
        Lead.objects.filter(pk__anyof=leads),
        ignore_conflicts=True,
        returning="lead",
    )


def set_in_total(*, group: ScoreGroup, in_total: bool, now: dt.datetime) -> bool:
    """Make a group's points part of every total, or no longer; returns whether that changed. One statement
    for all its leads."""
    with transaction.atomic():
        held = ScoreGroup.objects.select_for_update().get(pk=group.pk)
        if held.in_total == in_total:
            return False
        ScoreGroup.objects.filter(pk=group.pk).update(in_total=in_total)
        group.in_total = in_total
        rows = GroupScore.objects.filter(group_id=group.pk).exclude(points=0)
        points = rows.filter(lead_id=OuterRef("pk")).values("points")[:1]
        delta = Subquery(points, output_field=BigIntegerField())
        total = Cast(F("score"), BigIntegerField())
        leads = Lead.objects.filter(pk__in=rows.order_by().values("lead_id"))
        leads.update(score=bounded(total + delta if in_total else total - delta))
        signals.facts_changed.send(
            sender=Lead, leads=rows.values("lead_id"), facts=frozenset({"field:score"}), now=now
        )
    return True


def merge_scores(source: Lead, target: Lead) -> None:
    """Merge handler. Points add up – but what a rule gave *once* to both counts once. The total itself is
    added by ``leads.merging``, so only the double is taken from it here."""
    twice = list(
        ScoreOnce.objects.filter(
            lead_id=source.pk, rule_id__in=ScoreOnce.objects.filter(lead_id=target.pk).values("rule_id")
        ).values_list("rule_id", flat=True)
    )
    entries = ScoreEntry.objects.filter(lead_id=source.pk)
    scores = dict(GroupScore.objects.filter(lead_id=source.pk).values_list("group_id", "points"))
    total = 0
    if twice:
        double = entries.filter(source__in=[f"rule:{pk}" for pk in twice])
        in_total = dict(ScoreGroup.objects.values_list("pk", "in_total"))
        for group, points in double.values_list("group_id", "points"):
            if group is not None:
                scores[group] = scores.get(group, 0) - points
            if group is None or in_total.get(group):
                total += points
        double.erase()
        ScoreOnce.objects.filter(lead_id=source.pk, rule_id__in=twice).erase()
    if total:
        Lead.objects.filter(pk=target.pk).update(score=F("score") - total)
    ScoreOnce.objects.filter(lead_id=source.pk).update(lead_id=target.pk)
    _merge_groups(source.pk, target.pk, scores)
    _merge_history(source.pk, target.pk)
    facts = {"field:score", *(f"score:{group}" for group in scores)}
    if scores or total:
        signals.facts_changed.send(sender=Lead, leads=[target.pk], facts=frozenset(facts), now=clock.now())


def _merge_groups(source_pk: int, target_pk: int, scores: dict[int, int]) -> None:
    if not scores:
        return
    mine = {row.group_id: row for row in GroupScore.objects.filter(lead_id=target_pk)}
    for group, points in scores.items():
        if group in mine:
            mine[group].points += points
        else:
            mine[group] = GroupScore(group_id=group, lead_id=target_pk, points=points)
    GroupScore.objects.filter(lead_id=source_pk).erase()
    GroupScore.objects.bulk_update([row for row in mine.values() if row.pk], ["points"])
    GroupScore.objects.bulk_create([row for row in mine.values() if not row.pk])


def _merge_history(source_pk: int, target_pk: int) -> None:
    theirs = list(ScoreEntry.objects.filter(lead_id=source_pk))
    if not theirs:
        return
    days = {row.day for row in theirs}
    mine = {(row.day, row.key): row for row in ScoreEntry.objects.filter(lead_id=target_pk, day__in=days)}
    both, moved = [], []
    for row in theirs:
        twin = mine.get((row.day, row.key))
        if twin is None:
            moved.append(row.pk)
            continue
        twin.points += row.points
        twin.times += row.times
        twin.at = max(twin.at, row.at)
        both.append(twin)
    ScoreEntry.objects.bulk_update(both, ["points", "times", "at"])
    ScoreEntry.objects.filter(pk__anyof=moved).update(lead_id=target_pk)
    ScoreEntry.objects.filter(lead_id=source_pk).erase()
