"""What follows for points when somebody begins to match, and when something happens."""

from wagtail_automation.audiences.watching.registry import Owner, register
from wagtail_automation.audiences.watching.triggers import Ear
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.tracking import events as names
from wagtail_automation.tracking.actions import record_events_for

from . import actions
from .models import ScoreRule, ScoreThreshold


def rules_in_force(pks) -> list[ScoreRule]:
    """The rules that give points now, in a stable order."""
    return list(ScoreRule.objects.filter(pk__in=pks, is_active=True, score_set__live=True).order_by("pk"))


@register
class ScoreOwner(Owner):
    """Rules of score sets."""

    key = "score"

    def matched(self, pk, began, ended, now):
        for rule in rules_in_force([pk]) if began else []:
            actions.give(rule=rule, counts=dict.fromkeys(began, 1), now=now)

    def happened(self, pks, events, now):
        for rule in rules_in_force(pks):
            ear = Ear(rule.type, rule.config)
            counts: dict[int, int] = {}
            for event in events if ear.usable else []:
                if ear.hears(event):
                    counts[event.lead_id] = counts.get(event.lead_id, 0) + 1
            if counts:
                actions.give(rule=rule, counts=counts, now=now)


@register
class ThresholdOwner(Owner):
    """Thresholds: each crossing is an event."""

    key = "threshold"

    def matched(self, pk, began, ended, now):
        threshold = ScoreThreshold.objects.filter(pk=pk).first()
        if threshold is None:
            return
        for direction, leads in (("up", began), ("down", ended)):
            if leads:
                record_events_for(
                    LeadsCohort(leads, key=f"threshold:{pk}", now=now),
                    names.SCORE_CHANGED,
                    about=threshold,
                    data={"direction": direction, "group": threshold.group_id, "points": threshold.points},
                )
