"""People at one step of a walk, as the relation that activities act on."""

from django.db.models import F, TextField, Value
from django.db.models.functions import Cast, Concat

from wagtail_automation.cohorts import Cohort

from .models import Enrollment


class EnrollmentCohort(Cohort):
    """Enrollments, one per lead, on their way. Their row is written only where they come to rest, so
    ``offset`` is what their visit number will have grown by at this step.

    The key of an act is ``c<enrollment>:<visit>``: the same act always has the same, no two acts share one.
    """

    def __init__(self, *, campaign_pk: int, ids: list[int], offset: int, now):
        self.ids, self.offset, self.now = ids, offset, now
        self.origin = f"campaign:{campaign_pk}"

    def rows(self):
        return Enrollment.objects.among(self.ids).annotate(
            cohort_lead=F("lead_id"),
            cohort_key=Concat(
                Value("c"),
                Cast("pk", TextField()),
                Value(":"),
                Cast(F("visit") + self.offset, TextField()),
                output_field=TextField(),
            ),
            cohort_since=F("since_at"),
        )

    def lead_ids(self):
        return Enrollment.objects.among(self.ids).values("lead_id")

    def size(self) -> int:
        return len(self.ids)
