"""Which rule a threshold watches."""

import datetime as dt

from wagtail_automation.audiences.watching import rules
from wagtail_automation.rules.rule import Rule

from .models import ScoreThreshold


def follow(threshold: ScoreThreshold, *, now: dt.datetime) -> None:
    """Watch the number of points from now on. When the number or the group changed, everybody is placed anew,
    without an event: nobody crossed anything. Call in the saving transaction."""
    owner = f"threshold:{threshold.pk}"
    rule = Rule(
        {
            "match": "all",
            "items": [
                {
                    "id": "threshold",
                    "type": "score_above",
                    "value": {"value": threshold.points - 1, "group": threshold.group_id},
                }
            ],
        }
    )
    known = rules.Watch.objects.filter(owner=owner).first()
    if known is not None and known.rule == rule:
        return
    rules.forget(owner=owner)
    rules.watch(owner=owner, rule=rule, now=now, quiet=True)
