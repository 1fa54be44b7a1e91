"""Every question the tracking app asks of the database."""

from .events import EventKeyQuerySet, EventQuerySet
from .rules import PropertyNumber, PropertyText, events_for_rules, pages_of_latest_visits, url_matches
from .visits import ArrivalQuerySet, LeadTotalsQuerySet, VisitorQuerySet, VisitQuerySet

__all__ = [
    "ArrivalQuerySet",
    "EventKeyQuerySet",
    "EventQuerySet",
    "LeadTotalsQuerySet",
    "PropertyNumber",
    "PropertyText",
    "VisitQuerySet",
    "VisitorQuerySet",
    "events_for_rules",
    "pages_of_latest_visits",
    "url_matches",
]
