"""For the site's own code: letting people into a campaign, and moving those inside.

from wagtail_automation.campaigns.api import enrol, people_of, remove

enrol(campaign, lead, key=f"order:{order.pk}")
remove(campaign=campaign, people=people_of(campaign, [lead]), reason="paid")
"""

import datetime as dt
import uuid

from django.utils import timezone

from wagtail_automation import clock
from wagtail_automation.leads.models import Lead

from .byhand import move, people_at, people_of, remove, restart, skip
from .entering import enroll
from .models import Campaign, TriggerSubscription

__all__ = ["ClosedError", "enrol", "move", "people_at", "people_of", "remove", "restart", "skip"]


class ClosedError(ValueError):
    """The campaign lets nobody in: it is not published, is stopped, has not begun or is over, or its tree
    does not start by the API."""


def enrol(
    campaign: Campaign | uuid.UUID | str, lead: Lead | int, key: str = "", *, since: dt.datetime | None = None
):
    """Let one lead enter; True if it did, False if it may not (again).

    ``campaign``: the campaign or its UUID; its published tree must start with “The site's own code says so”.
    ``key`` (at most 120 characters): the occasion, for campaigns that one may enter each time; the same key
    enters a lead once, so a repeat changes nothing. ``since`` (aware): from when "since entry" counts
    (default: now). In the caller's transaction. Raises ClosedError, Campaign.DoesNotExist for an unknown
    UUID, ValidationError for what is no UUID, and ValueError for a key too long or a moment without zone.
    """
    if len(key) > 120:
        raise ValueError("A key has at most 120 characters.")
    if since is not None and timezone.is_naive(since):
        raise ValueError("The moment of an entry has a time zone.")
    now = clock.now()
    wanted = {"pk": campaign.pk} if isinstance(campaign, Campaign) else {"uuid": campaign}
    row = Campaign.objects.select_related("current_version").defer("tree").get(**wanted)
    listens = TriggerSubscription.objects.filter(campaign=row, type="on_api_called").exists()
    if not listens or not Campaign.objects.admitting(now).filter(pk=row.pk).exists():
        raise ClosedError(f"The campaign {row} lets nobody in by the API now.")
    return bool(enroll(campaign=row, leads=[getattr(lead, "pk", lead)], key=key, since=since, now=now))
