"""Choosing goals."""

from django.utils.functional import cached_property
from wagtail.blocks import ChooserBlock


class GoalChooserBlock(ChooserBlock):
    """Chooses one goal; archived ones are not offered but stay chosen."""

    @cached_property
    def target_model(self):
        from .models import Goal

        return Goal

    @cached_property
    def widget(self):
        from .viewsets import goal_chooser

        return goal_chooser.widget_class()

    class Meta:
        icon = "success"
