"""The list of people who visit and never said who they are, and the way to say it for them."""

import django_filters
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column, NumberColumn, TitleColumn
from wagtail.admin.views.reports import ReportView
from wagtail.permission_policies import ModelPermissionPolicy

from wagtail_automation.admin import menu
from wagtail_automation.admin.export import neutral
from wagtail_automation.admin.tables import MomentColumn
from wagtail_automation.leads import countries
from wagtail_automation.leads.access import leads_for, may
from wagtail_automation.leads.filters import DayRangeWidget, WagtailFilterSet

from .agents import describe
from .models import Device, Visitor

EXPORTED = {
    "lead": _("Lead"),
    "last_seen_at": _("Last seen"),
    "created_at": _("First seen"),
    "visits": _("Visits"),
    "pages": _("Pages"),
    "source": _("Source"),
    "medium": _("Medium"),
    "campaign": _("Campaign"),
    "device": _("Device"),
    "browser": _("Browser"),
    "country": _("Country"),
}


class VisitorFilterSet(WagtailFilterSet):
    """By day, source, device and country of the last visit."""

    last_seen_at = django_filters.DateFromToRangeFilter(label=_("Last seen"), widget=DayRangeWidget)
    source = django_filters.CharFilter(label=_("Source"), field_name="visit_source", lookup_expr="icontains")
    device = django_filters.ChoiceFilter(
        label=_("Device"), field_name="visit_device", choices=Device.choices, empty_label=_("All")
    )
    country = django_filters.ChoiceFilter(
        label=_("Country"), field_name="lead__country", choices=countries.choices, empty_label=_("All")
    )

    class Meta:
        model = Visitor
        fields = []


class NumbersColumn(NumberColumn):
    """A total of the lead; zero for one without."""

    def get_value(self, instance):
        return total(instance, self.name)


def total(visitor: Visitor, name: str) -> int:
    """A number of the lead's totals."""
    totals = getattr(visitor.lead, "tracking_totals", None)
    return getattr(totals, name, 0)


def came_from(visitor) -> str:
    """Source, medium and campaign of the last visit."""
    return " / ".join(filter(None, (visitor.visit_source, visitor.visit_medium, visitor.visit_campaign)))


def device(visitor) -> str:
    """What kind of device, and which browser."""
    label = dict(Device.choices).get(visitor.visit_device, "")
    return " · ".join(filter(None, (str(label), describe(visitor.visit_agent or ""))))


class IdentifyColumn(Column):
    """The way to say who it is."""

    cell_template_name = "wagtail_automation/tracking/admin/identify_cell.html"

    def get_cell_context_data(self, instance, parent_context):
        context = super().get_cell_context_data(instance, parent_context)
        context["url"] = reverse("wagtail_automation_lead_identify", args=[instance.lead_id])
        return context


class VisitorsView(ReportView):
    """Anonymous visitors, last seen first; one row a browser."""

    model = Visitor
    template_name = "wagtailadmin/reports/base_report.html"
    permission_policy = ModelPermissionPolicy(Visitor)
    any_permission_required = ["view"]
    page_title = _("Visitors")
    header_icon = "globe"
    filterset_class = VisitorFilterSet
    default_ordering = "-last_seen_at"
    index_url_name = "wagtail_automation_visitors"
    index_results_url_name = "wagtail_automation_visitors_results"
    export_filename = "visitors"
    verbose_name_plural = _("visitors")
    paginate_by = 50
    list_export = list(EXPORTED)

    def get_base_queryset(self):
        return Visitor.objects.anonymous_list(leads_for(self.request.user))

    @cached_property
    def columns(self):
        columns = [
            TitleColumn(
                "lead",
                label=_("Visitor"),
                get_url=lambda row: reverse("wagtail_automation_lead:inspect", args=[row.lead_id]),
            ),
            MomentColumn("last_seen_at", label=_("Last seen"), sort_key="last_seen_at"),
            NumbersColumn("visits", label=_("Visits")),
            NumbersColumn("pages", label=_("Pages")),
            Column("came_from", label=_("Source"), accessor=came_from),
            Column("device", label=_("Device"), accessor=device),
            Column("country", label=_("Country"), accessor=lambda row: countries.name(row.lead.country)),
        ]
        if may(self.request.user, "change"):
            columns.append(IdentifyColumn("identify", label="", width="1%"))
        return columns

    def get_heading(self, queryset, field):
        return str(EXPORTED[field])

    def to_row_dict(self, item):
        values = {
            "lead": str(item.lead),
            "last_seen_at": item.last_seen_at,
            "created_at": item.created_at,
            "visits": total(item, "visits"),
            "pages": total(item, "pages"),
            "source": item.visit_source or "",
            "medium": item.visit_medium or "",
            "campaign": item.visit_campaign or "",
            "device": str(dict(Device.choices).get(item.visit_device, "")),
            "browser": describe(item.visit_agent or ""),
            "country": countries.name(item.lead.country),
        }
        return {name: neutral(value) for name, value in values.items()}


class VisitorsMenuItem(MenuItem):
    """For those who may see visitors."""

    def is_shown(self, request):
        return request.user.has_perm("wagtail_automation_tracking.view_visitor")


menu.register(
    "leads",
    lambda: VisitorsMenuItem(
        _("Visitors"),
        reverse("wagtail_automation_visitors"),
        name="automation-visitors",
        icon_name="globe",
    ),
    150,
)

urlpatterns = [
    path("automation/visitors/", VisitorsView.as_view(), name="wagtail_automation_visitors"),
    path(
        "automation/visitors/results/",
        VisitorsView.as_view(results_only=True),
        name="wagtail_automation_visitors_results",
    ),
]
