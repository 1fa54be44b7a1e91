"""Who would enter, when and why: lists, dates and the calendar; recorded events in a replay."""

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from wagtail_automation.campaigns import calendar
from wagtail_automation.campaigns.models import Campaign, Enrollment, Reentry, Start
from wagtail_automation.campaigns.plan import Graph, Node, kind_of
from wagtail_automation.campaigns.triggers import ByCalendar, ContentPublished
from wagtail_automation.leads import shares
from wagtail_automation.rules.binding import MissingReference, bind
from wagtail_automation.tracking.models import Event
from wagtail_automation.triggers import Trigger

from .ways import Entry

#: ``Lead.bucket`` is below this.
BUCKETS = 1_000_000


@dataclass
class Audience:
    """Who enters. ``candidates``: how many would come to the door, of whom ``looked_at`` were looked at;
    ``turned_away``: ``{code: count}``; ``notes``: in words, what could not be foreseen."""

    entries: list[Entry] = field(default_factory=list)
    candidates: int = 0
    looked_at: int = 0
    turned_away: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def scale(self) -> float:
        """How many people each one who was looked at stands for."""
        return self.candidates / self.looked_at if self.looked_at else 1.0


@dataclass(frozen=True)
class Coming:
    """Somebody at the door."""

    at: dt.datetime
    lead: int
    bucket: int
    key: str


class Source:
    """Some people who come for the same reason."""

    def count(self) -> int:
        raise NotImplementedError

    def people(self, below: int) -> Iterator[Coming]:
        """Those whose bucket is below this."""
        raise NotImplementedError


class Leads(Source):
    """Leads that come at one moment."""

    def __init__(self, leads: QuerySet, at: dt.datetime, key: str):
        self.leads, self.at, self.key = leads, at, key

    def count(self):
        return self.leads.count()

    def people(self, below):
        rows = self.leads.filter(bucket__lt=below).order_by("pk")
        for pk, bucket in rows.values_list("pk", "bucket"):
            yield Coming(self.at, pk, bucket, self.key)


class Day(Source):
    """Leads that come on one day at a time of day where they live, if that is after ``start``."""

    def __init__(self, leads: QuerySet, day: dt.date, time: dt.time, key: str, start, end):
        self.leads, self.day, self.time, self.key = leads, day, time, key
        self.start, self.end = start, end

    def count(self):
        return self.leads.count()

    def people(self, below):
        here, known = calendar.site_zone(), {}
        rows = self.leads.filter(bucket__lt=below).order_by("pk")
        for pk, bucket, name in rows.values_list("pk", "bucket", "time_zone"):
            if name not in known:
                known[name] = calendar.at_wall(self.day, self.time, calendar.zone(name) or here)
            if self.start < known[name] <= self.end:
                yield Coming(known[name], pk, bucket, self.key)


class Happened(Source):
    """Leads of recorded events."""

    def __init__(self, events: QuerySet, trigger: Trigger, value):
        self.events, self.trigger, self.value = events, trigger, value

    def count(self):
        return self.events.count()

    def people(self, below):
        rows = self.events.filter(lead__bucket__lt=below).order_by("at", "pk")
        buckets = dict(rows.order_by().values_list("lead_id", "lead__bucket"))
        for event in rows.iterator(chunk_size=2000):
            if self.trigger.matches(self.value, event):
                yield Coming(event.at, event.lead_id, buckets[event.lead_id], self._key(event))

    def _key(self, event) -> str:
        own = self.trigger.enrollment_key(self.value, event)
        if own:
            return f"k{hashlib.blake2b(own.encode(), digest_size=16).hexdigest()}"
        return f"e{event.pk}"


def audience(
    campaign: Campaign,
    graph: Graph,
    *,
    start: dt.datetime,
    end: dt.datetime,
    replay: bool,
    limit: int,
    instead: QuerySet | None = None,
) -> Audience:
    """Who enters from ``start`` to ``end``, in the order of entering.

    ``replay``: recorded events start the campaign too, and who really was in it does not count.
    ``instead``: these leads enter at ``start``, whatever the triggers say. ``limit``: people looked at;
    of more a share is taken by their bucket, always the same.
    """
    result = Audience()
    if instead is not None:
        sources: list[Source] = [Leads(instead, start, "")]
    else:
        sources = list(_sources(campaign, graph, start, end, replay, result))
    result.candidates = sum(source.count() for source in sources)
    below = BUCKETS
    if result.candidates > limit:
        below = max(1, BUCKETS * limit // result.candidates)
    coming = [one for source in sources for one in source.people(below)]
    result.looked_at = len(coming)
    if below == BUCKETS:
        result.candidates = len(coming)  # those of a day who live where it is over are not counted
    _let_in(campaign, coming, replay or instead is not None, result)
    return result


def _sources(campaign, graph: Graph, start, end, replay: bool, result: Audience) -> Iterator[Source]:
    seen: set[tuple] = set()
    for node in graph.triggers:
        cls = kind_of(node.type)[1]
        if cls is None:
            continue
        block = cls()
        try:
            value = bind(block, node.config)
        except MissingReference:
            result.notes.append(
                _("“%(trigger)s” starts nobody: what it refers to was deleted.") % _named(node, block)
            )
            continue
        own = list(_of_trigger(campaign, node, block, value, start, end, replay, result))
        events = [(name, ref) for name, ref in block.subscriptions(value) if name]
        if events and not replay:
            words = _(
                "“%(trigger)s” is started by what people do, which nobody knows: run a replay to see how "
                "many it would have brought."
            )
            result.notes.append(words % _named(node, block))
        for name, ref in events if replay else ():
            if (name, ref.key if ref else None, node.uuid) not in seen:
                seen.add((name, ref.key if ref else None, node.uuid))
                happened = Event.objects.filter(name=name, human=True, lead__isnull=False)
                happened = happened.filter(at__gt=start, at__lte=end)
                own.append(Happened(happened.filter(object_key=ref.key) if ref else happened, block, value))
        yield from own


def _named(node: Node, block) -> dict:
    return {"trigger": node.name or str(block.label)}


def _of_trigger(campaign, node, block, value, start, end, replay, result) -> Iterator[Source]:
    """What a trigger brings without an event of the person."""
    keys = getattr(block, "starts", lambda value: [])(value)
    done = set()
    if keys and campaign.pk and not replay:
        rows = Start.objects.filter(identity__campaign=campaign, identity__uuid=node.uuid)
        done = set(rows.filter(done_at__isnull=False).values_list("key", flat=True))
    for key in keys:
        if key in done:
            result.notes.append(
                _("“%(trigger)s” has let its people in already and starts nobody again.")
                % _named(node, block)
            )
            continue
        yield Leads(block.people(value, Start(key=key, since_at=start)), start, key)
    if isinstance(block, ByCalendar):
        day, last = start.date() - dt.timedelta(days=1), end.date() + dt.timedelta(days=1)
        while day <= last:
            if block.is_day(value, day):
                key = f"day{node.uuid}:{day.isoformat()}"
                yield Day(block.on_day(value, day), day, block.time(value), key, start, end)
            day += dt.timedelta(days=1)
    elif isinstance(block, ContentPublished):
        yield from _pages(node, block, value, start, end, replay, result)
    elif block.starts_itself and not keys:
        result.notes.append(
            _("“%(trigger)s” is started from outside, which cannot be foreseen.") % _named(node, block)
        )


def _pages(node, block, value, start, end, replay, result) -> Iterator[Source]:
    if not replay:
        result.notes.append(
            _("“%(trigger)s” is started by new pages, which cannot be foreseen: run a replay.")
            % _named(node, block)
        )
        return
    section = (
        value["section"].model.objects.filter(pk=value["section"].pk).first() if value["section"] else None
    )
    if section is None:
        return
    pages = section.get_descendants().filter(first_published_at__gt=start, first_published_at__lte=end)
    seen = set()
    for page in pages.order_by("first_published_at"):
        if page.translation_key not in seen:
            seen.add(page.translation_key)
            key = f"page:{page.translation_key.hex}"
            yield Leads(block.people(value, Start(key=key)), page.first_published_at, key)


def _let_in(campaign: Campaign, coming: list[Coming], afresh: bool, result: Audience) -> None:
    """What entering itself would say: start and end, entering again, holdout. ``afresh``: who really was in
    the campaign does not count."""
    coming.sort(key=lambda one: (one.at, one.key[:1] == "e", one.lead))
    before = {} if afresh or not campaign.pk else _entered_before(campaign, {one.lead for one in coming})
    for one in coming:
        reason = _turned_away(campaign, one, before)
        if reason:
            result.turned_away[reason] = result.turned_away.get(reason, 0) + 1
            continue
        key = "" if campaign.reentry == Reentry.NEVER else one.key
        before.setdefault(one.lead, []).append((key, one.at))
        entry = Entry(one.lead, key, one.at, one.at)
        if campaign.holdout:
            place = shares.fraction(one.bucket, f"holdout:{campaign.uuid}") * shares.PRIME
            entry.held_out = round(place) < shares.PRIME * campaign.holdout // 100
        result.entries.append(entry)


def _entered_before(campaign: Campaign, leads: set[int]) -> dict[int, list[tuple[str, dt.datetime]]]:
    before: dict[int, list[tuple[str, dt.datetime]]] = {}
    rows = Enrollment.objects.filter(campaign=campaign, lead_id__anyof=sorted(leads))
    for lead, key, at in rows.values_list("lead_id", "key", "entered_at"):
        before.setdefault(lead, []).append((key, at))
    return before


def _turned_away(campaign: Campaign, one: Coming, before: dict) -> str:
    """The code of why somebody may not enter; empty if they may."""
    if campaign.starts_at and one.at < campaign.starts_at:
        return "not_begun"
    if campaign.ends_at and one.at >= campaign.ends_at:
        return "over"
    known = before.get(one.lead, ())
    if campaign.reentry == Reentry.AFTER:
        since = one.at - dt.timedelta(days=campaign.reentry_days)
        return "recently" if any(at > since for _key, at in known) else ""
    key = "" if campaign.reentry == Reentry.NEVER else one.key
    return "again" if any(old == key for old, _at in known) else ""
