"""Dates and times of day in the forms of steps: the browser's own pickers, which need no inline script."""

import datetime as dt

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy
from wagtail import blocks

from wagtail_automation.leads.field_types import DayInput


class TimeInput(forms.TimeInput):
    """The browser's own picker of a time of day."""

    input_type = "time"

    def __init__(self, attrs=None):
        super().__init__(attrs, format="%H:%M")


class TimeOfDayBlock(blocks.TimeBlock):
    """Hours and minutes of a wall clock."""

    def __init__(self, required=True, help_text=None, **kwargs):
        self.own_options = {"required": required, "help_text": help_text, "widget": TimeInput()}
        super().__init__(required=required, help_text=help_text, **kwargs)

    @cached_property
    def field(self):
        return forms.TimeField(**self.own_options)


class DayBlock(blocks.DateBlock):
    """A day of the calendar."""

    def __init__(self, required=True, help_text=None, **kwargs):
        self.own_options = {"required": required, "help_text": help_text, "widget": DayInput()}
        super().__init__(required=required, help_text=help_text, **kwargs)

    @cached_property
    def field(self):
        return forms.DateField(**self.own_options)


def past_block(label, **kwargs) -> blocks.ChoiceBlock:
    """What becomes of people for whom the date lies in the past."""
    return blocks.ChoiceBlock(
        label=label,
        choices=[("go_on", gettext_lazy("Go on at once")), ("leave", gettext_lazy("Leave the campaign"))],
        default="go_on",
        **kwargs,
    )


NINE = dt.time(9)
