"""Every question to the database about lists, segments and changed leads."""

from django.db import models
from django.db.models import Exists, OuterRef


class MembershipQuerySet(models.QuerySet):
    """Rows of one lead in one list or segment."""

    def leads(self):
        """Ids of the leads, for set operations."""
        return self.order_by().values_list("lead_id", flat=True)


class SegmentQuerySet(models.QuerySet):
    """Segments; only live ones have members."""

    def live(self):
        return self.filter(live=True)

    def due(self, now):
        """Those to be evaluated as a whole: published, unpublished or changed, or moved by time."""
        return self.filter(state__due_at__lte=now).order_by("state__due_at", "pk")


class DirtyQuerySet(models.QuerySet):
    """Leads to look at again, oldest first."""

    def batch(self, size: int) -> list[tuple[int, int, str]]:
        """``(row id, lead id, fact)`` of the oldest rows."""
        return list(self.order_by("pk").values_list("pk", "lead_id", "fact")[:size])

    def older_than(self, pk: int):
        return self.filter(pk__lt=pk)


def not_yet_in(queryset, memberships, lead: str):
    """The rows of ``queryset`` whose ``lead`` has no row in ``memberships``."""
    return queryset.filter(~Exists(memberships.filter(lead_id=OuterRef(lead)).order_by()))
