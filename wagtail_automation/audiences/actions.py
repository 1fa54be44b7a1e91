"""Every mutation of lists and scores, for a cohort and for one lead. Segments: ``refreshing``.

The set forms run a constant number of statements whatever the cohort's size. They are safe to repeat
where that has a meaning (somebody on a list is not added again); a score changes each time, so the
caller's transaction makes it exactly once per cohort key.
"""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from wagtail.log_actions import log

from wagtail_automation import signals, sql
from wagtail_automation.cohorts import Cohort
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import Lead
from wagtail_automation.tracking import events
from wagtail_automation.tracking.actions import record_events_for

from .lists import builtin
from .models import LeadList, ListMembership
from .querysets import not_yet_in
from .refreshing import mark_dirty, refresh_dirty, refresh_pending, refresh_segment
from .scoring.actions import change_lead_score, change_score
from .scoring.querysets import SCORE_LIMIT

__all__ = [
    "SCORE_LIMIT",
    "add_lead_to_list",
    "add_to_list",
    "change_lead_score",
    "change_score",
    "mark_dirty",
    "refresh_dirty",
    "refresh_pending",
    "refresh_segment",
    "remove_from_list",
    "remove_lead_from_list",
]


class BusyList(ValidationError):  # noqa: N818  a state, not a fault
    """A list that is still being filled cannot be filled from elsewhere."""


def add_to_list(*, lead_list, cohort: Cohort) -> list[int]:
    """Put the cohort on a list (``LeadList`` or its ``Ref``); returns the ids of those who were not on it.

    Raises ValidationError for a computed list.
    """
    builtin.refuse_computed(lead_list)
    with transaction.atomic():
        joined = sql.insert_select(
            ListMembership,
            {
                "list": lead_list.pk,
                "lead": F("cohort_lead"),
                "added_at": cohort.now,
                "origin": cohort.origin[:80],
            },
            not_yet_in(cohort.rows(), ListMembership.objects.filter(list_id=lead_list.pk), "cohort_lead"),
            ignore_conflicts=True,
            returning="lead",
        )
        _tell(events.LIST_JOINED, lead_list, cohort, joined)
    return joined


def remove_from_list(*, lead_list, cohort: Cohort) -> list[int]:
    """Take the cohort off a list; returns the ids of those who were on it. Raises ValidationError for a
    computed list."""
    builtin.refuse_computed(lead_list)
    with transaction.atomic():
        left = ListMembership.objects.filter(list_id=lead_list.pk).take_away(cohort.lead_ids())
        _tell(events.LIST_LEFT, lead_list, cohort, left)
    return left


def _tell(name: str, lead_list, cohort: Cohort, ids: list[int]) -> None:
    """The event of each, and the facts that segments may depend on."""
    if not ids:
        return
    part = LeadsCohort(ids, key=cohort.origin, now=cohort.now, site=cohort.site, user=cohort.user)
    record_events_for(part, name, about=lead_list, data={"origin": cohort.origin})
    signals.facts_changed.send(
        sender=ListMembership, leads=ids, facts=frozenset({"list", f"list:{lead_list.pk}"}), now=cohort.now
    )


def _alone(lead, now: datetime, user, origin: str) -> LeadsCohort:
    return LeadsCohort.of(lead, key=origin or (f"user:{user.pk}" if user else "code"), now=now, user=user)


def add_lead_to_list(*, lead_list: LeadList, lead: Lead, now: datetime, user=None, origin: str = "") -> bool:
    """Put one lead on a list; False if it was on it. An act of a person (``user``) is logged."""
    joined = add_to_list(lead_list=lead_list, cohort=_alone(lead, now, user, origin))
    if joined and user is not None:
        log(lead_list, "wagtail_automation.list_add", user=user, data={"lead": lead.pk})
    return bool(joined)


def remove_lead_from_list(
    *, lead_list: LeadList, lead: Lead, now: datetime, user=None, origin: str = ""
) -> bool:
    """Take one lead off a list; False if it was not on it. An act of a person is logged."""
    left = remove_from_list(lead_list=lead_list, cohort=_alone(lead, now, user, origin))
    if left and user is not None:
        log(lead_list, "wagtail_automation.list_remove", user=user, data={"lead": lead.pk})
    return bool(left)
