"""Every question to the database about stages."""

from django.db import models
from django.db.models import Avg, Count, DurationField, Exists, ExpressionWrapper, F, OuterRef, Q


class StageQuerySet(models.QuerySet):
    """Stages, in their order."""

    def with_counts(self):
        """Annotates ``lead_count``: people in it now."""
        return self.annotate(lead_count=Count("leads"))


def movable(leads, stage_pk: int, weight: int, forward_only: bool):
    """Those of ``leads`` (a queryset of leads) who may be moved: not there already and, forwards only, not
    beyond it."""
    from .models import LeadStage

    mine = LeadStage.objects.filter(lead_id=OuterRef("pk"))
    blocked = mine.filter(stage__weight__gte=weight) if forward_only else mine.filter(stage_id=stage_pk)
    return leads.filter(~Exists(blocked.order_by()))


def funnel(since, until) -> list[dict]:
    """One row a stage: people there now; people who came in between ``since`` and ``until`` (any may be
    None), how many of those reached a later stage afterwards, and the average time of stays that ended.
    Four queries."""
    from .models import LeadStage, Stage, StageMove

    stages = list(Stage.objects.select_related("category"))
    moves = StageMove.objects.order_by()
    if since is not None:
        moves = moves.filter(at__gte=since)
    if until is not None:
        moves = moves.filter(at__lt=until)
    now = dict(LeadStage.objects.order_by().values_list("stage").annotate(number=Count("pk")))
    stay = ExpressionWrapper(F("left_at") - F("at"), output_field=DurationField())
    came = {
        row["stage"]: row
        for row in moves.values("stage").annotate(
            people=Count("lead", distinct=True),
            stay=Avg(stay, filter=Q(left_at__isnull=False)),
        )
    }
    later = StageMove.objects.filter(
        lead=OuterRef("lead"), at__gte=OuterRef("at"), stage__weight__gt=OuterRef("stage__weight")
    )
    went_on = dict(
        moves.filter(Exists(later)).values_list("stage").annotate(number=Count("lead", distinct=True))
    )
    rows = []
    for stage in stages:
        row = came.get(stage.pk, {})
        people = row.get("people", 0)
        onward = went_on.get(stage.pk, 0)
        rows.append(
            {
                "stage": stage,
                "now": now.get(stage.pk, 0),
                "came": people,
                "went_on": onward,
                "conversion": onward / people if people else None,
                "stay": row.get("stay"),
            }
        )
    return rows
