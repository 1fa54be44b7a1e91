"""The timeline of a lead: its events, newest first, each drawn by the renderer of its name."""

import datetime as dt
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured
from django.core.signing import b62_decode, b62_encode
from django.db import models
from django.utils import timezone

from wagtail_automation import objects
from wagtail_automation.registry import Registry

from . import events, timeline_search
from .models import Event

PAGE_SIZE = 25


class TimelineRenderer:
    """How events of one name look; ``key`` is the name. Without one, label, object and address are shown.

    ``prepare`` may load what the others need, in one query for all events of the page; they run none.
    """

    key: str | None = None
    #: who lacks it does not see these events
    permission: str = ""

    def prepare(self, recorded: list[Event]) -> None:
        """Called once with all events of this name on the page."""

    def title(self, event: Event) -> str:
        return str(events.get(event.name).label)

    def subject(self, event: Event, label: str) -> str:
        """What it was about; ``label`` is the object's, if there still is one."""
        return label or event.url

    def detail(self, event: Event) -> str:
        """A second line, or nothing."""
        return ""

    def by(self, event: Event) -> str:
        """Who or what did it, where it was not the lead; or nothing."""
        return ""

    def url(self, event: Event) -> str:
        """An address in the admin to look closer, or nothing."""
        return ""

    def icon(self, event: Event) -> str:
        return events.get(event.name).icon


renderers = Registry("timeline_renderers", TimelineRenderer)


def register(cls: type[TimelineRenderer]) -> type[TimelineRenderer]:
    """Decorator. Raises ImproperlyConfigured for a name that is not published."""
    if cls.key is None or not events.is_registered(cls.key):
        raise ImproperlyConfigured(f"{cls.__qualname__}.key must be a published event name.")
    return renderers.register(cls)


@dataclass(frozen=True)
class Entry:
    """One line of the timeline, ready for the template."""

    event: Event
    group: str
    icon: str
    title: str
    subject: str
    detail: str
    by: str
    url: str

    @property
    def day(self) -> dt.date:
        """The day in the reader's time zone, under which the entry stands."""
        return self.event.at.astimezone(timezone.get_current_timezone()).date()


@dataclass(frozen=True)
class Page:
    """Some entries, and the cursor of the older ones ("" when there are none)."""

    entries: list[Entry]
    older: str = ""


@dataclass(frozen=True)
class Wanted:
    """What the reader asked for. ``since`` and ``until`` (aware; until excluded); ``text``: words that must
    all be found; ``group`` one of ``events.GROUPS`` or empty for all."""

    group: str = ""
    machine: bool = False
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    text: str = ""


def page_of(
    lead_pk: int, wanted: Wanted | None = None, *, cursor: str = "", size: int = PAGE_SIZE, user=None
) -> Page:
    """One page of a lead's timeline: two queries, and one per kind of object on it; with a text to search
    for, one more per kind of object that has a name. ``user``: without their permission nothing is shown
    that needs one; None sees everything."""
    wanted = wanted or Wanted()
    names = [entry.name for entry in events.all_names() if wanted.group in ("", entry.group)]
    names = [name for name in names if may_see(user, name)]
    ids = Event.objects.newest_ids(
        lead_pk,
        names,
        human=not wanted.machine,
        before=read_cursor(cursor),
        since=wanted.since,
        until=wanted.until,
        words=timeline_search.words_of(wanted.text, lead_pk) if wanted.text else [],
        limit=size + 1,
    )
    by_id = Event.objects.in_bulk(ids)
    found = [by_id[pk] for pk in ids if pk in by_id]
    shown = found[:size]
    older = write_cursor(shown[-1]) if len(found) > size else ""
    return Page(draw(shown), older)


def may_see(user, name: str) -> bool:
    """Whether this person may be shown events of this name; None sees everything."""
    permission = renderers.get(name, TimelineRenderer).permission
    return user is None or not permission or user.has_perm(permission)


def write_cursor(event: Event) -> str:
    """The keyset of an event: microseconds and id."""
    micros = (event.at - _EPOCH) // dt.timedelta(microseconds=1)
    return f"{b62_encode(micros)}.{b62_encode(event.pk)}"


def read_cursor(text: str) -> tuple[dt.datetime, int] | None:
    """None for an empty, damaged or absurd cursor: the first page."""
    at, dot, pk = (text or "")[:40].partition(".")
    if not (at and dot and pk):
        return None
    try:
        return _EPOCH + dt.timedelta(microseconds=b62_decode(at)), min(b62_decode(pk), 2**63 - 1)
    except (ValueError, OverflowError):
        return None


_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def draw(shown: list[Event]) -> list[Entry]:
    """These events, ready for a template; a constant number of queries for each name and kind of object."""
    labels = labels_of(shown)
    by_name: dict[str, list[Event]] = {}
    for event in shown:
        by_name.setdefault(event.name, []).append(event)
    drawers = {name: renderers.get(name, TimelineRenderer)() for name in by_name}
    for name, own in by_name.items():
        drawers[name].prepare(own)
    entries = []
    for event in shown:
        drawer = drawers[event.name]
        label = labels.get((event.object_kind, event.object_key), "")
        entries.append(
            Entry(
                event,
                events.get(event.name).group,
                drawer.icon(event),
                drawer.title(event),
                drawer.subject(event, label),
                drawer.detail(event),
                drawer.by(event),
                drawer.url(event),
            )
        )
    return entries


def labels_of(shown: list[Event]) -> dict[tuple, str]:
    """What the objects of these events are called, by kind and key; one query per kind."""
    wanted: dict[int, set] = {}
    for event in shown:
        if event.object_kind is not None and event.object_key is not None:
            wanted.setdefault(event.object_kind, set()).add(event.object_key)
    labels = {}
    for kind, keys in wanted.items():
        model = objects.model_of(kind)
        name = _key_name(model) if model is not None else None
        if name is None:
            continue
        for instance in model._default_manager.filter(**{f"{name}__in": keys}).order_by("pk"):
            labels.setdefault((kind, getattr(instance, name)), str(instance))
    return labels


def _key_name(model: type[models.Model]) -> str | None:
    names = {field.name for field in model._meta.concrete_fields if isinstance(field, models.UUIDField)}
    return next((name for name in ("translation_key", "uuid") if name in names), None)
