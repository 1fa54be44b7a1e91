"""Emails as messages that count for the frequency cap and for who was touched by a campaign."""

from urllib.parse import urlencode

from django.urls import reverse

from wagtail_automation import contact
from wagtail_automation.outbox import State

from .models import Message
from .names import MESSAGES_URL

#: What never reached anybody and never will.
NOT_SENT = (State.SKIPPED, State.CANCELLED, State.FAILED)


class Emails(contact.Source):
    """Marketing emails; transactional ones are ``DirectMessage`` and do not count."""

    def recent(self, since):
        return Message.objects.filter(created_at__gt=since).exclude(state__in=NOT_SENT)

    def reached(self, origin, since=None):
        sent = Message.objects.filter(origin=origin, state=State.SENT)
        return sent.filter(sent_at__gte=since) if since else sent

    def of_day(self, origin, start, end):
        own = Message.objects.filter(origin=origin)
        return {
            "sent": own.filter(state=State.SENT, sent_at__gte=start, sent_at__lt=end),
            "planned": own.filter(state__in=(State.QUEUED, State.IN_HAND), not_before__lt=end),
            "failed": own.filter(state=State.FAILED),
            "doubtful": own.filter(state=State.DOUBTFUL),
        }

    def doubtful(self):
        return Message.objects.filter(state=State.DOUBTFUL)

    def list_url(self, **asked):
        query = urlencode({f"{name}__exact": value for name, value in asked.items()})
        return f"{reverse(MESSAGES_URL)}?{query}"


contact.register_source(Emails())
