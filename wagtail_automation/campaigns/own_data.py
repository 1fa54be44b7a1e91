"""What campaigns hold about people, for export and erasure."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock
from wagtail_automation.leads.personal_data import PersonalRows, register

from . import moves, retention  # noqa: F401  (registers how long the log is kept)
from .models import Enrollment, StepLog
from .querysets import lock_in_order

APP = "wagtail_automation_campaigns"


class EnrollmentRows(PersonalRows):
    """Enrollments; the tallies of the steps count on. Somebody who is anonymised leaves the campaign."""

    def __init__(self):
        super().__init__(
            f"{APP}.Enrollment", heading=_("Campaigns"), exclude=("key", "visit"), is_traced=False
        )

    def anonymise(self, ids):
        inside = lock_in_order(Enrollment.objects.filter(lead__in=ids).inside())
        if inside:
            moves.leave(inside, reason="anonymised", now=clock.now())
        return len(inside)


class StepLogRows(PersonalRows):
    """Each step that somebody took. Its rows have no key of the database, and go with one DELETE."""

    def __init__(self):
        super().__init__(
            f"{APP}.StepLog", heading=_("Steps of campaigns"), lead="enrollment__lead", is_traced=False
        )

    def erase(self, ids):
        rows = StepLog.objects.filter(enrollment__in=Enrollment.objects.filter(lead__in=ids).values("pk"))
        return rows._raw_delete(rows.db) or 0

    def anonymise(self, ids):
        rows = StepLog.objects.filter(enrollment__in=Enrollment.objects.filter(lead__in=ids).values("pk"))
        return rows.filter(detail__isnull=False).update(detail=None)


register(EnrollmentRows())
register(StepLogRows())
register(PersonalRows(f"{APP}.FactNote", is_exported=False, is_traced=False))
