"""Page views: one event, the visit they belong to, and the totals, in one transaction."""

import datetime as dt

from django.db import transaction
from django.db.models import F

from wagtail_automation import objects, sql
from wagtail_automation.tracking import addresses, events, machine
from wagtail_automation.tracking.models import Event, LeadTotals, Visit, Visitor

from .recording import about_columns, again_after_deadlock, announce

#: A pause as long as this ends a visit.
IDLE = dt.timedelta(minutes=30)
#: The visitor's row is not written more often than this.
SEEN_EVERY = dt.timedelta(minutes=1)
#: More seconds than this on one page mean that somebody left it open.
LONGEST_STAY = 30 * 60


@again_after_deadlock
def record_page_view(
    *,
    visitor: Visitor,
    site,
    url: str,
    page: objects.Ref | None,
    referrer: str = "",
    user_agent: str = "",
    now: dt.datetime,
    data: dict | None = None,
) -> Event | None:
    """Store one view of ``url`` (path and query, cleaned); None when the visitor was erased meanwhile.

    A page view may be lost in a crash, so it does not wait for the disk; it is never torn.
    """
    with transaction.atomic():
        sql.synchronous_commit_off()
        lead_id = Visitor.objects.lock_lead_id(visitor.pk, share=False)
        if lead_id is None:
            return None
        is_new = _touch_visit(visitor, site, url, referrer, user_agent, now)
        event = Event.objects.create(
            lead_id=lead_id,
            visitor_id=visitor.pk,
            site=site,
            name=events.PAGE_VIEWED,
            url=url,
            data=data or {},
            channel="web",
            human=True,
            at=now,
            **about_columns(page),
        )
        LeadTotals.objects.add(lead_id, visits=int(is_new), pages=1, at=now)
        if now - visitor.last_seen_at >= SEEN_EVERY:
            Visitor.objects.filter(pk=visitor.pk).update(last_seen_at=now)
            visitor.last_seen_at = now
        announce([event])
    return event


def _touch_visit(visitor, site, url, referrer, user_agent, now) -> bool:
    """Count the page in the visit under way, or begin one; True when it began."""
    visit = Visit.objects.latest_of(visitor.pk)
    if visit is not None and visit.site_id == getattr(site, "pk", None) and now - visit.last_at < IDLE:
        Visit.objects.filter(pk=visit.pk).update(pages=F("pages") + 1, last_at=now)
        return False
    came_from = addresses.origin(url, referrer)
    Visit.objects.create(
        visitor=visitor,
        site=site,
        started_at=now,
        last_at=now,
        pages=1,
        landing_url=url,
        referrer=referrer,
        source=came_from.source,
        medium=came_from.medium,
        campaign=came_from.campaign,
        term=came_from.term,
        content=came_from.content,
        device=machine.device(user_agent),
        user_agent=user_agent,
    )
    return True


def record_time(*, visitor: Visitor, seconds: int, now: dt.datetime) -> None:
    """Add visible seconds to the visit under way; no event. Nothing happens when no visit is under way."""
    seconds = max(0, min(int(seconds), LONGEST_STAY))
    visit = Visit.objects.latest_of(visitor.pk)
    if seconds and visit is not None and now - visit.last_at < IDLE + dt.timedelta(seconds=LONGEST_STAY):
        Visit.objects.filter(pk=visit.pk).update(seconds=F("seconds") + seconds, last_at=now)
