"""Messages that count for the frequency cap and for who was touched by a campaign: emails here."""

from urllib.parse import urlencode

from django.urls import reverse

from wagtail_automation import contact
from wagtail_automation.outbox import State

from .models import Message
from .names import MESSAGES_URL

#: What never reached anybody and never will.
NOT_SENT = (State.SKIPPED, State.CANCELLED, State.FAILED)


class OutboxSource(contact.Source):
    """Base: the rows of an outbox with a lead and an origin; ``list_name`` is the address of their list."""

    model: type
    list_name: str

    def recent(self, since):
        return self.model.objects.filter(created_at__gt=since).exclude(state__in=NOT_SENT)

    def reached(self, origin, since=None):
        sent = self.model.objects.filter(origin=origin, state=State.SENT)
        return sent.filter(sent_at__gte=since) if since else sent

    def of_day(self, origin, start, end):
        own = self.model.objects.filter(origin=origin)
        return {
            "sent": own.filter(state=State.SENT, sent_at__gte=start, sent_at__lt=end),
            "planned": own.filter(state__in=(State.QUEUED, State.IN_HAND), not_before__lt=end),
            "failed": own.filter(state=State.FAILED),
            "doubtful": own.filter(state=State.DOUBTFUL),
        }

    def doubtful(self):
        return self.model.objects.filter(state=State.DOUBTFUL)

    def list_url(self, **asked):
        query = urlencode({f"{name}__exact": value for name, value in asked.items()})
        return f"{reverse(self.list_name)}?{query}"


class Emails(OutboxSource):
    """Marketing emails; transactional ones are ``DirectMessage`` and do not count."""

    model = Message
    list_name = MESSAGES_URL


contact.register_source(Emails())
