"""The condition and the trigger about assets."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_automation.content.choosers import AssetChooserBlock
from wagtail_automation.rules import Condition, Events
from wagtail_automation.rules.conditions import conditions
from wagtail_automation.triggers import Trigger, triggers

from .events import ASSET_DOWNLOADED


@conditions.register
class AssetWasDownloaded(Condition):
    """The asset was downloaded; in a campaign since the entry."""

    key = "asset_downloaded"
    waitable = True
    counted_from = "entry"
    depends_on = Events(ASSET_DOWNLOADED)

    asset = AssetChooserBlock(label=gettext_lazy("Asset"))

    class Meta:
        label = gettext_lazy("Asset downloaded")
        icon = "download"
        group = gettext_lazy("Web site")
        description = gettext_lazy("The person downloaded this asset.")

    def q(self, value, scope):
        if not value.get("asset"):
            return scope.nobody()
        return scope.happened(ASSET_DOWNLOADED, about=value["asset"])

    def sentence(self, value):
        asset = value.get("asset")
        return _("Downloaded “%(asset)s”") % {"asset": asset} if asset else str(self.label)


@triggers.register
class AssetDownloaded(Trigger):
    """An asset is downloaded: any, or one."""

    key = "asset_downloaded"
    event = ASSET_DOWNLOADED

    asset = AssetChooserBlock(
        label=gettext_lazy("Asset"), required=False, help_text=gettext_lazy("Leave it empty for any asset.")
    )

    class Meta:
        label = gettext_lazy("Asset downloaded")
        icon = "download"
        group = gettext_lazy("Web site")
        description = gettext_lazy("Starts when a person downloads an asset.")

    def subject(self, value):
        return value.get("asset")

    def sentence(self, value):
        asset = value.get("asset")
        return _("Downloads “%(asset)s”") % {"asset": asset} if asset else _("Downloads any asset")
