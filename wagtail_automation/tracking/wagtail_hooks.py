"""Tracking in the Wagtail admin: read-only lists of visitors and visits, and the style of the timeline."""

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from wagtail_automation.admin.readonly import ReadOnlyModelAdmin

from .models import Visit, Visitor


class VisitorAdmin(ReadOnlyModelAdmin):
    model = Visitor
    menu_label = _("Visitors")
    menu_icon = "globe"
    menu_order = 300
    section = "leads"
    list_display = ("lead", "level", "created_at", "last_seen_at")
    list_filter = ("level", "last_seen_at")
    list_select_related = ("lead",)
    ordering = ("-last_seen_at",)
    inspect_view_fields = ("lead", "level", "created_at", "last_seen_at")


class VisitAdmin(ReadOnlyModelAdmin):
    model = Visit
    menu_label = _("Visits")
    menu_icon = "history"
    menu_order = 310
    section = "leads"
    list_display = ("lead", "started_at", "pages", "origin", "device")
    # few values each: a filter by source would read every visit to list its choices
    list_filter = ("started_at", "device", "human")
    list_select_related = ("visitor__lead",)
    list_export = (
        "lead",
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
    search_fields = ("landing_url", "source", "campaign")
    ordering = ("-started_at",)

    def lead(self, visit):
        return visit.visitor.lead

    lead.short_description = _("Lead")

    def origin(self, visit):
        return " / ".join(filter(None, (visit.source, visit.medium, visit.campaign)))

    origin.short_description = _("Came from")


VisitorAdmin().register_with_wagtail()
VisitAdmin().register_with_wagtail()


@hooks.register("insert_global_admin_css")
def timeline_style():
    return format_html(
        '<link rel="stylesheet" href="{}">', static("wagtail_automation/tracking/timeline.css")
    )
