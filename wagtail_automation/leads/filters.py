"""Filters of the list of leads."""

import django_filters
from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _
from django_filters.widgets import SuffixedMultiWidget
from wagtail.admin.filters import NumberRangeWidget, WagtailFilterSet

from . import sources
from .field_types import DayInput
from .models import Lead

SOURCES_KEY = "wagtail_automation_lead_sources"
SOURCES_SECONDS = 60


def source_choices() -> list[tuple[str, str]]:
    """The sources that known leads came from; read from all leads, so kept for a minute."""
    found = cache.get(SOURCES_KEY)
    if found is None:
        known = Lead.objects.known().exclude(source="").order_by()
        found = sorted(known.values_list("source", flat=True).distinct()[:200])
        cache.set(SOURCES_KEY, found, SOURCES_SECONDS)
    words = sources.labels(found)
    return sorted(((source, words[source]) for source in found), key=lambda pair: pair[1])


def language_choices() -> list[tuple[str, str]]:
    """The languages of the site."""
    return settings.LANGUAGES


def owners(request):
    """People of the site who have leads."""
    return get_user_model()._default_manager.filter(owned_leads__isnull=False).distinct()


class DayRangeWidget(SuffixedMultiWidget):
    """A first and a last day, by the browser's own picker."""

    template_name = "wagtailadmin/widgets/range_input.html"
    suffixes = ["from", "to"]

    def __init__(self, attrs=None):
        super().__init__(
            (DayInput({"aria-label": _("Date from")}), DayInput({"aria-label": _("Date to")})), attrs
        )

    def decompress(self, value):
        return [value.start, value.stop] if value else [None, None]


class LeadFilterSet(WagtailFilterSet):
    """Known people unless others are asked for: most visitors never say who they are."""

    status = django_filters.ChoiceFilter(
        label=_("Status"),
        choices=[("anonymous", _("Anonymous")), ("all", _("Everybody"))],
        empty_label=_("Known"),
        method="of_status",
        widget=forms.RadioSelect,
    )
    language = django_filters.ChoiceFilter(
        label=_("Language"),
        choices=language_choices,
        empty_label=_("All"),
        lookup_expr="istartswith",
        widget=forms.RadioSelect,
    )
    source = django_filters.ChoiceFilter(label=_("Source"), choices=source_choices, empty_label=_("All"))
    score = django_filters.RangeFilter(label=_("Score"), widget=NumberRangeWidget)
    created_at = django_filters.DateFromToRangeFilter(label=_("Created"), widget=DayRangeWidget)
    owner = django_filters.ModelChoiceFilter(label=_("Owner"), queryset=owners, empty_label=_("All"))

    class Meta:
        model = Lead
        fields = []

    def filter_queryset(self, queryset):
        queryset = super().filter_queryset(queryset)
        return queryset if self.form.cleaned_data.get("status") else queryset.known()

    def of_status(self, queryset, name, value):
        return queryset.anonymous() if value == "anonymous" else queryset


def register_filter(name: str, make) -> None:
    """Let another app narrow the list of leads: ``make()`` returns a django-filter filter whose ``method``
    is a function (queryset, name, value). Raises ValueError for a name that is taken."""
    if name in LeadFilterSet.base_filters:
        raise ValueError(f"The list of leads has a filter {name!r} already.")
    LeadFilterSet.base_filters[name] = make()
