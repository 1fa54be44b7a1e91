"""Every question to the database about experiments."""

from django.apps import apps
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q

from wagtail_automation.audiences.querysets import PlainQuerySet

__all__ = ["ExperimentQuerySet", "PlainQuerySet", "tallies"]


class ExperimentQuerySet(models.QuerySet):
    """Experiments."""

    def running(self):
        return self.filter(decided_at=None)

    def with_people(self):
        """Annotates ``people_count``: how many were shown a variant."""
        exposures = apps.get_model("wagtail_automation_audiences", "ExperimentExposure").objects
        mine = exposures.filter(experiment=OuterRef("pk")).order_by().values("experiment")
        number = models.Subquery(mine.annotate(n=Count("*")).values("n"))
        return self.annotate(
            people_count=models.functions.Coalesce(number, 0, output_field=models.BigIntegerField())
        )


def tallies(experiment, metric: str) -> dict[int, tuple[int, int]]:
    """``{variant: (people, those of them who did it afterwards)}`` in one statement. ``metric`` "goal":
    reached the experiment's goal at or after being shown the variant. Who saw two variants is left out."""
    model = apps.get_model
    app = "wagtail_automation_audiences"
    lead = {"lead": OuterRef("lead")}
    if metric == "goal":
        did = model(app, "GoalReach").objects.filter(**lead, goal=experiment.goal_id, at__gte=OuterRef("at"))
    else:
        did = model(app, "ExperimentOutcome").objects.filter(**lead, experiment=experiment.pk, metric=metric)
    rows = (
        model(app, "ExperimentExposure")
        .objects.filter(experiment=experiment.pk, is_mixed=False)
        .annotate(did=Exists(did.order_by()))
        .order_by()
        .values("variant")
        .annotate(people=Count("*"), successes=Count("pk", filter=Q(did=True)))
    )
    return {row["variant"]: (row["people"], row["successes"]) for row in rows}
