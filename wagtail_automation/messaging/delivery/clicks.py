"""Was it a person who followed the link? What is decided at once, and what after some seconds.

A mail gateway follows every link of an email within seconds of its delivery, with a browser's name. So the
first link in each email is one that nobody sees; many links within seconds are nobody's clicks; and what is
followed within seconds of the hand-over waits until it is clear which of the two it was.
"""

import datetime as dt

from django.db import transaction

from wagtail_automation import conf
from wagtail_automation.messaging import events
from wagtail_automation.messaging.models import Message

from .models import LinkClick

#: as many different links within so long are followed by a program
MANY, TOGETHER = 3, dt.timedelta(seconds=10)
#: how long a message that met the hidden link counts as being scanned
SCANNED_FOR = dt.timedelta(minutes=3)
BATCH = 500


def note(
    message: Message, number: int, link: dict, *, human: bool, data: dict, now: dt.datetime
) -> bool | None:
    """A link was followed by what looks like a person (``human``) or says that it is a program.

    Returns whether it was a person: None while that is open. Repeats change nothing, but a person who comes
    after a machine counts.
    """
    with transaction.atomic():
        if human and _is_scanned(message, link["id"], now):
            human = False
        verdict = None if human and _must_wait(message, now) else human
        row, created = LinkClick.objects.get_or_create(
            message=message,
            number=number,
            defaults={"link": link["id"], "human": verdict, "at": now, "data": data},
        )
        if not created:
            if verdict is None or row.human:
                return row.human
            if row.human is None and not verdict:
                LinkClick.objects.filter(pk=row.pk).update(human=False)
            elif verdict:
                LinkClick.objects.filter(pk=row.pk).update(human=True, at=now)
        if verdict is not None:
            events.record_click(message, link, human=verdict, data=data, now=now)
    return verdict


def _is_scanned(message: Message, link: str, now: dt.datetime) -> bool:
    """Whether a program is at it: it met the hidden link, or follows one link after the other."""
    if message.scanned_at is not None and abs(now - message.scanned_at) < SCANNED_FOR:
        return True
    if _addresses_in(message) < MANY:
        return False
    lately = LinkClick.objects.filter(message=message, at__gt=now - TOGETHER).exclude(link=link)
    if _different(lately) < MANY - 1:
        return False
    _give_up(message, lately)
    return True


def _must_wait(message: Message, now: dt.datetime) -> bool:
    window = dt.timedelta(seconds=conf.get("SCAN_SECONDS"))
    young = message.sent_at is None or now - message.sent_at < window
    return young and _addresses_in(message) >= MANY


def _addresses_in(message: Message) -> int:
    """How many different addresses an email links to: picture, title and button of one page are one."""
    return len({link["id"] for link in message.email_version.links.values()})


def _different(rows) -> int:
    return rows.order_by().values("link").distinct().count()


def _give_up(message: Message, rows) -> None:
    """Undecided clicks of this message were a machine's."""
    for row in rows.filter(human=None):
        _decide(row, message, human=False)


def _decide(row: LinkClick, message: Message, *, human: bool) -> None:
    if not LinkClick.objects.filter(pk=row.pk, human=None).update(human=human, data={}):
        return
    link = message.email_version.links.get(f"link_{row.number}")
    if link is not None:
        events.record_click(message, link, human=human, data=row.data, now=row.at)


def scanned(message: Message, now: dt.datetime) -> None:
    """The hidden link was followed: whoever did it sees what no person sees."""
    with transaction.atomic():
        Message.objects.filter(pk=message.pk).update(scanned_at=now)
        _give_up(message, LinkClick.objects.filter(message=message))


def settle(now: dt.datetime) -> int:
    """Decide what was open: nothing more came in the meantime, so it was a person. Returns how many."""
    open_clicks = LinkClick.objects.filter(human=None, at__lte=now - TOGETHER)
    rows = open_clicks.select_related("message__lead", "message__email_version", "message__site")
    count = 0
    for row in rows.order_by("at")[:BATCH]:
        with transaction.atomic():
            message = row.message
            if message.scanned_at is not None and abs(row.at - message.scanned_at) < SCANNED_FOR:
                _decide(row, message, human=False)
            else:
                near = LinkClick.objects.filter(message=message)
                near = near.filter(at__gt=row.at - TOGETHER, at__lt=row.at + TOGETHER)
                _decide(row, message, human=_different(near) < MANY)
            count += 1
    return count
