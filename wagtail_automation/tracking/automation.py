"""Where the compiler finds events."""

from wagtail_automation.rules.scope import register_event_source

from . import querysets

register_event_source(querysets.events_for_rules)
