"""The report of revenue: what each source, email, campaign, promo or page earned, in a period."""

import datetime as dt

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.generic import TemplateView
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.mixins import SpreadsheetExportMixin

from wagtail_automation import clock, objects
from wagtail_automation.admin import charts
from wagtail_automation.admin.export import neutral
from wagtail_automation.leads.field_types import DayInput
from wagtail_automation.leads.permissions import about_visible

from . import attribution, money
from .models import Order
from .timeline import VIEW_ORDER

DAYS = 90
SHOWN = 100


class RevenueMenuItem(MenuItem):
    """For those who may see orders."""

    def is_shown(self, request):
        return request.user.has_perm(VIEW_ORDER)


class ReportForm(forms.Form):
    """Which orders, and how they are shared out."""

    by = forms.ChoiceField(label=gettext_lazy("By"), initial="source", required=False)
    model = forms.ChoiceField(label=gettext_lazy("Owed to"), initial="last", required=False)
    start = forms.DateField(label=gettext_lazy("Paid from"), required=False, widget=DayInput)
    end = forms.DateField(label=pgettext_lazy("last day", "to"), required=False, widget=DayInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["by"].choices = [
            (key, dimension.label) for key, dimension in attribution.DIMENSIONS.items()
        ]
        self.fields["model"].choices = [(key, label) for key, (label, _help) in attribution.MODELS.items()]

    def clean(self):
        data = super().clean()
        for name in ("start", "end"):
            if data.get(name) and not 1970 <= data[name].year < 2200:
                self.add_error(name, _("This is no day on which anybody paid."))
        if data.get("start") and data.get("end") and data["start"] > data["end"]:
            self.add_error("end", _("The last day lies before the first."))
        return data


class RevenueView(SpreadsheetExportMixin, WagtailAdminTemplateMixin, TemplateView):
    """``?by=email&model=last&start=2026-01-01&end=2026-01-31``, and ``&export=csv`` or ``xlsx``. Counts the
    orders of leads that the user may see."""

    page_title = gettext_lazy("Revenue")
    header_icon = "wa-cart"
    template_name = "wagtail_automation/commerce/revenue.html"
    export_filename = "revenue"
    list_export = ["label", "currency", "orders", "amount"]

    def dispatch(self, request, *args, **kwargs):
        if not request.user.has_perm(VIEW_ORDER):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self):
        return [*self.breadcrumbs_items, {"url": "", "label": self.get_page_title()}]

    @cached_property
    def form(self) -> ReportForm:
        today = timezone.localdate(clock.now())
        asked = {
            "by": "source",
            "model": "last",
            "start": today - dt.timedelta(days=DAYS - 1),
            "end": today,
        } | {name: value for name, value in self.request.GET.items() if value}
        form = ReportForm(asked)
        form.is_valid()
        return form

    def orders(self):
        """Those paid in the period, of leads that this person may see; None: the period is none."""
        if self.form.errors:
            return None
        start, end = self.form.cleaned_data["start"], self.form.cleaned_data["end"]
        zone = timezone.get_current_timezone()
        first = dt.datetime.combine(start, dt.time.min, zone)
        after = dt.datetime.combine(end + dt.timedelta(days=1), dt.time.min, zone)
        rows = Order.objects.counted().filter(paid_at__gte=first, paid_at__lt=after)
        return about_visible(rows, self.request.user)

    def credits(self) -> list[attribution.Credit]:
        orders = self.orders()
        if orders is None:
            return []
        data = self.form.cleaned_data
        return attribution.credits(orders, by=data["by"], model=data["model"])

    def get(self, request, *args, **kwargs):
        if self.is_export:
            return self.as_spreadsheet(self.credits(), request.GET["export"])
        return super().get(request, *args, **kwargs)

    def get_heading(self, queryset, field):
        return {
            "label": str(self.what),
            "currency": _("Currency"),
            "orders": _("Orders"),
            "amount": _("Revenue"),
        }[field]

    def to_row_dict(self, item):
        label = item.label or _("No such contact")
        return {
            "label": neutral(label),
            "currency": item.currency,
            "orders": item.orders,
            "amount": item.amount,
        }

    @property
    def what(self):
        by = getattr(self.form, "cleaned_data", {}).get("by") or "source"
        return attribution.DIMENSIONS[by].label

    def get_context_data(self, **kwargs):
        groups: dict[str, dict] = {}
        for credit in self.credits():
            group = groups.setdefault(credit.currency, {"rows": [], "orders": 0, "revenue": 0, "more": 0})
            if len(group["rows"]) < SHOWN:
                label = credit.label or _("No such contact")
                whole = int(money.to_decimal(credit.revenue, credit.currency))  # a chart needs no cents
                group["rows"].append(
                    {"label": label, "value": whole, "text": credit.revenue_shown, "more": [credit.orders]}
                )
            else:
                group["more"] += 1
            group["revenue"] += credit.revenue
        for code, group in groups.items():
            group["title"] = _("%(what)s, in %(currency)s") % {"what": self.what, "currency": code}
            group["sum"] = money.display(group["revenue"], code)
        chosen = getattr(self.form, "cleaned_data", {}).get("model") or "last"
        query = self.request.GET.copy()
        query["export"] = "csv"
        return super().get_context_data(
            form=self.form,
            media=charts.media(),
            groups=list(groups.values()),
            headings=[str(self.what), _("Revenue"), _("Orders")],
            explanation=attribution.MODELS[chosen][1],
            adds_up=chosen != "any",
            export_url=f"?{query.urlencode()}",
            **kwargs,
        )


class ObjectRevenueView(WagtailAdminTemplateMixin, TemplateView):
    """What one email, campaign or page earned, under every model; all time."""

    page_title = gettext_lazy("Revenue")
    header_icon = "wa-cart"
    template_name = "wagtail_automation/commerce/revenue_of.html"

    def dispatch(self, request, *args, **kwargs):
        model = objects.model_of(kwargs["kind"])
        if not request.user.has_perm(VIEW_ORDER):
            raise PermissionDenied
        if model is None or kwargs["kind"] not in WITH_REVENUE:
            raise Http404
        permission = f"{model._meta.app_label}.view_{model._meta.model_name}"
        if not request.user.has_perm(permission):
            raise PermissionDenied
        self.object = get_object_or_404(model, pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def get_page_subtitle(self):
        return str(self.object)

    def get_breadcrumbs_items(self):
        whole = {"url": reverse("wagtail_automation_revenue"), "label": self.get_page_title()}
        return [*self.breadcrumbs_items, whole, {"url": "", "label": str(self.object)}]

    def get_context_data(self, **kwargs):
        orders = about_visible(Order.objects.all(), self.request.user)
        rows = [
            (label, attribution.MODELS[model][1], count, money.display(revenue, currency))
            for model, label, currency, count, revenue in attribution.earned_by(orders, self.object)
        ]
        return super().get_context_data(rows=rows, report_url=reverse("wagtail_automation_revenue"), **kwargs)


#: kinds of objects that have a page of their revenue: emails and campaigns
WITH_REVENUE = (attribution.EMAIL, attribution.CAMPAIGN)


def revenue_url(obj) -> str | None:
    """The page of what an email or campaign earned; None for what has none."""
    kind = objects.kind_of(type(obj))
    if kind not in WITH_REVENUE:
        return None
    return reverse("wagtail_automation_revenue_of", args=[kind, obj.pk])
