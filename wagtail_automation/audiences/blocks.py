"""Chooser blocks of lists and segments."""

from django.utils.functional import cached_property
from wagtail.blocks import ChooserBlock
from wagtail.snippets.blocks import SnippetChooserBlock


class LeadListChooserBlock(ChooserBlock):
    """Chooses a list; archived ones are not offered but stay chosen."""

    @cached_property
    def target_model(self):
        from .models import LeadList

        return LeadList

    @cached_property
    def widget(self):
        from .choosers import lead_list_chooser

        return lead_list_chooser.widget_class()

    class Meta:
        icon = "list-ul"


class SegmentChooserBlock(SnippetChooserBlock):
    """Chooses a segment."""

    def __init__(self, **kwargs):
        super().__init__("wagtail_automation_audiences.Segment", **kwargs)

    class Meta:
        icon = "group"
