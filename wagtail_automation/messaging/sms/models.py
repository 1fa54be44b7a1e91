"""Text messages as editors write them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from wagtail_automation.messaging.channels.models import Channel, ChannelContent

from .forms import TextMessageForm

#: ten parts: more costs a fortune and is cut by many networks
MAX_LENGTH = 1600


class TextMessage(ChannelContent):
    """A text message (SMS), or any message of plain text over a channel that one chooses."""

    medium = "sms"

    text = models.TextField(_("text"), blank=True, max_length=MAX_LENGTH)
    channel = models.ForeignKey(
        Channel,
        verbose_name=_("channel"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Empty: the one that is used for text messages."),
    )

    base_form_class = TextMessageForm

    class Meta(ChannelContent.Meta):
        verbose_name = _("text message")
        verbose_name_plural = _("text messages")
        ordering = ["name"]

    def content(self):
        return {"text": self.text}

    def serve_preview(self, request, mode_name):
        from . import preview

        return preview.respond(request, self, mode_name)
