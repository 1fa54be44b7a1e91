"""Purchases in exports and in the list of leads, and what that list can be narrowed to by them."""

import django_filters
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from wagtail_automation.leads.exports.columns import ExportColumn, ExportColumns, export_columns
from wagtail_automation.leads.filters import register_filter
from wagtail_automation.leads.list_columns import ListColumns
from wagtail_automation.leads.list_columns import register as register_columns

from . import money, rfm
from .models import LeadOrders, LeadSpend
from .timeline import VIEW_ORDER

SPENT = "purchases.spent_"


@export_columns.register
class PurchaseColumns(ExportColumns):
    """Totals of orders; what was spent has a column for each currency in which anybody bought."""

    key, label, order = "purchases", _("Purchases"), 70
    permissions = (VIEW_ORDER,)

    def columns(self):
        used = LeadSpend.objects.order_by("currency").values_list("currency", flat=True).distinct()
        return [
            ExportColumn("purchases.orders", _("Orders")),
            ExportColumn("purchases.first", _("First order")),
            ExportColumn("purchases.last", _("Last order")),
            ExportColumn("purchases.class", _("Customer class")),
            *(ExportColumn(f"{SPENT}{code}", format_lazy("{} ({})", _("Spent"), code)) for code in used),
        ]

    def values(self, keys, leads):
        ids = [lead.pk for lead in leads]
        found: dict[int, dict] = {}
        for row in LeadOrders.objects.filter(lead__anyof=ids):
            found[row.pk] = {
                "purchases.orders": row.order_count,
                "purchases.first": row.first_at,
                "purchases.last": row.last_at,
                "purchases.class": str(rfm.CLASSES.get(row.rfm, "")),
            }
        for row in LeadSpend.objects.filter(lead__anyof=ids):
            amount = money.to_decimal(row.revenue, row.currency)
            found.setdefault(row.lead_id, {})[f"{SPENT}{row.currency}"] = str(amount)
        return found


def of_class(queryset, name, value):
    """Customers of this class, as it was computed last."""
    return queryset.filter(pk__in=LeadOrders.objects.filter(rfm=value).values("pk")) if value else queryset


register_filter(
    "customer_class",
    lambda: django_filters.ChoiceFilter(
        label=_("Customer class"), choices=list(rfm.CLASSES.items()), empty_label=_("All"), method=of_class
    ),
)


def listed(leads: list) -> dict[int, dict]:
    """What was spent, in how many orders, when the last was, and the customer class, each on its line; two
    queries."""
    ids, spent, found = [lead.pk for lead in leads], {}, {}
    totals = list(LeadOrders.objects.filter(lead__anyof=ids))
    if totals:
        for row in LeadSpend.objects.filter(lead__anyof=ids).order_by("lead", "-revenue"):
            spent.setdefault(row.lead_id, []).append(row.revenue_shown)
    for row in totals:
        day = date_format(timezone.localtime(row.last_at), "SHORT_DATE_FORMAT")
        orders = ngettext("%(count)d order", "%(count)d orders", row.order_count) % {"count": row.order_count}
        lines = [", ".join(spent.get(row.pk, ())), f"{orders} · {day}", str(rfm.CLASSES.get(row.rfm, ""))]
        found[row.pk] = {
            "purchases": format_html_join(mark_safe("<br>"), "{}", ((line,) for line in lines if line))
        }
    return found


register_columns(ListColumns("purchases", (("purchases", _("Purchases")),), listed, VIEW_ORDER))
