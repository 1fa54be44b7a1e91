"""A block for emails, in one class: the form of an editor, the MJML, and the lines of the text part."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_automation.messaging.registry import EmailBlock, email_blocks


@email_blocks.register
class StampBlock(EmailBlock):
    """A stamp in the corner, as on paper."""

    key = "acme_stamp"
    words = blocks.CharBlock(label=_("On the stamp"), max_length=40)

    class Meta:
        label = _("Stamp")
        icon = "pick"
        group = _("Acme")

    def render_mjml(self, value, context):
        accent = context.theme.accent
        return (
            f'<mj-text align="right"><span style="border:2px dashed {accent};padding:8px 12px">'
            f"{context.html(value['words'])}</span></mj-text>"
        )

    def render_text(self, value, context):
        return f"[{context.plain(value['words'])}]"
