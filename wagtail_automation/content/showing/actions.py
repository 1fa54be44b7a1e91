"""Noting what people saw, clicked and closed."""

import datetime as dt
import uuid

from django.db import transaction
from django.db.models import F

from wagtail_automation import objects
from wagtail_automation.audiences.dynamic import elsewhere
from wagtail_automation.audiences.models import DynamicContent
from wagtail_automation.leads.models import Lead
from wagtail_automation.tracking import actions as tracking
from wagtail_automation.tracking import events

from .models import Showing
from .tokens import Shown

SEEN, CLICKED, DISMISSED = "seen", "clicked", "dismissed"
WHATS = (SEEN, CLICKED, DISMISSED)


#: functions ``(items, lead_id, now)`` that are told what was noted, in the same transaction
listeners: list = []


def note(
    *,
    items: list[tuple[Shown, str]],
    lead_id: int,
    visitor=None,
    site=None,
    now: dt.datetime,
    channel: str = "web",
) -> int:
    """Store what one browser reports about its lead; items of another lead are left out. Returns how many
    counted. Seeing is an event once a day, a click each time; the fallback and the held back make none.
    ``channel``: where it was shown."""
    items = [(shown, what) for shown, what in items if shown.lead == lead_id]
    if not items:
        return 0
    with transaction.atomic():
        rows = _rows({shown for shown, _what in items}, lead_id, now)
        for what in WHATS:
            pks = [rows[shown].pk for shown, done in items if done == what]
            if pks:
                _count(what, pks, now)
        for shown, what in items:
            if shown.alternative and not shown.is_held_back and what != DISMISSED:
                _tell(shown, what, lead_id, visitor, site, now, channel)
        for listener in listeners:
            listener(items, lead_id, now)
    return len(items)


def _rows(shown: set[Shown], lead_id: int, now) -> dict[Shown, Showing]:
    Showing.objects.bulk_create(
        [
            Showing(
                lead_id=lead_id,
                key=one.key,
                alternative=one.alternative,
                is_held_back=one.is_held_back,
                page_id=one.page,
                first_at=now,
                last_at=now,
            )
            for one in sorted(shown, key=str)
        ],
        ignore_conflicts=True,
    )
    stored = {
        (row.key, row.alternative, row.is_held_back): row
        for row in Showing.objects.filter(lead_id=lead_id, key__in={one.key for one in shown})
    }
    return {one: stored[one.key, one.alternative, one.is_held_back] for one in shown}


def _count(what: str, pks: list[int], now) -> None:
    rows = Showing.objects.filter(pk__anyof=pks)
    if what == SEEN:
        rows.update(seen_count=F("seen_count") + 1, last_at=now)
    elif what == CLICKED:
        rows.update(click_count=F("click_count") + 1)
        rows.filter(clicked_at=None).update(clicked_at=now)
    else:
        rows.update(dismissed_at=now)


def note_elsewhere(shown: elsewhere.Shown, site, now: dt.datetime) -> None:
    """A shared content was seen or clicked where no browser reports: in an email."""
    about = objects.kind_of(DynamicContent)
    item = Shown(
        lead=shown.lead,
        key=shown.key,
        alternative=shown.alternative,
        is_held_back=shown.is_held_back,
        kind=about,
        about=uuid.UUID(shown.key).hex,
    )
    note(items=[(item, shown.what)], lead_id=shown.lead, site=site, now=now, channel=shown.channel)


def _tell(shown: Shown, what: str, lead_id, visitor, site, now, channel: str) -> None:
    about = None
    if shown.kind is not None and shown.about:
        model = objects.model_of(shown.kind)
        about = objects.Ref(model, None, uuid.UUID(shown.about), shown.kind) if model else None
    key = f"content:{lead_id}:{shown.key}:{shown.alternative}:{now:%Y-%m-%d}" if what == SEEN else ""
    tracking.record_event(
        name=events.CONTENT_SEEN if what == SEEN else events.CONTENT_CLICKED,
        lead=lead_id,
        visitor=visitor,
        site=site,
        about=about,
        data={"part": shown.key, "alternative": shown.alternative},
        channel=channel,
        at=now,
        key=key,
    )
    if what == CLICKED and shown.kind in CLICK_EVENTS:
        tracking.record_event(
            name=CLICK_EVENTS[shown.kind], lead=lead_id, visitor=visitor, site=site, about=about,
            channel=channel, at=now,
        )  # fmt: skip


#: kinds of objects whose clicks are an event of their own: ``{object kind: event name}``
CLICK_EVENTS: dict[int, str] = {}


def merge_showings(source: Lead, target: Lead) -> None:
    """Merge handler: the counts of what both saw are added."""
    theirs = list(Showing.objects.filter(lead_id=source.pk))
    if not theirs:
        return

    def name(row):
        return row.key, row.alternative, row.is_held_back

    mine = {name(row): row for row in Showing.objects.filter(lead_id=target.pk)}
    moved, changed = [], []
    for row in theirs:
        twin = mine.get(name(row))
        if twin is None:
            moved.append(row.pk)
            continue
        twin.first_at, twin.last_at = min(twin.first_at, row.first_at), max(twin.last_at, row.last_at)
        twin.seen_count += row.seen_count
        twin.click_count += row.click_count
        twin.clicked_at = min(filter(None, (twin.clicked_at, row.clicked_at)), default=None)
        twin.dismissed_at = max(filter(None, (twin.dismissed_at, row.dismissed_at)), default=None)
        changed.append(twin)
    columns = ["first_at", "last_at", "seen_count", "click_count", "clicked_at", "dismissed_at"]
    Showing.objects.bulk_update(changed, columns)
    Showing.objects.filter(pk__anyof=moved).update(lead_id=target.pk)
    Showing.objects.filter(lead_id=source.pk).erase()
