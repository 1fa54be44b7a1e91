"""A block that refers to another step of the same tree, by its UUID."""

from django import forms
from django.utils.functional import cached_property
from wagtail import blocks


class StepChooserWidget(forms.TextInput):
    """A text input that the editor's script turns into a list of the tree's steps."""

    def __init__(self, attrs=None):
        super().__init__({"data-controller": "wa-step-chooser", **(attrs or {})})


class StepChooserBlock(blocks.FieldBlock):
    """The UUID of a step, as text; ``""`` when nothing was chosen. That it exists is checked by the tree."""

    def __init__(self, required=True, help_text=None, **kwargs):
        self.field_options = {"required": required, "help_text": help_text}
        super().__init__(**kwargs)

    @cached_property
    def field(self):
        return forms.CharField(max_length=36, widget=StepChooserWidget(), **self.field_options)

    def get_searchable_content(self, value):
        return []
