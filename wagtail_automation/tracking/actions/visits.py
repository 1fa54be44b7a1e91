"""Page views: one event, the visit they belong to, and the totals, in one transaction."""

import datetime as dt
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F

from wagtail_automation import objects, sql
from wagtail_automation.leads.folding import fold
from wagtail_automation.tracking import addresses, events, geo, machine, places
from wagtail_automation.tracking.models import Arrival, Event, LeadTotals, Visit, Visitor

from .recording import about_columns, again_after_deadlock, announce, record_event

#: A pause as long as this ends a visit.
IDLE = dt.timedelta(minutes=30)
#: The visitor's row is not written more often than this.
SEEN_EVERY = dt.timedelta(minutes=1)
#: More seconds than this on one page mean that somebody left it open.
LONGEST_STAY = 30 * 60


@dataclass(frozen=True)
class View:
    """One view of ``url`` (path and query, cleaned), which leads to ``page``."""

    url: str
    page: objects.Ref | None = None
    referrer: str = ""
    data: dict = field(default_factory=dict)


def record_page_view(
    *,
    visitor: Visitor,
    site,
    url: str,
    page: objects.Ref | None,
    referrer: str = "",
    data: dict | None = None,
    **more,
) -> Event | None:
    """``record_page_views`` for one; its event, or None when the visitor was erased meanwhile."""
    views = [View(url, page, referrer, data or {})]
    return next(iter(record_page_views(visitor=visitor, site=site, views=views, **more)), None)


@again_after_deadlock
def record_page_views(
    *,
    visitor: Visitor,
    site,
    views: list[View],
    user_agent: str = "",
    now: dt.datetime,
    whereabouts: geo.Whereabouts = geo.NOWHERE,
) -> list[Event]:
    """Store what one browser has viewed since it last told; none when the visitor was erased meanwhile.

    ``whereabouts``: where the browser is, if it is known; kept with the visit. A constant number of
    statements. A page view may be lost in a crash, so it does not wait for the disk; it is never torn.
    """
    if not views:
        return []
    found = places.places_of(view.page for view in views)
    with transaction.atomic():
        sql.synchronous_commit_off()
        lead_id = Visitor.objects.lock_lead_id(visitor.pk, share=False)
        if lead_id is None:
            return []
        visit, is_new = _touch_visit(visitor, site, views, user_agent, whereabouts, now)
        turned = _note_arrival(lead_id, visit) if is_new else None
        recorded = [_viewed(view, found.get(view.page), lead_id, visitor, site, now) for view in views]
        Event.objects.bulk_create(recorded)
        LeadTotals.objects.add(
            lead_id, visits=int(is_new), pages=len(views), at=now, visit_at=visit.started_at
        )
        if now - visitor.last_seen_at >= SEEN_EVERY:
            Visitor.objects.filter(pk=visitor.pk).update(last_seen_at=now)
            visitor.last_seen_at = now
        announce(recorded)
        if turned is not None:
            record_event(
                name=events.LEAD_SOURCE_CHANGED,
                visitor=visitor,
                site=site,
                url=views[0].url,
                data=turned,
                at=now,
            )
    return recorded


def _viewed(view: View, place: places.Place | None, lead_id: int, visitor, site, now) -> Event:
    event = Event(
        lead_id=lead_id,
        visitor_id=visitor.pk,
        site=site,
        name=events.PAGE_VIEWED,
        place=place.pk if place else None,
        url=view.url,
        data=view.data,
        channel="web",
        human=True,
        at=now,
        **about_columns(view.page),
    )
    #: for triggers, which ask nothing of the database
    event.sections = place.sections if place else frozenset()
    return event


def _note_arrival(lead_id: int, visit: Visit) -> dict | None:
    """Keep where this visit came from and with what; ``{"from", "to"}`` when that is another source than the
    visit before. Somebody who types the address has no source, which changes none."""
    texts = ("source", "medium", "campaign", "term", "content", "referrer", "country", "region", "city")
    columns = {name: fold(getattr(visit, name)) for name in texts}
    for name, text in columns.items():
        limit = Arrival._meta.get_field(name).max_length
        columns[name] = text[:limit] if limit else text
    columns |= {"device": visit.device, "browser": visit.browser, "system": visit.system}
    before = Arrival.objects.note(lead_id, {**columns, "at": visit.started_at})
    after = {name: columns[name] for name in ("source", "medium", "campaign")}
    if before is None or before == after or after["medium"] == "direct":
        return None
    return {"from": before, "to": after}


def _touch_visit(visitor, site, views, user_agent, whereabouts, now) -> tuple[Visit, bool]:
    """Count the pages in the visit under way, or begin one; ``(visit, whether it began)``."""
    visit = Visit.objects.latest_of(visitor.pk)
    if visit is not None and visit.site_id == getattr(site, "pk", None) and now - visit.last_at < IDLE:
        Visit.objects.filter(pk=visit.pk).update(pages=F("pages") + len(views), last_at=now)
        return visit, False
    url, referrer = views[0].url, views[0].referrer
    came_from = addresses.origin(url, referrer)
    visit = Visit.objects.create(
        visitor=visitor,
        site=site,
        started_at=now,
        last_at=now,
        pages=len(views),
        landing_url=url,
        referrer=referrer,
        source=came_from.source,
        medium=came_from.medium,
        campaign=came_from.campaign,
        term=came_from.term,
        content=came_from.content,
        device=machine.device(user_agent),
        user_agent=user_agent,
        browser=machine.browser(user_agent),
        system=machine.system(user_agent),
        country=whereabouts.country,
        region=whereabouts.region,
        city=whereabouts.city,
    )
    return visit, True


def record_time(*, visitor: Visitor, seconds: int, now: dt.datetime) -> None:
    """Add visible seconds to the visit under way; no event. Nothing happens when no visit is under way."""
    record_stays(visitor=visitor, stays=[seconds], now=now)


def record_stays(*, visitor: Visitor, stays: list[int], now: dt.datetime) -> None:
    """The same for several pages that were looked at for so many seconds each."""
    seconds = sum(max(0, min(int(stay), LONGEST_STAY)) for stay in stays)
    visit = Visit.objects.latest_of(visitor.pk)
    if seconds and visit is not None and now - visit.last_at < IDLE + dt.timedelta(seconds=LONGEST_STAY):
        Visit.objects.filter(pk=visit.pk).update(seconds=F("seconds") + seconds, last_at=now)
        LeadTotals.objects.prolong(visitor.lead_id, visit_at=visit.started_at, at=now)
