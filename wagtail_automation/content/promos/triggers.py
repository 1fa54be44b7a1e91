"""What starts a campaign from promos."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_automation.content.choosers import PromoChooserBlock
from wagtail_automation.triggers import Trigger, register

from .events import PROMO_CLICKED


@register
class PromoClicked(Trigger):
    """A promo is clicked: any, or one with its translations."""

    key = "promo_clicked"
    event = PROMO_CLICKED

    promo = PromoChooserBlock(
        label=gettext_lazy("Web promo"),
        required=False,
        help_text=gettext_lazy("Leave it empty for any promo."),
    )

    class Meta:
        label = gettext_lazy("Web promo clicked")
        icon = "pick"
        group = gettext_lazy("Web site")
        description = gettext_lazy("Starts when a person clicks in a web promo.")

    def subject(self, value):
        return value.get("promo")

    def sentence(self, value):
        promo = value.get("promo")
        return _("Clicks in the promo “%(promo)s”") % {"promo": promo} if promo else _("Clicks in any promo")
