"""The block that places an asset on a page."""

from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from wagtail_automation.content.choosers import AssetChooserBlock


class AssetBlock(AssetChooserBlock):
    """An asset, for any StreamField: what it is, and the way to its page."""

    class Meta:
        icon = "download"
        label = _("Asset")

    def render(self, value, context=None):
        if value is None:
            return ""
        from .views import address

        context = {"asset": value, "url": address(value)}
        return render_to_string("wagtail_automation/content/assets/card.html", context)
