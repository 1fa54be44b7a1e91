"""Leads in the Wagtail admin: viewsets, menu, and what the audit log calls our actions."""

from django.templatetags.static import static
from django.urls import path
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogFormatter

from wagtail_automation.admin import menu

from . import (
    bulk,
    custom_field_views,
    lead_views,
    merge_views,
    owner_views,
    privacy_hooks,  # noqa: F401  (erasure, download and retention register themselves)
    transfer_hooks,  # noqa: F401  (imports, exports and mass changes register themselves)
)
from .people import person_chooser, team_chooser
from .teams import teams
from .viewsets import CustomFieldViewSet, LeadViewSet, TopicViewSet


@hooks.register("register_log_actions")
def log_actions(actions):
    @actions.register_action("wagtail_automation.assign")
    class Assigned(LogFormatter):
        label = _("Assign")

        def format_message(self, entry):
            owner = entry.data.get("owner") or gettext("nobody")
            return gettext("Assigned to %(owner)s") % {"owner": owner}

    @actions.register_action("wagtail_automation.merge")
    class Merged(LogFormatter):
        label = _("Merge")

        def format_message(self, entry):
            return gettext("Merged lead %(number)s into this one") % {"number": entry.data.get("merged", "?")}

    for name, label in {
        "field_archive": _("Archive"),
        "field_reactivate": _("Offer again"),
        "identify": _("Identify"),
        "note_add": _("Add a note"),
        "note_change": _("Edit a note"),
        "note_delete": _("Delete a note"),
        "file_add": _("Attach a file"),
        "file_delete": _("Delete a file"),
        "photo": _("Change the photo"),
        "photo_remove": _("Remove the photo"),
    }.items():
        actions.register_action(f"wagtail_automation.{name}", label, label)


leads = LeadViewSet()
fields = CustomFieldViewSet()
topics = TopicViewSet()


@hooks.register("register_admin_viewset")
def viewsets():
    return [leads, fields, topics, teams, person_chooser, team_chooser]


menu.register_viewset_in_menu("leads", leads, 100)
menu.register_viewset_in_menu("settings", fields, 100)
menu.register_viewset_in_menu("settings", topics, 110)
menu.register_viewset_in_menu("settings", teams, 120)

hooks.register("register_bulk_action", bulk.AssignBulkAction)
hooks.register("register_bulk_action", bulk.AssignInTurnBulkAction)
hooks.register("register_bulk_action", merge_views.MergeBulkAction)


@hooks.register("register_admin_urls")
def urls():
    return [
        path("automation/leads/<int:pk>/owner/", owner_views.assign, name="wagtail_automation_lead_assign"),
        *merge_views.urlpatterns,
    ]


@hooks.register("register_admin_urls")
def lead_urls():
    return [*lead_views.urlpatterns, *custom_field_views.urlpatterns]


@hooks.register("insert_global_admin_css")
def lead_style():
    return format_html('<link rel="stylesheet" href="{}">', static("wagtail_automation/leads/leads.css"))
