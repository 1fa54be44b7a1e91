"""What the list of leads can be narrowed to by lists, segments, tags and stages."""

import django_filters
from django.utils.translation import gettext_lazy as _

from wagtail_automation.leads.filters import register_filter

from .lists import filling
from .models import LeadList, Segment, SegmentMembership
from .stages.models import LeadStage, Stage
from .tags.models import LeadTag, Tag


def on_list(queryset, name, value):
    """Those who are on the list, whether it has rows or the system computes it."""
    return queryset.filter(pk__in=filling.members(value).order_by().values("pk")) if value else queryset


def in_segment(queryset, name, value):
    """Those who were found in the segment at its last refresh."""
    members = SegmentMembership.objects.filter(segment=value)
    return queryset.filter(pk__in=members.leads()) if value else queryset


def with_tag(queryset, name, value):
    """Those who carry the tag."""
    return queryset.filter(pk__in=LeadTag.objects.filter(tag=value).values("lead_id")) if value else queryset


def in_stage(queryset, name, value):
    return (
        queryset.filter(pk__in=LeadStage.objects.filter(stage=value).values("lead_id")) if value else queryset
    )


register_filter(
    "list",
    lambda: django_filters.ModelChoiceFilter(
        label=_("List"),
        queryset=lambda request: LeadList.objects.filter(archived=False).order_by("name"),
        empty_label=_("All"),
        method=on_list,
    ),
)
register_filter(
    "segment",
    lambda: django_filters.ModelChoiceFilter(
        label=_("Segment"),
        queryset=lambda request: Segment.objects.filter(archived=False, live=True).order_by("name"),
        empty_label=_("All"),
        method=in_segment,
    ),
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
