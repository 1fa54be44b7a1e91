"""Which campaign somebody means at a terminal."""

import uuid

from django.core.management.base import CommandError

from wagtail_automation.campaigns.models import Campaign


def find_campaign(text: str) -> Campaign:
    """By number, UUID or name. Raises CommandError when there is none, or more than one of that name."""
    if text.isdecimal():
        found = Campaign.objects.filter(pk=text[:18])
    else:
        try:
            found = Campaign.objects.filter(uuid=uuid.UUID(text))
        except ValueError:
            found = Campaign.objects.filter(name=text)
    campaigns = list(found[:2])
    if len(campaigns) != 1:
        problem = "several campaigns are called" if campaigns else "there is no campaign"
        raise CommandError(f"{problem.capitalize()} {text!r}.")
    return campaigns[0]
