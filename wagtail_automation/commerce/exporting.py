"""Purchases in exports and in the list of leads, and what that list can be narrowed to by them."""

import django_filters
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

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
    """Orders with the day of the last, and what was spent with the customer class; two queries."""
    ids, found = [lead.pk for lead in leads], {}
    for row in LeadOrders.objects.filter(lead__anyof=ids):
        day = date_format(timezone.localtime(row.last_at), "SHORT_DATE_FORMAT")
        found[row.pk] = {"orders": f"{row.order_count} · {day}", "class": str(rfm.CLASSES.get(row.rfm, ""))}
    if found:
        for row in LeadSpend.objects.filter(lead__anyof=ids).order_by("lead", "-revenue"):
            mine = found.setdefault(row.lead_id, {})
            mine["spent"] = ", ".join(filter(None, (mine.get("spent"), row.revenue_shown)))
    return found


register_columns(
    ListColumns(
        "purchases",
        (("orders", _("Orders")), ("spent", _("Spent")), ("class", _("Customer class"))),
        listed,
        VIEW_ORDER,
    )
)
