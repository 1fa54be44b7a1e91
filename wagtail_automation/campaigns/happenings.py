"""The events that campaigns record: who entered, who left – for a whole cohort at once."""

from wagtail_automation.objects import Ref, ref_of
from wagtail_automation.tracking import events
from wagtail_automation.tracking.actions import record_events_for

from .cohorts import EnrollmentCohort
from .models import Campaign, Enrollment


def entered(campaign: Campaign, ids: list[int], now) -> None:
    """In the transaction in which they entered, which alone makes it happen once."""
    if ids:
        cohort = EnrollmentCohort(campaign_pk=campaign.pk, ids=ids, offset=0, now=now)
        record_events_for(cohort, events.CAMPAIGN_ENTERED, about=ref_of(campaign))


def left(campaign: Ref, ids: list[int], reason: str, now) -> None:
    """In the transaction in which they left."""
    if ids:
        cohort = EnrollmentCohort(campaign_pk=campaign.pk, ids=ids, offset=0, now=now)
        record_events_for(cohort, events.CAMPAIGN_LEFT, about=campaign, data={"reason": reason})


def left_any(ids: list[int], reason: str, now) -> None:
    """The same for enrollments of any campaigns; one more query, and one set of statements a campaign."""
    rows = Enrollment.objects.among(ids).order_by().values_list("pk", "campaign_id")
    homes: dict[int, list[int]] = {}
    for pk, campaign in rows:
        homes.setdefault(campaign, []).append(pk)
    for campaign in Campaign.objects.filter(pk__in=homes).only("pk", "uuid", "name"):
        left(ref_of(campaign), homes[campaign.pk], reason, now)
