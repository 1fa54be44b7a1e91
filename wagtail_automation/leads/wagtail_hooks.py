"""Leads in the Wagtail admin: viewsets, menu, and what the audit log calls our actions."""

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogFormatter


@hooks.register("register_log_actions")
def log_actions(actions):
    @actions.register_action("wagtail_automation.merge")
    class Merged(LogFormatter):
        label = _("Merge")

        def format_message(self, entry):
            return _now("Merged lead %(number)s into this one") % {"number": entry.data.get("merged", "?")}
