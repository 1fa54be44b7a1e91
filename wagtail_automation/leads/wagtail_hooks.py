"""Leads in the Wagtail admin: viewsets, menu, and what the audit log calls our actions."""

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogFormatter

from wagtail_automation.admin import menu

from . import transfer_hooks  # noqa: F401  (imports, exports and mass changes register themselves)
from .viewsets import CustomFieldViewSet, LeadViewSet, TopicViewSet


@hooks.register("register_log_actions")
def log_actions(actions):
    @actions.register_action("wagtail_automation.merge")
    class Merged(LogFormatter):
        label = _("Merge")

        def format_message(self, entry):
            return gettext("Merged lead %(number)s into this one") % {"number": entry.data.get("merged", "?")}


leads = LeadViewSet()
fields = CustomFieldViewSet()
topics = TopicViewSet()


@hooks.register("register_admin_viewset")
def viewsets():
    return [leads, fields, topics]


menu.register_viewset_in_menu("leads", leads, 100)
menu.register_viewset_in_menu("settings", fields, 100)
menu.register_viewset_in_menu("settings", topics, 110)


@hooks.register("insert_global_admin_css")
def lead_style():
    return format_html('<link rel="stylesheet" href="{}">', static("wagtail_automation/leads/leads.css"))
