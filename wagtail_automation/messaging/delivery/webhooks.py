"""Anymail's signals: its views have checked the signature; an error here makes the provider try again."""

from anymail.signals import inbound, tracking
from django.dispatch import receiver

from . import receiving


@receiver(tracking)
def provider_told(sender, event, esp_name, **kwargs):
    receiving.provider_event(event)


@receiver(inbound)
def mail_came(sender, event, esp_name, **kwargs):
    """A provider that receives mail for the site passes it on: read as those of a mailbox are."""
    if event.message is not None:
        receiving.mail(event.message.as_bytes())
