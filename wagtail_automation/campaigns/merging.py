"""What becomes of enrollments when their lead turns out to be another one."""

from django.db.models import Exists, F, OuterRef, Value
from django.db.models.functions import Concat, Left

from wagtail_automation import clock
from wagtail_automation.testing import failpoints

from . import moves
from .models import Enrollment, FactNote
from .querysets import lock_in_order


def merge_enrollments(source, target) -> None:
    """Merge handler. Nobody is twice in a campaign afterwards: where the survivor is inside, or has been
    and may enter once only, the other leaves; what it got until then stays in the trace."""
    now = clock.now()
    mine = Enrollment.objects.filter(lead_id=source.pk)
    ids = lock_in_order(mine)
    if ids:
        theirs = Enrollment.objects.filter(lead_id=target.pk, campaign_id=OuterRef("campaign_id"))
        lock_in_order(Enrollment.objects.filter(lead_id=target.pk).inside())
        double = Exists(theirs.inside()) | Exists(theirs.filter(key=OuterRef("key")))
        leaving = list(mine.inside().filter(double).values_list("pk", flat=True))
        if leaving:
            moves.leave(leaving, reason="merged", now=now)
        same_key = Exists(theirs.filter(key=OuterRef("key")))
        taken = list(mine.filter(same_key).values_list("pk", flat=True))
        Enrollment.objects.among(taken).update(key=Left(Concat(Value(f"merged:{source.pk}:"), F("key")), 120))
        Enrollment.objects.among(ids).update(lead_id=target.pk)
    FactNote.objects.filter(lead_id=source.pk).update(lead_id=target.pk)
    failpoints.reach("merge")
