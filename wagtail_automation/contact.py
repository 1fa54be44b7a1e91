"""Writing to people: what was sent to them lately, and when they may be written to. Doors, no tables.

Every app that writes to people registers a ``Source`` of its messages. The app that knows the rules (quiet
hours, business days, frequency cap) registers a ``Judge``; whoever hands messages over asks ``judge()``, so
that a message that waited in the queue does not go out at night.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet


class Source(ABC):
    """The messages of one channel, as rows with a ``lead_id``."""

    @abstractmethod
    def recent(self, since: datetime) -> QuerySet:
        """Those queued or sent since then, answers to an act of the person apart."""

    @abstractmethod
    def reached(self, origin: str, since: datetime | None = None) -> QuerySet:
        """Those of one origin (``campaign:12``) that were really sent, since then."""

    def of_day(self, origin: str, start: datetime, end: datetime) -> dict[str, QuerySet]:
        """What became of the messages of one origin: ``sent`` and ``planned`` between two moments, and all
        that ``failed`` or are ``doubtful``. A channel that cannot tell leaves a name out."""
        return {}

    def doubtful(self) -> QuerySet | None:
        """All that may have been sent or not: a person has to look. None: it cannot happen."""
        return None

    def list_url(self, **asked: str) -> str:
        """The list of messages in the admin, narrowed to an ``origin`` or ``state``; empty: there is none."""
        return ""


@dataclass(frozen=True)
class Recipient:
    """Who is to get a message: a lead's id, time zone and country, the message's site and origin."""

    lead: int
    zone: str = ""
    country: str = ""
    site: int | None = None
    origin: str = ""


class Judge(ABC):
    """Knows when people may be written to."""

    @abstractmethod
    def allowed_from(self, recipients: list[Recipient], now: datetime) -> list[datetime]:
        """For each of them the first moment from now on at which the message may be handed over. A constant
        number of queries."""

    def over_cap(self, recipients: list[Recipient], now: datetime) -> set[int]:
        """Of these, the leads that got as many messages lately as one person may. A constant number of
        queries."""
        return set()

    def for_a_moment(self) -> "Judge":
        """A judge who is asked for a few seconds only and may remember the rules meanwhile."""
        return self


_sources: dict[type, Source] = {}
_judges: list[Judge] = []


def register_source(source: Source) -> Source:
    """Count these messages; a repeat changes nothing."""
    _sources[type(source)] = source
    return source


def sources() -> list[Source]:
    return list(_sources.values())


def register_judge(judge: Judge) -> Judge:
    """The last one registered is asked."""
    _judges.append(judge)
    return judge


def judge() -> Judge | None:
    """None where no app has rules: then everybody may be written to at any time."""
    return _judges[-1] if _judges else None
