"""What the picker shows first: the step types that campaigns use most."""

from django.db.models import Count

from .registry import DECISION

#: what stands first where nothing was published yet
FIRST = {
    "on_form_submitted": 3,
    "on_segment_entered": 2,
    "on_list_joined": 1,
    "do_email_send": 6,
    "wait_days": 5,
    "decision:email_clicked": 4,
    "do_score_change": 3,
    "do_list_add": 2,
    "do_alert_send": 1,
}
#: one use weighs as much as so many places in ``FIRST``
WEIGHT = 10


def ranks(names) -> dict[str, int]:
    """How much each entry of the palette is used in what runs now, where it is at all; one query."""
    from wagtail_automation.campaigns.models import Campaign, Step  # they are made of the tree's field

    current = Campaign.objects.filter(live=True).values("current_version")
    used = Step.objects.filter(version__in=current).order_by().values_list("type").annotate(Count("pk"))
    counts = {name: WEIGHT * count for name, count in used if name != DECISION}
    found = {name: counts.get(name, 0) + FIRST.get(name, 0) for name in names}
    return {name: rank for name, rank in found.items() if rank}
