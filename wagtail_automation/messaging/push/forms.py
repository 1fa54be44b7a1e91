"""The form of a push message."""

from wagtail_automation.messaging.sms.forms import ChannelContentForm


class PushMessageForm(ChannelContentForm):
    texts = ("title", "body")
    needed = ("title",)
