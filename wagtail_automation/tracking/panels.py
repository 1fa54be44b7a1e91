"""The lead page's panels of tracking: the timeline, and the totals with the browsers."""

import datetime as dt

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wagtail_automation.admin.panels import LeadPanel, lead_panels
from wagtail_automation.leads.field_types import DayInput
from wagtail_automation.leads.page import query as query_string

from . import events, timeline
from .models import LeadTotals, Visitor

BROWSERS_SHOWN = 5


@lead_panels.register
class TimelinePanel(LeadPanel):
    """Everything that happened, newest first. Filter and pages are plain links with a query; the script
    turns them into a list that goes on by itself."""

    key = "timeline"
    heading = _("Timeline")
    icon = "history"
    column = "main"
    order = 900
    template_name = "wagtail_automation/tracking/admin/timeline_panel.html"
    scripts = ("wagtail_automation/tracking/timeline.js",)

    def get_context(self):
        query = self.request.GET
        form = TimelineForm(query)
        wanted = form.wanted()
        cursor = query.get("timeline_before", "")
        machine = "1" if wanted.machine else ""
        kept = {"timeline_from": query.get("timeline_from"), "timeline_to": query.get("timeline_to"),
                "timeline_q": wanted.text}  # fmt: skip
        groups = [
            (key, label, query_string(timeline=key, timeline_machine=machine, **kept))
            for key, label in (("", _("All")), *events.GROUPS.items())
        ]
        found = timeline.page_of(self.lead.pk, wanted, cursor=cursor, user=self.request.user)
        shown = {"timeline": wanted.group, "timeline_machine": machine, **kept}
        return {
            "page": found,
            "form": form,
            "groups": groups,
            "group": wanted.group,
            "machine": wanted.machine,
            "machine_query": query_string(**(shown | {"timeline_machine": "" if machine else "1"})),
            "newest_query": query_string(**shown),
            "older_query": query_string(**shown, timeline_before=found.older) if found.older else "",
            "is_filtered": bool(wanted.text or wanted.since or wanted.until or wanted.group),
            "is_first": timeline.read_cursor(cursor) is None,
        }


class TimelineForm(forms.Form):
    """Days and words; whatever cannot be read is ignored, with its error at the field."""

    timeline_q = forms.CharField(label=_("Search"), required=False, max_length=100)
    timeline_from = forms.DateField(label=_("From"), required=False, widget=DayInput)
    timeline_to = forms.DateField(label=_("To"), required=False, widget=DayInput)

    def wanted(self) -> timeline.Wanted:
        """The filter in the reader's time zone; the last day is included."""
        self.full_clean()
        cleaned, query = getattr(self, "cleaned_data", {}), self.data
        group = query.get("timeline", "")
        last = cleaned.get("timeline_to")
        return timeline.Wanted(
            group=group if group in events.GROUPS else "",
            machine=query.get("timeline_machine") == "1",
            since=_midnight(cleaned.get("timeline_from")),
            until=_midnight(last + dt.timedelta(days=1)) if last and last < dt.date.max else None,
            text=(cleaned.get("timeline_q") or "").replace("\x00", "").strip(),
        )


def _midnight(day: dt.date | None) -> dt.datetime | None:
    if day is None:
        return None
    try:
        moment = dt.datetime.combine(day, dt.time.min, timezone.get_current_timezone())
        return moment.astimezone(dt.UTC)
    except (OverflowError, ValueError):
        return None


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
