"""Who sees what of a dynamic content: for one person by pages, for a whole mailing by emails."""

import datetime as dt
from collections.abc import Iterable

from wagtail_automation.leads import shares
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules import Scope
from wagtail_automation.rules.compiler import compile_rule

from .models import DynamicContent


def is_held_back(bucket: int, key: str, percent: int) -> bool:
    """Whether somebody with this ``Lead.bucket`` belongs to the holdout of what ``key`` names."""
    return percent > 0 and shares.choose([bucket], f"content:{key}", [percent, 100 - percent])[0] == 0


def choose_for(
    content: DynamicContent, leads: Iterable[int], now: dt.datetime
) -> dict[int, tuple[str, bool]]:
    """``{lead: (id of the alternative, held back)}`` for those who match a rule; all others see the fallback.

    Who is held back sees the fallback too, and counts for the alternative named. One statement for each
    alternative and one for the buckets, whatever the number of people.
    """
    left = set(leads)
    chosen: dict[int, str] = {}
    for child in content.alternatives:
        if not left:
            break
        rule = child.value["rule"]
        if rule.is_broken or rule.is_empty:
            continue
        matching = Lead.objects.filter(compile_rule(rule, Scope(now)), pk__anyof=sorted(left))
        for pk in matching.order_by().values_list("pk", flat=True):
            chosen[pk] = child.id
            left.discard(pk)
    if not chosen:
        return {}
    key = str(content.translation_key)
    rows = Lead.objects.filter(pk__anyof=sorted(chosen)).order_by().values_list("pk", "bucket")
    return {pk: (chosen[pk], is_held_back(bucket, key, content.holdout)) for pk, bucket in rows}
