"""What starts a campaign from content."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_automation.content.choosers import FormChooserBlock
from wagtail_automation.tracking import events
from wagtail_automation.triggers import Trigger, register


@register
class FormSubmitted(Trigger):
    """A form is submitted: any, or one with its translations."""

    key = "form_submitted"
    keywords = (
        gettext_lazy("contact"),
        gettext_lazy("sign up"),
        gettext_lazy("request"),
    )
    event = events.FORM_SUBMITTED

    form = FormChooserBlock(
        label=gettext_lazy("Form"), required=False, help_text=gettext_lazy("Leave it empty for any form.")
    )

    class Meta:
        label = gettext_lazy("Form submitted")
        icon = "form"
        group = gettext_lazy("Web site")
        description = gettext_lazy("Starts when a person sends a form.")

    def subject(self, value):
        return value.get("form")

    def sentence(self, value):
        form = value.get("form")
        return _("Submits “%(form)s”") % {"form": form} if form else _("Submits any form")


from .assets import rules as asset_rules  # noqa: E402, F401
from .promos import triggers as promo_triggers  # noqa: E402, F401  (registers its classes)
