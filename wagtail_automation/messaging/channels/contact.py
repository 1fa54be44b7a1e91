"""Messages over channels count for the frequency cap and for who was touched by a campaign."""

from urllib.parse import urlencode

from django.urls import reverse

from wagtail_automation import contact
from wagtail_automation.messaging.contact import NOT_SENT
from wagtail_automation.outbox import State

from .models import ChannelMessage
from .names import CHANNEL_MESSAGES_URL


class ChannelMessages(contact.Source):
    """Of all channels beside email."""

    def recent(self, since):
        return ChannelMessage.objects.filter(created_at__gt=since).exclude(state__in=NOT_SENT)

    def reached(self, origin, since=None):
        sent = ChannelMessage.objects.filter(origin=origin, state=State.SENT)
        return sent.filter(sent_at__gte=since) if since else sent

    def of_day(self, origin, start, end):
        own = ChannelMessage.objects.filter(origin=origin)
        return {
            "sent": own.filter(state=State.SENT, sent_at__gte=start, sent_at__lt=end),
            "planned": own.filter(state__in=(State.QUEUED, State.IN_HAND), not_before__lt=end),
            "failed": own.filter(state=State.FAILED),
            "doubtful": own.filter(state=State.DOUBTFUL),
        }

    def doubtful(self):
        return ChannelMessage.objects.filter(state=State.DOUBTFUL)

    def list_url(self, **asked):
        query = urlencode({f"{name}__exact": value for name, value in asked.items()})
        return f"{reverse(CHANNEL_MESSAGES_URL)}?{query}"


contact.register_source(ChannelMessages())
