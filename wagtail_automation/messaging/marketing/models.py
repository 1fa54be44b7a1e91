"""Marketing messages."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from wagtail_automation.messaging.push.models import PushMessage
from wagtail_automation.messaging.sms.models import TextMessage

from .forms import MarketingMessageForm

#: fields that hold a variant
VARIANTS = ("email", "text_message", "push_message")


class MarketingMessage(models.Model):
    """The same message for several channels. Each variant is written and published by itself."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=160, unique=True)
    email = models.ForeignKey(
        "wagtail_automation_messaging.Email",
        verbose_name=_("as an email"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    text_message = models.ForeignKey(
        TextMessage,
        verbose_name=_("as a text message"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    push_message = models.ForeignKey(
        PushMessage,
        verbose_name=_("as a push message"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    base_form_class = MarketingMessageForm

    class Meta:
        verbose_name = _("marketing message")
        verbose_name_plural = _("marketing messages")
        ordering = ["name"]

    def __str__(self):
        return self.name

    @property
    def variants(self) -> dict[str, models.Model]:
        """``{channel: what is sent over it}``."""
        found = {"email": self.email, "sms": self.text_message, "push": self.push_message}
        return {channel: message for channel, message in found.items() if message is not None}
