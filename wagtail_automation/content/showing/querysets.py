"""Every question to the database about what was shown."""

from django.db.models import Count, Exists, OuterRef, Q, Sum

from wagtail_automation.audiences.models import GoalReach

from .models import Showing


def figures(key: str, goal_id: int | None = None) -> list[dict]:
    """A row for each alternative and for its holdout: ``alternative, is_held_back, people, seen, clickers,
    clicks, closed, goals`` (how many reached the goal after first seeing it). One statement."""
    rows = Showing.objects.filter(key=key, seen_count__gt=0)
    if goal_id is not None:
        reached = GoalReach.objects.filter(goal=goal_id, lead=OuterRef("lead"), at__gte=OuterRef("first_at"))
        rows = rows.annotate(reached=Exists(reached.order_by()))
        goals = Count("pk", filter=Q(reached=True))
    else:
        goals = Count("pk", filter=Q(pk=None))
    return list(
        rows.order_by()
        .values("alternative", "is_held_back")
        .annotate(
            people=Count("pk"),
            seen=Sum("seen_count"),
            clickers=Count("pk", filter=Q(clicked_at__isnull=False)),
            clicks=Sum("click_count"),
            closed=Count("pk", filter=Q(dismissed_at__isnull=False)),
            goals=goals,
        )
    )


def people_by_key(keys) -> dict[str, tuple[int, int]]:
    """``{key: (people who saw an alternative, those who clicked)}`` in one statement."""
    rows = (
        Showing.objects.filter(key__in=list(keys), is_held_back=False, seen_count__gt=0)
        .exclude(alternative="")
        .order_by()
        .values("key")
        .annotate(
            people=Count("lead", distinct=True),
            clickers=Count("lead", filter=~Q(clicked_at=None), distinct=True),
        )
    )
    return {row["key"]: (row["people"], row["clickers"]) for row in rows}


def last_of(lead, number: int):
    """What this person saw last."""
    return (
        Showing.objects.filter(lead=lead, seen_count__gt=0)
        .exclude(alternative="")
        .order_by("-last_at", "-pk")[:number]
    )
