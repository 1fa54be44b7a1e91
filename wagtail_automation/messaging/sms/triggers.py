"""What starts a campaign from text messages."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import CharBlock

from wagtail_automation.messaging.channels import vocabulary as events
from wagtail_automation.messaging.conditions import GROUP
from wagtail_automation.tracking.matching import link_pattern, matches_pattern
from wagtail_automation.triggers import Trigger, register

from .conditions import message_block


class AboutText(Trigger):
    """Base: something happened to one text message, or to any."""

    message = message_block()

    def subject(self, value):
        return value.get("message")

    def said(self, value, one: str, any_message: str) -> str:
        return one % {"message": value["message"]} if value.get("message") else any_message


@register
class SmsSent(AboutText):
    key = "sms_sent"
    event = events.SMS_SENT
    can_circle = True
    keywords = (_("SMS"),)

    class Meta:
        label = _("Text message sent")
        icon = "comment"
        group = GROUP
        tone = "blue"
        description = _("Starts when a text message to the person was handed over to the gateway.")

    def sentence(self, value):
        return self.said(value, gettext("Is sent “%(message)s”"), gettext("Is sent any text message"))


@register
class SmsClicked(AboutText):
    key = "sms_clicked"
    event = events.SMS_CLICKED
    keywords = (_("SMS"), _("link"))

    link = CharBlock(
        max_length=500,
        required=False,
        label=_("Address of the link"),
        help_text=_("A star stands for anything, as in https://shop.example/* or *.pdf. Empty: any link."),
    )

    class Meta:
        label = _("Text message clicked")
        icon = "link"
        group = GROUP
        tone = "blue"
        description = _("Starts when the person follows a link of a text message.")

    def matches(self, value, event):
        text = (value.get("link") or "").strip()
        return not text or matches_pattern(link_pattern(text), event.url)

    def sentence(self, value):
        return self.said(value, gettext("Clicks in “%(message)s”"), gettext("Clicks in any text message"))


@register
class SmsReplied(AboutText):
    key = "sms_replied"
    event = events.SMS_REPLIED
    keywords = (_("SMS"), _("answer"), _("reply"))

    class Meta:
        label = _("Text message answered")
        icon = "comment"
        group = GROUP
        tone = "blue"
        description = _("Starts when the person answers a text message, also with STOP.")

    def sentence(self, value):
        return self.said(value, gettext("Answers “%(message)s”"), gettext("Answers any text message"))
