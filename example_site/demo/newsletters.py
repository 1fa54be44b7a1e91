"""One newsletter that was sent three weeks ago, and one that is planned; both made of pages."""

import datetime as dt

from django.contrib.auth import get_user_model
from django.db.models import F
from wagtail.models import Locale

from wagtail_automation import clock
from wagtail_automation.audiences.models import LeadList
from wagtail_automation.messaging.delivery.models import LinkClick
from wagtail_automation.messaging.models import Email, Message, Newsletter
from wagtail_automation.messaging.newsletters import actions, drafting
from wagtail_automation.outbox import State
from wagtail_automation.testing import clock as set_clock

SENT, PLANNED = "A letter from the mill", "The winter letter"
AGO, AHEAD = dt.timedelta(days=21), dt.timedelta(days=9)
#: of five, so many opened, and of seven, so many clicked
OPENED, CLICKED = 5, 7


def newsletters(pages: dict) -> None:
    """Make them where they are missing; a repeat changes nothing."""
    readers = LeadList.objects.filter(builtin="").order_by("pk").first()
    if readers is None or Newsletter.objects.exists():
        return
    now = clock.now()
    with set_clock.freeze(now - AGO):
        sent = _make(SENT, "News from the water: a letter from the mill", readers, 0, in_archive=True)
        actions.order(newsletter=sent, now=clock.now(), user=_user())
        actions.start(newsletter=sent, now=clock.now())
        while actions.queue_chunk(newsletter=sent, now=clock.now()):
            pass
        _was_sent(sent, clock.now())
        actions.finish(newsletter=sent, now=clock.now() + dt.timedelta(minutes=9))
    planned = _make(
        PLANNED,
        "Winter on the towpath",
        readers,
        3,
        send_at=(now + AHEAD).replace(hour=9, minute=0, second=0, microsecond=0),
        in_each_zone=True,
        spread_hours=2,
    )
    actions.order(newsletter=planned, now=now, user=_user())


def _user():
    return get_user_model().objects.filter(is_superuser=True).first()


def _make(name: str, subject: str, readers, first: int, **fields) -> Newsletter:
    """Three pages as an email, published, and a newsletter of it to the readers."""
    locale = Locale.objects.get(language_code="en")
    chosen = list(drafting.pages_offered(locale=locale)[first : first + 3])
    words = "Good day,\n\nhere is what happened at the mill since the last letter."
    email: Email = drafting.draft(pages=chosen, subject=subject, text=words, locale=locale)
    email.get_latest_revision().publish()
    newsletter = Newsletter.objects.create(name=name, email=email, **fields)
    actions.set_audience(newsletter=newsletter, lists=[readers])
    return newsletter


def _was_sent(newsletter: Newsletter, at: dt.datetime) -> None:
    """As the sender and the readers would have left it."""
    mails = Message.objects.filter(origin=newsletter.origin)
    mails.update(state=State.SENT, sent_at=at)
    numbered = mails.annotate(five=F("lead_id") % OPENED, seven=F("lead_id") % CLICKED)
    numbered.filter(five__lt=3).update(opened_at=at + dt.timedelta(hours=2))
    clicked = numbered.filter(five__lt=3, seven__lt=2)
    LinkClick.objects.bulk_create(
        [_click(mail, at + dt.timedelta(hours=3)) for mail in clicked.select_related("email_version")],
        ignore_conflicts=True,
    )
    clicked.update(clicked_at=at + dt.timedelta(hours=3))


def _click(mail: Message, at: dt.datetime) -> LinkClick:
    """Most follow what stands first."""
    links = sorted(mail.email_version.links, key=lambda name: int(name.removeprefix("link_")))
    name = links[0 if mail.lead_id % 3 else mail.lead_id % len(links)]
    number = int(name.removeprefix("link_"))
    return LinkClick(
        message=mail, link=mail.email_version.links[name]["id"], number=number, human=True, at=at
    )
