"""The button with which a visitor asks for push messages, for the StreamFields of a site's pages."""

from django.utils.translation import gettext_lazy as _
from wagtail.blocks import CharBlock, StructBlock


class PushButtonBlock(StructBlock):
    """Shown only by browsers that can do it; asks nothing before it is pressed."""

    label = CharBlock(label=_("Button"), max_length=80, default=_("Notify me of news"))
    done = CharBlock(label=_("Button afterwards"), max_length=80, default=_("Stop notifying me"))

    class Meta:
        label = _("Button for push messages")
        icon = "desktop"
        template = "wagtail_automation/messaging/push_button.html"
