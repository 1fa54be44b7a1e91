"""How long is kept what each person did in a campaign, step by step."""

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from wagtail_automation import pruning

from .models import Enrollment, StepLog

#: Enrollments whose entries are deleted in one transaction.
BATCH = 2000


def prune_step_log(before):
    """The entries of people who left before. That they were in the campaign stays, and so do the counts of
    its steps; of people who are still inside everything is kept, however old.

    One walk over the enrollments by primary key, which is also the log's order; a repeat goes on with those
    that still have entries.
    """
    logged = StepLog.objects.filter(enrollment_id=OuterRef("pk"))
    last = 0
    while True:
        left = Enrollment.objects.filter(Exists(logged), pk__gt=last, step=None, finished_at__lt=before)
        pks = list(left.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not pks:
            return
        last = pks[-1]
        with transaction.atomic():
            rows = StepLog.objects.filter(enrollment_id__anyof=pks)
            count = rows._raw_delete(rows.db)
        yield count


pruning.register_kind(
    pruning.Kind(
        "step_log",
        _("Steps taken in campaigns"),
        760,
        prune_step_log,
        _("after the person left the campaign"),
    )
)
