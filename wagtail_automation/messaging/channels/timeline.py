"""Messages over channels in the timeline, and on a lead's page."""

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_automation.admin.panels import LeadPanel, lead_panels
from wagtail_automation.messaging.reasons import explain
from wagtail_automation.tracking import timeline

from . import vocabulary
from .models import ChannelMessage, ChannelReply
from .names import CHANNEL_MESSAGES_URL

APP = "wagtail_automation_messaging"
SHOWN = 8


class MessageRenderer(timeline.TimelineRenderer):
    """Base: the message's name, with a way to the list."""

    def url(self, event):
        return reverse(CHANNEL_MESSAGES_URL)


@timeline.register
class SmsSentRenderer(MessageRenderer):
    key = vocabulary.SMS_SENT


@timeline.register
class SmsDeliveredRenderer(MessageRenderer):
    key = vocabulary.SMS_DELIVERED


@timeline.register
class SmsClickedRenderer(MessageRenderer):
    key = vocabulary.SMS_CLICKED

    def detail(self, event):
        return event.url


@timeline.register
class SmsRepliedRenderer(MessageRenderer):
    key = vocabulary.SMS_REPLIED

    def detail(self, event):
        return _("asks to stop") if event.data.get("stop") else ""


@timeline.register
class PushSentRenderer(MessageRenderer):
    key = vocabulary.PUSH_SENT


@timeline.register
class PushClickedRenderer(MessageRenderer):
    key = vocabulary.PUSH_CLICKED

    def detail(self, event):
        return event.url


@lead_panels.register
class ChannelMessagesPanel(LeadPanel):
    """The last messages over channels and answers; two queries."""

    key = "channel_messages"
    heading = gettext_lazy("Text and push messages")
    icon = "comment"
    column = "main"
    order = 255
    template_name = "wagtail_automation/messaging/channel_panel.html"

    def is_shown(self):
        return (
            self.request.user.has_perm(f"{APP}.view_channelmessage")
            and ChannelMessage.objects.filter(lead=self.lead).exists()
        )

    def get_context(self):
        rows = ChannelMessage.objects.filter(lead=self.lead).select_related("version").order_by("-pk")
        rows = list(rows[: SHOWN + 1])
        replies = ChannelReply.objects.filter(lead=self.lead).order_by("-pk")[:SHOWN]
        return {
            "rows": [(row, explain(row.reason)) for row in rows[:SHOWN]],
            "replies": replies if self.request.user.has_perm(f"{APP}.view_channelreply") else [],
            "has_more": len(rows) > SHOWN,
            "all_url": f"{reverse(CHANNEL_MESSAGES_URL)}?{urlencode({'q': self.lead.email or ''})}",
        }
