"""The lead page's panels of tracking: the timeline, and the totals with the browsers."""

import datetime as dt
import zoneinfo
from collections import Counter

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock
from wagtail_automation.admin.panels import LeadPanel, lead_panels
from wagtail_automation.leads import countries
from wagtail_automation.leads.field_types import DayInput
from wagtail_automation.leads.page import query as query_string

from . import agents, events, timeline
from .models import LeadTotals, Level, Visit, Visitor

BROWSERS_SHOWN = 5
#: The latest visits tell which devices and sources; older ones only count in the totals.
VISITS_READ = 200
#: What each level means, as people who look at a person should know it.
LEVELS = {
    Level.ANONYMOUS: _("Nobody said who uses this browser."),
    Level.RECOGNISED: _("Came by a link sent to this person: probably them."),
    Level.IDENTIFIED: _("Said who they are in this browser."),
}


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
    """Visits in all, the browsers with how well each is known, where they came from. Three queries."""

    key = "visits"
    heading = _("Devices and places")
    icon = "globe"
    column = "side"
    order = 200
    template_name = "wagtail_automation/tracking/admin/visits_panel.html"

    def get_context(self):
        visits = list(Visit.objects.of_lead(self.lead.pk)[:VISITS_READ])
        by_browser: dict[int, list[Visit]] = {}
        for visit in visits:
            by_browser.setdefault(visit.visitor_id, []).append(visit)
        visitors = Visitor.objects.filter(lead=self.lead.pk).order_by("-last_seen_at", "-pk")[:BROWSERS_SHOWN]
        origins = Counter(came_from for visit in visits if (came_from := _came_from(visit)))
        return {
            "totals": LeadTotals.objects.filter(pk=self.lead.pk).first(),
            "browsers": [self._browser(visitor, by_browser.get(visitor.pk, [])) for visitor in visitors],
            "origins": origins.most_common(BROWSERS_SHOWN),
            "place": ", ".join(
                filter(None, (self.lead.city, self.lead.region, countries.name(self.lead.country)))
            ),
            "local_time": self._local_time(),
        }

    def _browser(self, visitor: Visitor, visits: list[Visit]) -> dict:
        latest = visits[0] if visits else None
        label = " · ".join(
            filter(None, (latest.get_device_display(), agents.describe(latest.user_agent)))
        ) if latest else ""  # fmt: skip
        return {"visitor": visitor, "label": label, "count": len(visits), "level": LEVELS[visitor.level]}

    def _local_time(self) -> dt.time | None:
        """What the person's watch shows, where their zone is known."""
        try:
            zone = zoneinfo.ZoneInfo(self.lead.time_zone) if self.lead.time_zone else None
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            return None
        return clock.now().astimezone(zone).time() if zone else None


def _came_from(visit: Visit) -> str:
    return " / ".join(filter(None, (visit.source, visit.medium, visit.campaign)))
