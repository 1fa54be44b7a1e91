"""Every question to the database about points and their history."""

from django.db import connections, models, router
from django.db.models import (
    BigIntegerField,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    IntegerField,
    Max,
    OuterRef,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Abs, Cast, Coalesce, Floor, Greatest, Least, Sign, TruncMonth

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
        return self._add(list(values), rows.annotate(**aliases).values_list(*aliases))

    def _add(self, names: list[str], rows: models.QuerySet) -> int:
        """Insert these rows (values in the order of ``names``), or add them to those of the same day."""
        connection = connections[rows.db]
        quote = connection.ops.quote_name
        select, params = rows.query.get_compiler(rows.db).as_sql()
        table = quote(self.model._meta.db_table)
        columns = ", ".join(quote(self.model._meta.get_field(name).column) for name in names)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} ({columns}) {select} ON CONFLICT (lead_id, day, key) DO UPDATE SET "
                f"points = {table}.points + excluded.points, times = {table}.times + excluded.times, "
                "at = excluded.at",
                params,
            )
            return cursor.rowcount

    def single_days(self, until, after_pk: int):
        """``(pk, lead)`` of rows before a day that stand for one day, from a primary key on. The first of a
        month stands for the month."""
        rows = self.filter(pk__gt=after_pk, day__lt=until).exclude(day__day=1)
        return rows.order_by("pk").values_list("pk", "lead_id")

    def add_up(self, pks: list[int], leads: list[int]) -> int:
        """Put these rows of these leads into one on the first of their month each; returns how many went.
        Two statements. The caller holds the leads."""
        rows = self.filter(pk__anyof=pks, lead__anyof=leads).using(router.db_for_write(self.model)).order_by()
        by = {"_c0": F("lead_id"), "_c1": TruncMonth("day"), "_c2": F("key")}
        totals = {
            "_c3": Max("group_id"),
            "_c4": Max("source"),
            "_c5": Sum("points"),
            "_c6": Sum("times"),
            "_c7": Max("at"),
        }
        grouped = rows.annotate(**by).values(*by).annotate(**totals).values_list(*by, *totals)
        self._add(["lead", "day", "key", "group", "source", "points", "times", "at"], grouped)
        return rows._raw_delete(rows.db)


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
