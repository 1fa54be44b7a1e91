"""Emails as messages that count for the frequency cap and for who was touched by a campaign."""

from wagtail_automation import contact
from wagtail_automation.outbox import State

from .models import Message

#: What never reached anybody and never will.
NOT_SENT = (State.SKIPPED, State.CANCELLED, State.FAILED)


class Emails(contact.Source):
    """Marketing emails; transactional ones are ``DirectMessage`` and do not count."""

    def recent(self, since):
        return Message.objects.filter(created_at__gt=since).exclude(state__in=NOT_SENT)

    def reached(self, origin, since=None):
        sent = Message.objects.filter(origin=origin, state=State.SENT)
        return sent.filter(sent_at__gte=since) if since else sent


contact.register_source(Emails())
