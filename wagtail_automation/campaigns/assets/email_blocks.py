"""An asset in an email: its name, what it is, and a button that is good for the recipient alone."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_automation.content.assets import tokens
from wagtail_automation.content.choosers import AssetChooserBlock
from wagtail_automation.messaging.email_blocks.groups import SPECIAL
from wagtail_automation.messaging.registry import EmailBlock, email_blocks


@email_blocks.register
class AssetEmailBlock(EmailBlock):
    """The link needs no form, counts the download for its person, and expires after the asset's days."""

    key = "asset"
    asset = AssetChooserBlock(label=_("Asset"))
    label = blocks.CharBlock(label=_("Words on the button"), max_length=100, default=_("Download"))

    class Meta:
        label = _("Asset")
        icon = "download"
        group = SPECIAL
        description = _("A document, picture or video behind a link that is good for the recipient alone.")

    def render_mjml(self, value, context):
        asset = value["asset"]
        if asset is None:
            return ""
        about = f"<br>{context.html(asset.description)}" if asset.description else ""
        return (
            f'<mj-text padding="0 32px 6px"><strong>{context.html(asset.name)}</strong>{about}</mj-text>'
            f'<mj-button css-class="wa-button" href="{context.html(_address(asset, context))}">'
            f"{context.html(value['label'])}</mj-button>"
        )

    def render_text(self, value, context):
        asset = value["asset"]
        if asset is None:
            return ""
        link = f"{context.plain(value['label'])}: {context.url(_address(asset, context), asset.name)}"
        return "\n".join(filter(None, [asset.name, asset.description, link]))


def _address(asset, context) -> str:
    path = reverse("wagtail_automation_content:asset_file", args=[asset.uuid, "TOKEN"])
    return f"{context.base_url}{path}".replace("TOKEN", f"{{{{ {tokens.name_of(asset)} }}}}")
