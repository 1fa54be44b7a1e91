"""What happens to the messages of a newsletter that a person paused or cancelled."""

import datetime as dt

from wagtail_automation.outbox import State

from .models import Newsletter, NewsletterState
from .querysets import messages_of, pks_in

#: ``not_before`` of what a pause holds back
HELD_UNTIL = dt.datetime(3000, 1, 1, tzinfo=dt.UTC)
PAUSED, CANCELLED = "newsletter_paused", "newsletter_cancelled"


def hold(newsletter: Newsletter) -> int:
    """Keep back what is queued. A repeat finds what came back to the queue since."""
    waiting = messages_of(newsletter).filter(state=State.QUEUED).exclude(reason=PAUSED)
    return waiting.update(not_before=HELD_UNTIL, reason=PAUSED)


def drop(newsletter: Newsletter) -> int:
    """Nobody gets what is queued, for good."""
    waiting = messages_of(newsletter).filter(state=State.QUEUED)
    return waiting.update(state=State.CANCELLED, reason=CANCELLED)


def count_anew(origins: set[str]) -> None:
    """Messages of these origins go out after all: what was noted at the end of a newsletter holds no longer,
    so that its list counts again."""
    if pks := pks_in(origins):
        Newsletter.objects.filter(pk__in=pks, state=NewsletterState.DONE).update(counts={})


def sent_back(origins: set[str]) -> None:
    """Messages of these origins came back to the queue: of a newsletter that was stopped while they were in
    hand they are held, or dropped. Call it in the transaction that queues them. Nothing is asked where none
    is a newsletter."""
    if not (pks := pks_in(origins)):
        return
    # locked: whoever stops one now waits until these messages are seen to be queued
    for newsletter in Newsletter.objects.select_for_update().filter(pk__in=pks).order_by("pk"):
        if newsletter.state == NewsletterState.PAUSED:
            hold(newsletter)
        elif newsletter.state == NewsletterState.CANCELLED:
            drop(newsletter)
