"""Counts of people per step, branch and day: rows that walks append, added up now and then."""

from django.db import transaction
from django.db.models import Sum

from .models import StepTally
from .querysets import lock_in_order

#: Rows added up at once; fewer are left alone.
MANY, BATCH = 200, 20_000
SAME = ("step_id", "outcome", "branch", "reason", "day")


def compact() -> int:
    """Replace many small rows by one per step, branch and day.

    Returns the rows saved; a repeat saves nothing.
    """
    if StepTally.objects.count() < MANY:
        return 0
    with transaction.atomic():
        rows = StepTally.objects.filter(pk__anyof=lock_in_order(StepTally.objects.all(), BATCH))
        sums = [
            StepTally(**row)
            for row in rows.order_by().values(*SAME).annotate(people=Sum("count"))
            if row.update(count=row.pop("people")) is None
        ]
        gone, _by_model = rows.delete()
        StepTally.objects.bulk_create(sums)
    return gone - len(sums)
