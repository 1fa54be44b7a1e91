"""Messages over channels count for the frequency cap and for who was touched by a campaign."""

from wagtail_automation import contact
from wagtail_automation.messaging.contact import OutboxSource

from .models import ChannelMessage
from .names import CHANNEL_MESSAGES_URL


class ChannelMessages(OutboxSource):
    """Of all channels beside email."""

    model = ChannelMessage
    list_name = CHANNEL_MESSAGES_URL


contact.register_source(ChannelMessages())
