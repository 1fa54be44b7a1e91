"""Reaching goals, for a cohort and for one; each key once."""

import datetime as dt

from django.db import transaction
from django.db.models import CharField, F, Value

from wagtail_automation import sql
from wagtail_automation.cohorts import Cohort
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import Lead
from wagtail_automation.tracking import events
from wagtail_automation.tracking.actions import record_events_for

from .models import Goal, GoalReach

ONCE = "once"


def reach_goal(*, goal, cohort: Cohort, value: int | None = None) -> list[int]:
    """The cohort reaches ``goal`` (or its Ref): once for each person, or once for each cohort key, as the
    goal counts. Returns the ids of those who reached it now. A repeat with the same keys reaches nothing; an
    archived goal is not reached. ``value``: other than the goal's own."""
    with transaction.atomic():
        stored = Goal.objects.filter(pk=goal.pk, archived=False).first()
        if stored is None:
            return []
        worth = stored.value if value is None else int(value)
        each = stored.counting == Goal.Counting.EACH
        key = F("cohort_key") if each else Value(ONCE, output_field=CharField())
        ids = sql.insert_select(
            GoalReach,
            {
                "goal": stored.pk,
                "lead": F("cohort_lead"),
                "key": key,
                "value": worth,
                "at": cohort.now,
                "origin": cohort.origin[:80],
            },
            cohort.rows(),
            ignore_conflicts=True,
            returning="lead",
        )
        if ids:
            _tell(stored, ids, worth, cohort)
    return ids


def _tell(goal: Goal, ids: list[int], worth: int, cohort) -> None:
    part = LeadsCohort(ids, key=cohort.origin, now=cohort.now, site=cohort.site, user=cohort.user)
    data = {"origin": cohort.origin, **({"currency": goal.currency} if goal.currency else {})}
    record_events_for(part, events.GOAL_REACHED, about=goal, value=worth, data=data)


def reach_by_events(*, goal: Goal, found: list, now: dt.datetime) -> None:
    """Events (``PendingEvent``) that are the goal. A statement for each *number of times* that somebody did
    it within the batch, not for each person."""
    if goal.counting == Goal.Counting.ONCE:
        rounds = [{event.lead_id: event.pk for event in found}]
    else:
        rounds = []
        seen: dict[int, int] = {}
        for event in found:
            number = seen.get(event.lead_id, 0)
            seen[event.lead_id] = number + 1
            if number == len(rounds):
                rounds.append({})
            rounds[number][event.lead_id] = event.pk
    for number, leads in enumerate(rounds):
        # the rows of the inbox are numbered once and for all, and deleted in this transaction
        first = min(leads.values())
        cohort = LeadsCohort(sorted(leads), key=f"events:{first}:{number}", origin="event", now=now)
        reach_goal(goal=goal, cohort=cohort)


def merge_goals(source: Lead, target: Lead) -> None:
    """Merge handler: what both reached once is reached once, since the earlier time."""
    theirs = list(GoalReach.objects.filter(lead_id=source.pk))
    if not theirs:
        return
    mine = {
        (row.goal_id, row.key): row
        for row in GoalReach.objects.filter(lead_id=target.pk, goal_id__in={row.goal_id for row in theirs})
    }
    earlier, moved = [], []
    for row in theirs:
        twin = mine.get((row.goal_id, row.key))
        if twin is None:
            moved.append(row.pk)
        elif row.at < twin.at:
            twin.at, twin.origin, twin.value = row.at, row.origin, row.value
            earlier.append(twin)
    GoalReach.objects.bulk_update(earlier, ["at", "origin", "value"])
    GoalReach.objects.filter(pk__anyof=moved).update(lead_id=target.pk)
    GoalReach.objects.filter(lead_id=source.pk).erase()
