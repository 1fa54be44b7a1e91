"""Form fields that visitors do not see: values of the editor, and parameters of the address."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from .form_fields import FormFieldBlock, layout, register


@register
class HiddenField(FormFieldBlock):
    """A value that the editor sets. It never leaves the server, so nobody can forge it."""

    key = "hidden"
    is_visible = False

    fixed = blocks.CharBlock(label=_("Value"), max_length=255)

    class Meta:
        label = _("Hidden value")
        icon = "view"
        form_layout = layout("label", "fixed", settings=["help_text", "required"])


@register
class UtmField(FormFieldBlock):
    """A campaign parameter of the address that the visitor came with."""

    key = "utm"
    is_visible = False

    parameter = blocks.ChoiceBlock(
        label=_("Parameter"),
        choices=[
            (name, name) for name in ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
        ],
        default="utm_source",
    )

    class Meta:
        label = _("Campaign parameter")
        icon = "link"
        form_layout = layout("label", "parameter", settings=["help_text", "required"])
