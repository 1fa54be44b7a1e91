"""What audiences hold about people, for export and erasure."""

from django.db.models import Case, Count, F, Value, When
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from wagtail_automation.leads.personal_data import PersonalRows, register

from .models import SegmentState

APP = "wagtail_automation_audiences"


class SegmentRows(PersonalRows):
    """Membership of segments; their counters follow."""

    def __init__(self):
        super().__init__(f"{APP}.SegmentMembership", heading=_("Segments"), is_traced=False)

    def erase(self, ids):
        numbers = dict(
            self.rows(ids).order_by().values_list("segment").annotate(number=Count("pk")).order_by("segment")
        )
        if not numbers:
            return 0
        gone = Case(*(When(pk=segment, then=Value(count)) for segment, count in numbers.items()))
        SegmentState.objects.filter(pk__in=numbers).update(member_count=Greatest(F("member_count") - gone, 0))
        return self.rows(ids)._raw_delete(self.rows(ids).db) or 0

    anonymise = erase


register(PersonalRows(f"{APP}.ListMembership", heading=_("Lists"), blank={"origin": ""}, is_traced=False))
register(SegmentRows())
register(PersonalRows(f"{APP}.DirtyLead", lead="lead_id", is_exported=False, loose=True, is_traced=False))
