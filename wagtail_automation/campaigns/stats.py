"""How many people wait, passed and are held at each step: for the editor's cards, in three queries."""

import datetime as dt

from django.db.models import Count, Q, Sum
from django.utils import timezone

from .models import Campaign, Enrollment, Outcome, StepTally

PASSED = (Outcome.DONE, Outcome.YES, Outcome.NO, Outcome.SKIPPED)
GOAL = "goal_reached"
#: the longest period that the editor offers, in days
LONGEST = 3660


def first_day(now: dt.datetime, days: int) -> dt.date:
    """The first of the last ``days`` days, today included, in the site's zone."""
    return day_of(now) - dt.timedelta(days=days - 1)


def day_of(moment: dt.datetime) -> dt.date:
    """The day under which a walk is counted: that of the site's zone, whoever looks."""
    return timezone.localdate(moment, timezone.get_default_timezone())


def for_campaign(campaign: Campaign, since: dt.date | None = None) -> dict:
    """``{"steps": {uuid: {"waiting", "passed", "held"}}, "branches": {"uuid:branch": passed}}``.

    ``since``: only what passed on that day and later; who waits or is held is always now. A step has
    ``"skipped"`` and ``"goal"`` (left there, having reached the goal) when there are any. Passed counts
    visits: somebody who comes round twice counts twice. Steps without people are left out. Reads one row
    per step, day and walk since the last summing up, never the log.
    """
    steps: dict[str, dict[str, int]] = {}
    branches: dict[str, int] = {}

    def card(uuid) -> dict[str, int]:
        return steps.setdefault(str(uuid), {"waiting": 0, "passed": 0, "held": 0})

    inside = (
        Enrollment.objects.filter(step__campaign=campaign)
        .order_by()
        .values_list("step__uuid")
        .annotate(waiting=Count("pk", filter=Q(due_at__isnull=False)))
        .annotate(held=Count("pk", filter=Q(due_at__isnull=True)))
    )
    for uuid, waiting, held in inside:
        card(uuid).update(waiting=waiting, held=held)
    counted = StepTally.objects.filter(step__campaign=campaign)
    if since is not None:
        counted = counted.filter(day__gte=since)
    rows = (
        counted.filter(Q(outcome__in=PASSED) | Q(outcome=Outcome.LEFT, reason=GOAL))
        .order_by()
        .values_list("step__uuid", "outcome", "branch")
        .annotate(people=Sum("count"))
    )
    for uuid, outcome, branch, people in rows:
        numbers = card(uuid)
        if outcome == Outcome.LEFT:
            numbers["goal"] = numbers.get("goal", 0) + people
            continue
        numbers["passed"] += people
        if outcome == Outcome.SKIPPED:
            numbers["skipped"] = numbers.get("skipped", 0) + people
        if branch:
            key = f"{uuid}:{branch}"
            branches[key] = branches.get(key, 0) + people
    return {"steps": steps, "branches": branches}


def totals(campaign: Campaign, since: dt.date | None = None) -> dict[str, int]:
    """``{"entered", "inside", "held", "goal", "finished", "left"}`` of a campaign, in one query.

    ``finished``: came to the end; ``goal``: left because they had reached it; ``left``: for any other
    reason. With ``since``, who entered or left on that day and later; inside and held are always now.
    """
    entered, left = Q(), Q(finished_at__isnull=False)
    if since is not None:
        start = dt.datetime.combine(since, dt.time.min, timezone.get_default_timezone())
        entered, left = Q(entered_at__gte=start), Q(finished_at__gte=start)
    finished, goal = Q(left_reason="finished"), Q(left_reason__startswith=GOAL)
    people = Enrollment.objects.filter(campaign=campaign)
    return people.aggregate(
        entered=Count("pk", filter=entered),
        inside=Count("pk", filter=Q(step__isnull=False)),
        held=Count("pk", filter=Q(step__isnull=False, due_at__isnull=True)),
        goal=Count("pk", filter=left & goal),
        finished=Count("pk", filter=left & finished),
        left=Count("pk", filter=left & ~goal & ~finished),
    )
