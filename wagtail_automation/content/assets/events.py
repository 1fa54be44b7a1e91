"""What assets record."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.tracking import events

ASSET_DOWNLOADED = events.register(
    "asset_downloaded",
    _("Asset downloaded"),
    _("The person downloaded a document, picture or video."),
    group="web",
    icon="download",
)
