"""Choosing stages."""

from django.utils.functional import cached_property
from wagtail.blocks import ChooserBlock


class StageChooserBlock(ChooserBlock):
    """Chooses one stage."""

    @cached_property
    def target_model(self):
        from .models import Stage

        return Stage

    @cached_property
    def widget(self):
        from .viewsets import stage_chooser

        return stage_chooser.widget_class()

    class Meta:
        icon = "tasks"
