"""Goals reached by a rule or by events."""

import datetime as dt

from wagtail_automation.audiences.watching import inbox, rules
from wagtail_automation.audiences.watching.registry import Owner, register
from wagtail_automation.audiences.watching.triggers import PREFIX, Ear
from wagtail_automation.leads.cohorts import LeadsCohort

from . import actions
from .models import Goal


def ears(goal: Goal) -> list[Ear]:
    """The goal's events, ready to hear; those not installed any more are left out."""
    raw = goal.events.stream_block.get_prep_value(goal.events) if goal.events else []
    found = [
        Ear(item["type"], (item.get("value") or {}).get("when"))
        for item in raw
        if item["type"].startswith(PREFIX) and isinstance(item.get("value"), dict)
    ]
    return [ear for ear in found if ear.usable]


def follow(goal: Goal, *, now: dt.datetime) -> None:
    """Watch and listen as the goal says. Whoever matches the rule of a new goal has reached it. Call in the
    saving transaction."""
    owner = f"goal:{goal.pk}"
    rules.watch(owner=owner, rule=None if goal.archived else goal.rule, now=now)
    inbox.listen(owner=owner, wanted=set() if goal.archived else {ear.address for ear in ears(goal)})


@register
class GoalOwner(Owner):
    """Rules and events of goals."""

    key = "goal"

    def matched(self, pk, began, ended, now):
        goal = Goal.objects.filter(pk=pk).first()
        if goal is not None and began:
            key = f"rule:{pk}:{now.isoformat()}"
            actions.reach_goal(goal=goal, cohort=LeadsCohort(began, key=key, origin="rule", now=now))

    def happened(self, pks, events, now):
        for goal in Goal.objects.filter(pk__in=pks, archived=False).order_by("pk"):
            heard = ears(goal)
            found = [event for event in events if any(ear.hears(event) for ear in heard)]
            if found:
                actions.reach_by_events(goal=goal, found=found, now=now)
