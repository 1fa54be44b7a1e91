"""Every mutation of tracking: facts, visits, who a browser belongs to, links."""

from .changes import record_changes, record_items
from .links import link_for, link_key
from .recording import (
    UnknownEventError,
    record_event,
    record_events_by_key,
    record_events_for,
    record_visitor_events,
)
from .visitors import attach, create_visitor, drop_level
from .visits import View, record_page_view, record_page_views, record_stays, record_time

__all__ = [
    "UnknownEventError",
    "View",
    "attach",
    "create_visitor",
    "drop_level",
    "link_for",
    "link_key",
    "record_changes",
    "record_event",
    "record_events_by_key",
    "record_events_for",
    "record_items",
    "record_page_view",
    "record_page_views",
    "record_stays",
    "record_time",
    "record_visitor_events",
]
