"""How many people wait, passed and are held at each step: for the editor's cards, in two queries."""

from django.db.models import Count, Q, Sum

from .models import Campaign, Enrollment, Outcome, StepTally

PASSED = (Outcome.DONE, Outcome.YES, Outcome.NO, Outcome.SKIPPED)


def for_campaign(campaign: Campaign) -> dict:
    """``{"steps": {uuid: {"waiting", "passed", "held"}}, "branches": {"uuid:branch": passed}}``.

    Passed counts visits: somebody who comes round twice counts twice. Steps without people are left out.
    Reads one row per step and walk since the last summing up, never the log.
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
    passed = (
        StepTally.objects.filter(step__campaign=campaign, outcome__in=PASSED)
        .order_by()
        .values_list("step__uuid", "branch")
        .annotate(people=Sum("count"))
    )
    for uuid, branch, people in passed:
        card(uuid)["passed"] += people
        if branch:
            branches[f"{uuid}:{branch}"] = people
    return {"steps": steps, "branches": branches}


def totals(campaign: Campaign) -> dict[str, int]:
    """``{"entered", "inside", "held", "finished"}`` of a campaign, in one query."""
    people = Enrollment.objects.filter(campaign=campaign)
    return people.aggregate(
        entered=Count("pk"),
        inside=Count("pk", filter=Q(step__isnull=False)),
        held=Count("pk", filter=Q(step__isnull=False, due_at__isnull=True)),
        finished=Count("pk", filter=Q(left_reason="finished")),
    )
