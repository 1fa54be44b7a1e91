"""The lead page's panels of tracking: the timeline, and the totals with the browsers."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.admin.panels import LeadPanel, lead_panels

from . import events, timeline
from .models import LeadTotals, Visitor

BROWSERS_SHOWN = 5


@lead_panels.register
class TimelinePanel(LeadPanel):
    """Everything that happened, newest first. Filter and pages are plain links with a query."""

    key = "timeline"
    heading = _("Timeline")
    icon = "history"
    column = "main"
    order = 200
    template_name = "wagtail_automation/tracking/admin/timeline_panel.html"

    def get_context(self):
        query = self.request.GET
        group = query.get("timeline", "")
        group = group if group in events.GROUPS else ""
        machine = query.get("timeline_machine") == "1"
        cursor = query.get("timeline_before", "")
        return {
            "page": timeline.page_of(self.lead.pk, group=group, machine=machine, cursor=cursor),
            "groups": events.GROUPS,
            "group": group,
            "machine": machine,
            "is_first": timeline.read_cursor(cursor) is None,
        }


@lead_panels.register
class VisitsPanel(LeadPanel):
    """Visits and pages in all, and the browsers seen last."""

    key = "visits"
    heading = _("Visits")
    icon = "globe"
    column = "side"
    order = 200
    template_name = "wagtail_automation/tracking/admin/visits_panel.html"

    def get_context(self):
        return {
            "totals": LeadTotals.objects.filter(pk=self.lead.pk).first(),
            "visitors": Visitor.objects.filter(lead=self.lead.pk).order_by("-last_seen_at")[:BROWSERS_SHOWN],
        }
