"""Filters of members: those of the list of leads, and the same members again for an export."""

import django_filters
from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from wagtail_automation.leads.exports.sources import FilteredLeads
from wagtail_automation.leads.filters import LeadFilterSet
from wagtail_automation.leads.models import Lead


class MemberFilterSet(LeadFilterSet):
    """As in the list of leads, but everybody unless asked otherwise: who is in it is in it."""

    status = django_filters.ChoiceFilter(
        label=gettext_lazy("Status"),
        choices=Lead.Status.choices,
        empty_label=gettext_lazy("Everybody"),
        widget=forms.RadioSelect,
    )

    def filter_queryset(self, queryset):
        return super(LeadFilterSet, self).filter_queryset(queryset)


def filters_in(data: QueryDict) -> dict:
    """What an address asks of members beside whose they are, as JSON."""
    ignored = FilteredLeads.NOT_FILTERS | {"of", "_w_filter_fragment"}
    return {key: data.getlist(key) for key in data if key not in ignored and any(data.getlist(key))}


def filtered(leads, asked: dict):
    """The leads that these filters and this search select; nobody if a filter makes no sense."""
    data = QueryDict(mutable=True)
    for key, values in asked.items():
        data.setlist(key, values)
    filters = MemberFilterSet(data, queryset=leads)
    found = filters.filter_queryset(leads) if filters.is_valid() else leads.none()
    return found.search(data["q"]) if data.get("q") else found
