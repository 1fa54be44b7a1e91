"""Growth of a segment or list: a chart, its table and its export."""

from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from wagtail.admin.views.mixins import SpreadsheetExportMixin

from wagtail_automation import clock
from wagtail_automation.admin import charts
from wagtail_automation.audiences.lists import builtin
from wagtail_automation.audiences.models import ListDay, ListMembership, SegmentDay, SegmentState
from wagtail_automation.audiences.pages import LISTS, SEGMENTS, OwnerPage

from .counting import history

PERIODS = (30, 90, 365)


class GrowthView(SpreadsheetExportMixin, OwnerPage, TemplateView):
    """``?days=30`` (90, 365) and, for the file, ``&export=csv`` or ``xlsx``."""

    name = "growth"
    page_title = gettext_lazy("Growth")
    template_name = "wagtail_automation/audiences/growth.html"
    export_filename = "growth"
    list_export = ["day", "members", "change"]
    days_model: type[models.Model]

    def current(self) -> int | None:
        """How many are in it now; None: unknown, or it has no members by its state."""
        raise NotImplementedError

    @property
    def days(self) -> int:
        text = self.request.GET.get("days", "")
        return int(text) if text in {str(period) for period in PERIODS} else PERIODS[1]

    def rows(self) -> list:
        return history(self.days_model, self.owner, self.current(), days=self.days, now=clock.now())

    def get(self, request, *args, **kwargs):
        if self.is_export:
            return self.as_spreadsheet(self.rows(), request.GET["export"])
        return super().get(request, *args, **kwargs)

    def get_heading(self, queryset, field):
        return {"day": _("Day"), "members": _("Members"), "change": _("Change")}[field]

    def to_row_dict(self, item):
        return dict(zip(self.list_export, item, strict=True))

    def get_context_data(self, **kwargs):
        rows = self.rows()
        return super().get_context_data(
            owner=self.owner,
            media=charts.media(),
            title=_("Members of “%(name)s” by day") % {"name": self.owner},
            headings=[self.get_heading(None, field) for field in self.list_export],
            rows=[
                {"label": date_format(day, "SHORT_DATE_FORMAT"), "value": count, "more": [_signed(change)]}
                for day, count, change in reversed(rows)
            ],
            periods=[
                {
                    "days": days,
                    "label": ngettext("%(count)d day", "%(count)d days", days) % {"count": days},
                    "is_shown": days == self.days,
                }
                for days in PERIODS
            ],
            **kwargs,
        )


def _signed(change: int | None) -> str:
    if change is None:
        return "–"
    return f"+{change}" if change > 0 else str(change).replace("-", "−")


class SegmentGrowthView(GrowthView):
    kind = SEGMENTS
    days_model = SegmentDay

    def current(self):
        if not self.owner.live:
            return None
        state = SegmentState.objects.filter(segment=self.owner, refreshed_at__isnull=False).first()
        return state.member_count if state else None


class ListGrowthView(GrowthView):
    kind = LISTS
    days_model = ListDay

    def current(self):
        if self.owner.is_computed:
            return builtin.count(self.owner)
        return ListMembership.objects.filter(list=self.owner).count()
