"""Choosing interests."""

from django.utils.functional import cached_property
from wagtail.blocks import ChooserBlock


class InterestChooserBlock(ChooserBlock):
    """Chooses one interest."""

    @cached_property
    def target_model(self):
        from .models import Interest

        return Interest

    @cached_property
    def widget(self):
        from .viewsets import interest_chooser

        return interest_chooser.widget_class()

    class Meta:
        icon = "glasses"
