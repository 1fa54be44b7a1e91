"""Every question to the database about goals."""

from django.db import models
from django.db.models import Count, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from wagtail_automation.audiences.querysets import PlainQuerySet

__all__ = ["GoalQuerySet", "PlainQuerySet"]


class GoalQuerySet(models.QuerySet):
    """Goals."""

    def with_totals(self, since):
        """Annotates ``recent_count`` (since then), ``reach_count``, ``lead_count`` and ``value_sum``,
        each by an index."""
        reaches = self.model._meta.get_field("reaches").related_model.objects
        mine = reaches.filter(goal=OuterRef("pk")).order_by().values("goal")

        def one(queryset, expression):
            return Coalesce(
                Subquery(
                    queryset.annotate(_n=expression).values("_n"), output_field=models.BigIntegerField()
                ),
                0,
            )

        return self.annotate(
            recent_count=one(mine.filter(at__gte=since), Count("*")),
            reach_count=one(mine, Count("*")),
            lead_count=one(mine, Count("lead", distinct=True)),
            value_sum=one(mine, Sum("value")),
        )
