"""Blocks of what stands around the text: where else the site is found, the footer."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail import blocks

from wagtail_automation.messaging.registry import EmailBlock, email_blocks
from wagtail_automation.messaging.social import SIGNS, profiles

from .groups import SITE

FOLDER = "wagtail_automation/messaging/social/"
IN_LINE = "display:inline-block;line-height:30px;vertical-align:middle"
SIGN = f"{IN_LINE};height:30px;width:auto;border:0;font-style:normal"


def social_links(context) -> str:
    """The site's profiles as links in a row; empty without any. Each is a network's sign, else words.

    The signs are grey, so that they are seen on white and on black; without a width of their own, so that
    their words have room where pictures are not loaded.
    """
    found = []
    for network, name, url in profiles(context.settings):
        words = context.foreign(name)
        if network in SIGNS:
            source = context.html(context.static(f"{FOLDER}{network}.png"))
            words = f'<img src="{source}" alt="{words}" height="30" style="{SIGN}" />'
        else:
            words = f'<span style="{IN_LINE}">{words}</span>'
        found.append(f'<a href="{context.html(url)}" style="text-decoration:none">{words}</a>')
    return "&nbsp; ".join(found)


def social_text(context) -> str:
    return "\n".join(
        f"{context.plain_foreign(name)}: {context.url(url, name)}"
        for _network, name, url in profiles(context.settings)
    )


@email_blocks.register
class SocialLinksBlock(EmailBlock):
    """The profiles of the email settings: signs of the networks, words where images are blocked."""

    key = "social_links"
    text = blocks.CharBlock(label=_("Before it"), required=False, max_length=150)
    align = blocks.ChoiceBlock(
        label=_("Alignment"),
        choices=[
            ("left", pgettext_lazy("alignment", "Left")),
            ("center", pgettext_lazy("alignment", "Centre")),
        ],
        default="left",
    )

    class Meta:
        label = _("Social networks")
        icon = "site"
        group = SITE
        description = _("Links to the profiles that stand in the email settings.")

    def render_mjml(self, value, context):
        links = social_links(context)
        if not links:
            return ""
        before = (
            f'<div style="padding-bottom:8px">{context.html(value["text"])}</div>' if value["text"] else ""
        )
        align = "center" if value["align"] == "center" else "left"
        return f'<mj-text align="{align}" font-weight="600" padding="0 32px 24px">{before}{links}</mj-text>'

    def render_text(self, value, context):
        links = social_text(context)
        return "\n".join(filter(None, [context.plain(value["text"] or ""), links])) if links else ""


@email_blocks.register
class FooterBlock(EmailBlock):
    """More in the footer. The address and the way to unsubscribe stand there with or without this."""

    key = "footer"
    text = blocks.RichTextBlock(label=_("Text"), required=False, features=["bold", "italic", "link"])
    social = blocks.BooleanBlock(label=_("Social networks"), required=False, default=True)

    class Meta:
        label = _("Footer")
        icon = "collapse-down"
        group = SITE
        description = _(
            "What stands at the very end, beside your postal address and the link to unsubscribe, "
            "which every email has."
        )

    def render_mjml(self, value, context):
        rich = context.rich(value["text"].source) if value["text"] else ""
        context.footer["html"] = [rich, social_links(context) if value["social"] else ""]
        return ""

    def render_text(self, value, context):
        rich = context.plain_rich(value["text"].source) if value["text"] else ""
        context.footer["text"] = [rich, social_text(context) if value["social"] else ""]
        return ""
