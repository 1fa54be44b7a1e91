"""Tracking in the Wagtail admin: visitors, the read-only list of visits, the style of the timeline."""

from django.contrib.auth.models import Permission
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from wagtail_automation.leads.records import LeadRecordAdmin

from . import visitor_list
from .models import Visit

# what is told of a visit on its own page and in the exported file, in this order
FIELDS = (
    "started_at",
    "last_at",
    "pages",
    "seconds",
    "landing_url",
    "referrer",
    "source",
    "medium",
    "campaign",
    "term",
    "content",
    "device",
)


class VisitAdmin(LeadRecordAdmin):
    model = Visit
    lead_path = "visitor__lead"
    menu_label = _("Visits")
    menu_icon = "history"
    menu_order = 160
    section = "leads"
    list_display = ("lead", "started_at", "pages", "origin", "device")
    # few values each: a filter by source would read every visit to list its choices
    list_filter = ("started_at", "device", "human")
    list_select_related = ("visitor__lead",)
    list_export = ("lead", *FIELDS)
    inspect_view_fields = (*FIELDS, "site")
    search_fields = ("landing_url", "source", "campaign")
    ordering = ("-started_at",)

    def lead(self, visit):
        return visit.visitor.lead

    lead.short_description = _("Lead")

    def inspect_title(self, visit):
        return str(visit.visitor.lead)

    def origin(self, visit):
        return " / ".join(filter(None, (visit.source, visit.medium, visit.campaign)))

    origin.short_description = _("Came from")


VisitAdmin().register_with_wagtail()


@hooks.register("register_admin_urls")
def visitor_urls():
    return visitor_list.urlpatterns


@hooks.register("register_permissions")
def permissions():
    """Who may see visitors is decided with the other permissions of a group."""
    return Permission.objects.filter(
        content_type__app_label="wagtail_automation_tracking", codename="view_visitor"
    )


@hooks.register("insert_global_admin_css")
def timeline_style():
    return format_html(
        '<link rel="stylesheet" href="{}">', static("wagtail_automation/tracking/timeline.css")
    )
