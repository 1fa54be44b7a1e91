"""The log of campaigns: what steps did, what people did, what the team did, in one order of time."""

import datetime as dt
import heapq
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import registry as log_actions

from wagtail_automation.campaigns import trace
from wagtail_automation.campaigns.models import Campaign, Outcome, StepLog
from wagtail_automation.leads.models import Lead
from wagtail_automation.tracking import events, timeline
from wagtail_automation.tracking.models import Event

from . import querysets
from .querysets import Narrowed

PAGE_SIZE = 50
STEPS, EVENTS, ACTS = range(3)
#: kinds of steps: what their types begin with
STEP_KINDS = {"activity": "do_", "decision": "decision", "flow": ""}
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def kinds() -> list[tuple]:
    """The choices of the filter, grouped as a select shows them."""
    groups = {entry.group for entry in events.all_names()}
    return [
        (
            _("Steps"),
            [
                ("steps", _("All steps")),
                ("activity", _("Activities")),
                ("decision", _("Decisions")),
                ("flow", _("Waits and other steps")),
            ],
        ),
        (
            _("Events of people"),
            [("events", _("All events"))]
            + [(f"event:{name}", label) for name, label in events.GROUPS.items() if name in groups],
        ),
        (_("Your team"), [("acts", _("What your team did"))]),
    ]


@dataclass
class Entry:
    """One line. ``tone``: a word for the style sheet; ``said``: more about ``what``; ``why``: the reason."""

    at: dt.datetime
    kind: str | Promise
    what: str
    said: str = ""
    lead: Lead | None = None
    campaign: Campaign | None = None
    enrollment: int | None = None
    outcome: str | Promise = ""
    tone: str = ""
    why: str = ""
    who: str = ""
    url: str = ""


@dataclass
class Page:
    """Some lines, and the cursor of the older ones ("" when there are none)."""

    entries: list[Entry] = field(default_factory=list)
    older: str = ""


def page_of(asked: Narrowed, *, kind: str = "", cursor: str = "", size: int = PAGE_SIZE) -> Page:
    """One page, newest first. The number of queries depends on the kinds of things on it, never on how many
    lines there are; none of them counts. A damaged cursor means the first page."""
    asked.names = _names(kind, asked.user)
    asked.steps = _steps(kind, asked)
    after = read_cursor(cursor)
    found = [
        _fetched(source, rows, after, size)
        for source, rows in enumerate(_sources(asked, kind))
        if rows is not None
    ]
    merged = list(heapq.merge(*found))
    shown = merged[:size]
    older = write_cursor(shown[-1][0]) if len(merged) > size else ""
    return Page(_in_words([row for _order, row in shown]), older)


def _sources(asked: Narrowed, kind: str) -> list:
    """The three questions, or None for those that the filter leaves out."""
    steps = kind in ("", "steps", *STEP_KINDS)
    people = (kind in ("", "events") or kind.startswith("event:")) and not asked.outcomes
    acts = kind in ("", "acts") and not asked.outcomes
    return [
        (lambda after, limit: querysets.step_log(asked, after, limit)) if steps else None,
        (lambda after, limit: querysets.recorded_events(asked, after, limit)) if people else None,
        (lambda after, limit: querysets.acts_of_people(asked, after, limit)) if acts else None,
    ]


def _names(kind: str, user) -> list[str]:
    group = kind.partition(":")[2]
    return [
        entry.name
        for entry in events.all_names()
        if group in ("", entry.group) and timeline.may_see(user, entry.name)
    ]


def _steps(kind: str, asked: Narrowed) -> list[int] | None:
    if kind in STEP_KINDS:
        return querysets.steps_of(asked.campaign, STEP_KINDS[kind])
    return querysets.steps_of(asked.campaign) if asked.campaign is not None else None


# -- one order of time ------------------------------------------------------------------------------
def _fetched(source: int, rows, after: tuple | None, size: int) -> list[tuple]:
    """``(place, row)`` of one source behind the cursor; at the same moment steps come before events."""
    own = None
    if after is not None:
        micros, place, *keys = after
        moment = _EPOCH + dt.timedelta(microseconds=-micros)
        if place == source:
            own = (moment, *(-key for key in keys[: 2 if source == STEPS else 1]))
        elif place < source:
            own = (moment, 2**62, 2**30) if source == STEPS else (moment, 2**62)
        else:  # its rows of that moment were all shown
            own = (moment, 0, 0) if source == STEPS else (moment, 0)
    return [(_place(source, row), _Row(source, row)) for row in rows(own, size + 1)]


@dataclass(frozen=True)
class _Row:
    """A row of one source; never compared, since no two share a place."""

    source: int
    row: object


def _place(source: int, row) -> tuple[int, int, int, int]:
    """Where a row stands in the log: smaller is newer."""
    at = row.timestamp if source == ACTS else row.at
    keys = (row.enrollment_id, row.visit) if source == STEPS else (row.pk, 0)
    return (-((at - _EPOCH) // dt.timedelta(microseconds=1)), source, -keys[0], -keys[1])


def write_cursor(place: tuple[int, int, int, int]) -> str:
    """The place of the last line shown, for an address."""
    return ".".join(str(-number) if position != 1 else str(number) for position, number in enumerate(place))


def read_cursor(text: str) -> tuple[int, int, int, int] | None:
    """None for an empty, damaged or absurd one."""
    parts = (text or "")[:90].split(".")
    if len(parts) != 4 or not all(part.isascii() and part.isdecimal() and len(part) < 19 for part in parts):
        return None
    micros, source, *keys = map(int, parts)
    if source not in (STEPS, EVENTS, ACTS) or micros > 8_000_000_000_000_000 * 10 or keys[1] > 2**31 - 1:
        return None
    try:
        _EPOCH + dt.timedelta(microseconds=micros)
    except OverflowError:
        return None
    return (-micros, source, -keys[0], -keys[1])


# -- in words ---------------------------------------------------------------------------------------
def _in_words(rows: list[_Row]) -> list[Entry]:
    mentioned, actors = trace.involved(row.row for row in rows if row.source == STEPS)
    steps, users = trace.steps_in_words(mentioned), trace.names_of(actors)
    drawn = timeline.draw([row.row for row in rows if row.source == EVENTS])
    by_event = {entry.event.pk: entry for entry in drawn}
    entries = []
    for row in rows:
        if row.source == STEPS:
            entries.append(_of_step(row.row, steps, users))
        elif row.source == EVENTS:
            entries.append(_of_event(row.row, by_event[row.row.pk]))
        else:
            entries.append(_of_act(row.row))
    return entries


def _of_step(row: StepLog, steps: dict, users: dict) -> Entry:
    name, sentence = steps.get(row.step_id, (_("A step that no longer exists"), ""))
    outcome = Outcome(row.outcome)
    return Entry(
        at=row.at,
        kind=_("Step"),
        what=name,
        said=sentence if sentence != name else "",
        lead=row.enrollment.lead,
        campaign=row.enrollment.campaign,
        enrollment=row.enrollment_id,
        outcome=outcome.label,
        tone=outcome.name.lower(),
        why=trace.reason_of(row, sentence, steps, users),
    )


def _of_event(event: Event, drawn: timeline.Entry) -> Entry:
    return Entry(
        at=event.at,
        kind=_("Event"),
        what=drawn.title,
        said=" · ".join(filter(None, (drawn.subject, drawn.detail))),
        lead=event.lead,
        who=drawn.by,
        url=drawn.url,
    )


def _of_act(row) -> Entry:
    user = row.user
    return Entry(
        at=row.timestamp,
        kind=_("Team"),
        what=str(
            log_actions.get_action_label(row.action) if log_actions.action_exists(row.action) else row.action
        ),
        said=f"{row.content_type.name}: {row.label}",
        who=(user.get_full_name() or user.get_username()) if user else "",
    )
