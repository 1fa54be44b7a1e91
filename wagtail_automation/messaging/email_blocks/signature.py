"""The end of a letter: who sends it."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_automation.messaging.registry import EmailBlock, email_blocks

from .groups import SITE

PHOTO = (
    "{% if sender.photo != '' %}"
    '<img src="{{ sender.photo }}" alt="" width="64" height="64" align="left" '
    'style="border-radius:32px;margin:0 14px 8px 0" />{% endif %}'
)
WORDS = (
    "<strong>{{ sender.name }}</strong>"
    "{% if sender.role != '' %}<br /><small>{{ sender.role }}</small>{% endif %}"
    "{% if sender.signature != '' %}<br />{{ sender.signature | newline_to_br }}{% endif %}"
)


@email_blocks.register
class SignatureBlock(EmailBlock):
    """Picture, name, role and signature of whoever sends the email, filled when it is sent."""

    key = "signature"
    words = blocks.CharBlock(label=_("Before it"), required=False, max_length=100)
    photo = blocks.BooleanBlock(label=_("With the photo"), required=False, default=True)

    class Meta:
        label = _("Signature")
        icon = "user"
        group = SITE
        description = _("Photo, name and signature of the person who sends it, or the site's name.")

    def render_mjml(self, value, context):
        words = f"<div>{context.html(value['words'])}</div>" if value["words"] else ""
        photo = context.markup(PHOTO) if value["photo"] else ""
        return (
            f'<mj-text padding="8px 32px 24px">{words}<div style="padding-top:8px">{photo}'
            f"{context.markup(WORDS)}</div></mj-text>"
        )

    def render_text(self, value, context):
        words = f"{context.plain(value['words'])}\n" if value["words"] else ""
        return (
            f"{words}{{{{ sender.name }}}}{{% if sender.role != '' %}}\n{{{{ sender.role }}}}{{% endif %}}"
            "{% if sender.signature != '' %}\n{{ sender.signature }}{% endif %}"
        )
