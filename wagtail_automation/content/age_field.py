"""The form field that asks whether somebody is old enough; the answer goes into the ledger."""

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .form_fields import FormFieldBlock, layout, register

YES, NO = "yes", "no"


@register
class AgeField(FormFieldBlock):
    """Yes or no. Who says no is neither remembered nor written to, whatever else they ticked."""

    key = "age"

    class Meta:
        label = _("Age check")
        icon = "calendar-alt"
        form_layout = layout("label", "help_text", "required")

    def form_field(self, value):
        choices = [(YES, gettext("Yes")), (NO, gettext("No"))]
        return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **self.common(value))

    def display(self, stored):
        return {YES: gettext("Yes"), NO: gettext("No")}.get(stored, "")
