"""Recency, frequency and value of each customer, from 1 to 5, and the class that they make; once a day.

Each is a customer's place among all: 5 for the fifth who bought last, most often, for the most money (in the
currency in which most people buy). Equals get equal points: of a shop in which most bought once, all of them
have frequency 1.
"""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock, jobs, signals
from wagtail_automation.leads.models import Lead

from . import querysets

FACT = "rfm"
BEAT = "rfm"
EVERY = dt.timedelta(hours=24)
#: In the order of their worth. Which points make which stands in ``querysets.classify``.
CLASSES = {
    "champion": _("Champions"),
    "loyal": _("Loyal"),
    "new": _("New and promising"),
    "attention": _("Need attention"),
    "at_risk": _("At risk"),
    "lost": _("Lost"),
}
#: What each means, for people.
MEANINGS = {
    "champion": _("They bought lately, often, and for much."),
    "loyal": _("They buy again and again."),
    "new": _("They bought lately for the first time or little."),
    "attention": _("They bought some time ago and little; they may forget you."),
    "at_risk": _("They used to buy often or much, and have not for long."),
    "lost": _("They bought little, long ago."),
}


def refresh(*, now: dt.datetime | None = None) -> int:
    """Compute all anew; returns how many changed their class. A repeat changes nobody."""
    now = now or clock.now()
    with transaction.atomic():
        changed = querysets.classify()
        if changed:
            signals.facts_changed.send(sender=Lead, leads=changed, facts=frozenset({FACT}), now=now)
    return len(changed)


def refresh_daily() -> str:
    """Beat: once in 24 hours."""
    last = jobs.last_heartbeat(BEAT)
    if last is not None and last + EVERY > clock.now():
        return "not due"
    changed = refresh()
    jobs.heartbeat(BEAT)
    return f"{changed} customers changed their class"
