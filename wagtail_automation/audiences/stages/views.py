"""HTTP edge of stages: moving one lead by hand, and the funnel."""

import csv
import datetime as dt

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from wagtail_automation import clock
from wagtail_automation.admin.export import neutral
from wagtail_automation.audiences.tags.views import back, lead_or_refuse

from . import actions
from .models import Stage
from .querysets import funnel

APP = "wagtail_automation_audiences"


@require_POST
def move(request, lead_pk):
    """Move one lead to the stage posted as ``stage``; empty: out of all stages."""
    lead = lead_or_refuse(request, lead_pk, f"{APP}.change_leadstage")
    number = request.POST.get("stage", "?")
    stage = Stage.objects.filter(pk=number).first() if number.isdecimal() and len(number) < 19 else None
    if stage is None and number:
        messages.error(request, _("Choose a stage."))
    elif actions.move_lead(lead=lead, stage=stage, now=clock.now(), user=request.user):
        text = _("%(lead)s is now in “%(stage)s”.") if stage else _("%(lead)s is in no stage any more.")
        messages.success(request, text % {"lead": lead, "stage": stage})
    return back(request)


class FunnelView(WagtailAdminTemplateMixin, TemplateView):
    """How many people are in each stage, came into it and went on; as bars, a table and a file."""

    template_name = "wagtail_automation/audiences/funnel.html"
    header_icon = "tasks"
    HEIGHT, GAP, WIDTH = 34, 10, 560

    def dispatch(self, request, *args, **kwargs):
        if not request.user.has_perm(f"{APP}.view_stage"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_page_title(self):
        return _("Funnel of stages")

    def get_breadcrumbs_items(self):
        return [*self.breadcrumbs_items, {"url": "", "label": self.get_page_title()}]

    def period(self) -> tuple[dt.date | None, dt.date | None]:
        """First and last day, both included; what is no date is no limit."""
        days = []
        for name in ("from", "to"):
            try:
                days.append(parse_date(self.request.GET.get(name, "")))
            except ValueError:  # such as 2026-02-31
                days.append(None)
        return days[0], days[1]

    def rows(self) -> list[dict]:
        first, last = self.period()
        zone = timezone.get_default_timezone()

        def midnight(day):
            return dt.datetime.combine(day, dt.time(), tzinfo=zone)

        until = last + dt.timedelta(days=1) if last and last < dt.date.max else None
        return funnel(midnight(first) if first else None, midnight(until) if until else None)

    def get(self, request, *args, **kwargs):
        if request.GET.get("export") == "csv":
            return self.export()
        return super().get(request, *args, **kwargs)

    def export(self) -> HttpResponse:
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="funnel.csv"'
        response.write("\ufeff")
        writer = csv.writer(response)
        head = [_("Stage"), _("There now"), _("Came in"), _("Went on"), _("Conversion"), _("Days there")]
        writer.writerow([neutral(str(cell)) for cell in head])
        for row in self.rows():
            writer.writerow(
                [
                    neutral(row["stage"].name),
                    row["now"],
                    row["came"],
                    row["went_on"],
                    "" if row["conversion"] is None else round(row["conversion"], 4),
                    "" if row["stay"] is None else round(row["stay"].total_seconds() / 86400, 2),
                ]
            )
        return response

    def get_context_data(self, **kwargs):
        rows = self.rows()
        most = max((max(row["came"], row["now"]) for row in rows), default=0)
        for number, row in enumerate(rows):
            share = row["came"] / most if most else 0
            row["y"] = number * (self.HEIGHT + self.GAP)
            row["bar"] = max(round(share * self.WIDTH), 2 if row["came"] else 0)
            row["percent"] = None if row["conversion"] is None else round(100 * row["conversion"])
            row["days"] = None if row["stay"] is None else row["stay"].total_seconds() / 86400
        first, last = self.period()
        query = self.request.GET.copy()
        query["export"] = "csv"
        return super().get_context_data(
            rows=rows,
            height=max(len(rows) * (self.HEIGHT + self.GAP) - self.GAP, 0),
            bar_height=self.HEIGHT,
            first=first,
            last=last,
            export_url=f"{reverse('wagtail_automation_stage_funnel')}?{query.urlencode()}",
            **kwargs,
        )
