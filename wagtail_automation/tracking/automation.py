"""Where tracking plugs into the rest: the compiler's events, merges, the beat, roles."""

from wagtail_automation import jobs
from wagtail_automation.admin import roles
from wagtail_automation.leads.merging import merge_handlers
from wagtail_automation.rules.scope import register_event_source

from . import (  # noqa: F401  (panels, renderers and pruners register themselves)
    identity,
    merging,
    offline,
    panels,
    querysets,
    receivers,
    retention,
    timeline_renderers,
)

register_event_source(querysets.events_for_rules)
merge_handlers.register(merging.merge_tracking)
receivers.connect()
identity.connect()
jobs.register_beat(merging.sweep)

for _role in ("marketer", "salesperson", "analyst"):
    roles.grant(
        _role,
        "wagtail_automation_tracking.view_visitor",
        "wagtail_automation_tracking.view_visit",
    )
roles.grant("marketer", "wagtail_automation_tracking.change_consentnoticesettings")
roles.grant("marketer", "wagtail_automation_tracking.add_event")
