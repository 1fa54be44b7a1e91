"""Every question to the database about points and their history."""

from django.db import connections, models, router
from django.db.models import (
    BigIntegerField,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    IntegerField,
    OuterRef,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Abs, Cast, Coalesce, Floor, Greatest, Least, Sign

from wagtail_automation.audiences.querysets import PlainQuerySet

#: The score's column holds 32 bits; an endless loop of × must stop there instead of failing the chunk.
SCORE_LIMIT = 2_000_000_000
OPERATIONS = ("add", "subtract", "multiply", "set", "fade_percent", "fade_points")


class GroupScoreQuerySet(PlainQuerySet):
    """Points by group."""

    def of_leads(self, group_pk: int, leads):
        """The rows of these leads (a queryset that selects ids)."""
        return self.filter(group_id=group_pk, lead_id__in=leads)


class ScoreEntryQuerySet(PlainQuerySet):
    """The history of points."""

    def times_of(self, key: str, day, leads: list[int]) -> dict[int, int]:
        """How often a reason has counted for each of these leads that day."""
        rows = self.filter(key=key, day=day, lead_id__anyof=leads)
        return dict(rows.order_by().values_list("lead_id", "times"))

    def note(self, source: models.QuerySet, *, lead, points, day, key, group, reason, times, now) -> int:
        """``INSERT … SELECT … ON CONFLICT`` add to the day's row; ``lead`` and ``points`` are expressions
        over ``source``. Rows that change nothing are left out. Returns how many rows it wrote."""
        using = router.db_for_write(self.model)
        connection = connections[using]
        quote = connection.ops.quote_name
        values = {
            "lead": lead,
            "day": Value(day, output_field=models.DateField()),
            "key": Value(key, output_field=models.CharField()),
            "group": Value(group, output_field=BigIntegerField()),
            "source": Value(reason, output_field=models.CharField()),
            "points": F("_points"),
            "times": Value(times, output_field=IntegerField()),
            "at": Value(now, output_field=models.DateTimeField()),
        }
        rows = source.using(using).order_by().annotate(_points=big(points)).exclude(_points=0)
        aliases = {f"_c{number}": expression for number, expression in enumerate(values.values())}
        select, params = rows.annotate(**aliases).values_list(*aliases).query.get_compiler(using).as_sql()
        table = quote(self.model._meta.db_table)
        columns = ", ".join(quote(self.model._meta.get_field(name).column) for name in values)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} ({columns}) {select} ON CONFLICT (lead_id, day, key) DO UPDATE SET "
                f"points = {table}.points + excluded.points, times = {table}.times + excluded.times, "
                "at = excluded.at",
                params,
            )
            return cursor.rowcount


def big(expression) -> ExpressionWrapper:
    """A sum as 64 bits: Django takes the sum of two big integers for a small one."""
    return ExpressionWrapper(expression, output_field=BigIntegerField())


def changed(base, operation: str, value: float):
    """``base`` (an expression) after the operation, bounded by ``SCORE_LIMIT``, as a 64-bit expression.

    × rounds half up; fading goes towards zero, never beyond. Raises ValueError for another operation.
    """
    whole = Cast(base, BigIntegerField())
    exact = Cast(base, FloatField())
    if operation in ("add", "subtract"):
        step = int(value) if operation == "add" else -int(value)
        result = whole + Value(step, output_field=BigIntegerField())
    elif operation == "multiply":
        product = exact * Value(float(value), output_field=FloatField())
        bounded = Greatest(Least(product, Value(float(SCORE_LIMIT))), Value(float(-SCORE_LIMIT)))
        result = Cast(Floor(bounded + Value(0.5)), BigIntegerField())
    elif operation == "set":
        result = Value(int(value), output_field=BigIntegerField())
    elif operation == "fade_percent":
        kept = Floor(Abs(exact) * Value(100.0 - float(value)) / Value(100.0))
        result = Cast(Sign(exact) * kept, BigIntegerField())
    elif operation == "fade_points":
        kept = Greatest(Abs(exact) - Value(float(value)), Value(0.0))
        result = Cast(Sign(exact) * kept, BigIntegerField())
    else:
        raise ValueError(f"{operation!r} is no operation on a score.")
    limit = Value(SCORE_LIMIT, output_field=BigIntegerField())
    bottom = Value(-SCORE_LIMIT, output_field=BigIntegerField())
    return Greatest(Least(big(result), limit), bottom)


def bounded(expression):
    """The expression as the score's own column takes it."""
    limit = Value(SCORE_LIMIT, output_field=BigIntegerField())
    bottom = Value(-SCORE_LIMIT, output_field=BigIntegerField())
    return Cast(Greatest(Least(big(expression), limit), bottom), IntegerField())


def without_group():
    """Over leads: the points of the total that belong to no group."""
    from .models import GroupScore

    grouped = (
        GroupScore.objects.filter(lead_id=OuterRef("pk"), group__in_total=True)
        .order_by()
        .values("lead_id")
        .annotate(_sum=Sum("points"))
        .values("_sum")
    )
    total = Cast(F("score"), BigIntegerField())
    outside = Coalesce(Subquery(grouped, output_field=BigIntegerField()), Value(0, BigIntegerField()))
    return big(total - outside)


def quiet_leads(leads, names, since):
    """Those of ``leads`` (a queryset) who did nothing of these names since then."""
    from wagtail_automation.tracking.models import Event

    did = Event.objects.filter(lead_id=OuterRef("pk"), name__in=names, human=True, at__gte=since)
    return leads.filter(~Exists(did.order_by()))


def active_rules(score_sets):
    """Annotates ``rule_count``: rules in force."""
    mine = models.Q(published_rules__is_active=True, live=True)
    return score_sets.annotate(rule_count=models.Count("published_rules", filter=mine))
