"""Form fields that ask for a number on a scale, and the line that begins a new step."""

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from .form_fields import FormFieldBlock, layout, register


class ScaleWidget(forms.RadioSelect):
    """Radio buttons in one row; ``look`` is "stars" or "numbers"."""

    template_name = "wagtail_automation/content/widgets/scale.html"

    def __init__(self, *, look: str, low: str = "", high: str = "", **kwargs):
        super().__init__(**kwargs)
        self.look, self.low, self.high = look, low, high

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        context["widget"] |= {"look": self.look, "low": self.low, "high": self.high}
        return context


class _Scale(FormFieldBlock):
    """What both scales share: the number is stored as a number."""

    def to_json(self, cleaned):
        return int(cleaned) if cleaned else None


@register
class RatingField(_Scale):
    """One to so many stars."""

    key = "rating"

    stars = blocks.IntegerBlock(label=_("Number of stars"), default=5, min_value=3, max_value=10)

    class Meta:
        label = _("Rating")
        icon = "success"
        form_layout = layout("label", "help_text", "required", settings=["stars"])

    def form_field(self, value):
        most = value.get("stars") or 5
        choices = [
            (str(number), gettext("%(number)s of %(most)s") % {"number": number, "most": most})
            for number in range(1, most + 1)
        ]
        return forms.ChoiceField(choices=choices, widget=ScaleWidget(look="stars"), **self.common(value))


@register
class NpsField(_Scale):
    """How likely a recommendation is, from 0 to 10."""

    key = "nps"

    low = blocks.CharBlock(label=_("Words beside 0"), max_length=60, required=False)
    high = blocks.CharBlock(label=_("Words beside 10"), max_length=60, required=False)

    class Meta:
        label = _("Recommendation (NPS)")
        icon = "order"
        form_layout = layout("label", "help_text", "required", settings=["low", "high"])

    def form_field(self, value):
        widget = ScaleWidget(
            look="numbers",
            low=value.get("low") or gettext("Not at all"),
            high=value.get("high") or gettext("Certainly"),
        )
        choices = [(str(number), str(number)) for number in range(11)]
        return forms.ChoiceField(choices=choices, widget=widget, **self.common(value))


@register
class StepBreak(FormFieldBlock):
    """What stands below it, up to the next, is one step. Its label is the step's heading."""

    key = "step"
    is_visible = False
    is_question = False

    class Meta:
        label = _("New step")
        icon = "minus"
        label_format = _("Step: {label}")
        form_layout = layout("label", "help_text", settings=["required"])
