"""What the list of leads can be narrowed to by tags and stages."""

import django_filters
from django.utils.translation import gettext_lazy as _

from wagtail_automation.leads.filters import register_filter

from .stages.models import LeadStage, Stage
from .tags.models import LeadTag, Tag


def with_tag(queryset, name, value):
    """Those who carry the tag."""
    return queryset.filter(pk__in=LeadTag.objects.filter(tag=value).values("lead_id")) if value else queryset


def in_stage(queryset, name, value):
    return (
        queryset.filter(pk__in=LeadStage.objects.filter(stage=value).values("lead_id")) if value else queryset
    )


register_filter(
    "tag",
    lambda: django_filters.ModelChoiceFilter(
        label=_("Tag"), queryset=lambda request: Tag.objects.all(), empty_label=_("All"), method=with_tag
    ),
)
register_filter(
    "stage",
    lambda: django_filters.ModelChoiceFilter(
        label=_("Stage"), queryset=lambda request: Stage.objects.all(), empty_label=_("All"), method=in_stage
    ),
)
