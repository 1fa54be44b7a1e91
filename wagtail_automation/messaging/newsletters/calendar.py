"""The calendar of what is planned: newsletters, emails that will be published, and what other apps tell."""

import calendar
import datetime as dt

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.models import Revision

from wagtail_automation import clock, planned
from wagtail_automation.messaging.models import Email

from .models import Newsletter

APP = "wagtail_automation_messaging"


@planned.register
def newsletters(start, end, user):
    """One query."""
    if not user.has_perm(f"{APP}.view_newsletter"):
        return
    for row in Newsletter.objects.between(start, end):
        at = row.send_at if row.send_at and row.started_at is None else row.started_at or row.begins_at
        kind = _("Newsletter: %(state)s") % {"state": row.get_state_display()}
        url = reverse("wagtail_automation_newsletter:show", args=[row.pk])
        yield planned.Entry(at, row.name, kind, url, "mail")


@planned.register
def emails(start, end, user):
    """Emails whose publication is scheduled; one query."""
    if not user.has_perm(f"{APP}.view_email"):
        return
    waiting = Revision.objects.filter(
        content_type=ContentType.objects.get_for_model(Email),
        approved_go_live_at__gte=start,
        approved_go_live_at__lt=end,
    )
    name = Email.snippet_viewset.get_url_name("edit")
    for pk, title, at in waiting.values_list("object_id", "object_str", "approved_go_live_at"):
        yield planned.Entry(at, title, _("Email is published"), reverse(name, args=[pk]), "mail")


def month_of(text: str, today: dt.date) -> dt.date:
    """The first day of ``2026-11``; of this month for anything unreadable."""
    try:
        year, month = (int(part) for part in text.split("-"))
        return dt.date(year, month, 1) if 2000 <= year < 2100 else today.replace(day=1)
    except ValueError:
        return today.replace(day=1)


class CalendarView(WagtailAdminTemplateMixin, TemplateView):
    """One month, in the zone of the person who looks."""

    template_name = "wagtail_automation/messaging/newsletters/calendar.html"
    header_icon = "date"
    page_title = gettext_lazy("What is planned")

    def dispatch(self, request, *args, **kwargs):
        if not request.user.has_perm(f"{APP}.view_newsletter"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self):
        return [
            *self.breadcrumbs_items,
            {"url": reverse("wagtail_automation_newsletter:index"), "label": _("Newsletters")},
            {"url": "", "label": self.get_page_title()},
        ]

    def get_context_data(self, **kwargs):
        today = timezone.localtime(clock.now()).date()
        first = month_of(self.request.GET.get("month", ""), today)
        weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
        start, end = (
            timezone.make_aware(dt.datetime.combine(day, dt.time()))
            for day in (weeks[0][0], weeks[-1][-1] + dt.timedelta(days=1))
        )
        by_day: dict[dt.date, list] = {}
        for entry in planned.entries(start, end, self.request.user):
            by_day.setdefault(timezone.localtime(entry.at).date(), []).append(entry)
        rows = [
            [
                {
                    "day": day,
                    "entries": by_day.get(day, []),
                    "is_today": day == today,
                    "is_other": day.month != first.month,
                }
                for day in week
            ]
            for week in weeks
        ]
        return super().get_context_data(
            weeks=rows,
            month=date_format(first, "YEAR_MONTH_FORMAT"),
            before=f"{first - dt.timedelta(days=1):%Y-%m}",
            after=f"{first + dt.timedelta(days=31):%Y-%m}",
            days=[date_format(day, "D") for day in weeks[0]],
            is_empty=not by_day,
            **kwargs,
        )
