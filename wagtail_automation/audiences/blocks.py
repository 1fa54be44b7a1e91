"""Chooser blocks of lists and segments."""

from django.utils.functional import cached_property
from wagtail.blocks import ChooserBlock

from wagtail_automation.admin.choosers import SnippetChooserBlock


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


class StoredListChooserBlock(LeadListChooserBlock):
    """Chooses a list that people can be put on: not one that the system computes."""

    @cached_property
    def widget(self):
        from .choosers import stored_list_chooser

        return stored_list_chooser.widget_class()

    def clean(self, value):
        from .lists.builtin import refuse_computed

        value = super().clean(value)
        refuse_computed(value)
        return value


class SegmentChooserBlock(SnippetChooserBlock):
    """Chooses a segment."""

    def __init__(self, **kwargs):
        super().__init__("wagtail_automation_audiences.Segment", **kwargs)

    class Meta:
        icon = "group"
