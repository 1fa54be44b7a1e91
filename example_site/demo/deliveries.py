"""What mail servers, machines and people did with the letters: so that statistics are worth a look."""

import datetime as dt
import random
from email.message import EmailMessage

from wagtail_automation import clock
from wagtail_automation.leads.days import site_day
from wagtail_automation.messaging import events
from wagtail_automation.messaging.delivery import clicks, facts, plans, relaying, suppressing, warming
from wagtail_automation.messaging.models import Mailbox, MailServer, Message, Suppression

#: of a thousand letters
CONFIRMED, PROXIED, SCANNED, ANSWERED = 620, 240, 60, 12
BOUNCES = (
    ("hard", 14, "5.1.1", "550 5.1.1 No such user here"),
    ("soft", 16, "4.2.2", "452 4.2.2 The mailbox is full"),
    ("blocked", 9, "5.7.1", "550 5.7.1 Message refused by policy"),
)
#: addresses that another program had on its list
FORMER = ("hedge.sparrow@mail.example", "old.otter@post.example", "gone.heron@mail.example")

#: a server in its first week, of which each day sent a little less than it might; not in use, since the
#: example's letters go to its own mailbox page
NEW_SERVER, DAYS, SPARED = "New letter server", 4, 7

#: the mailbox for answers, and what those answer whom somebody looks after, by language
ANSWERS_TO, ANSWERS_ADDRESS, PASSED_ON = "Answers to letters", "answers@alder-aulne.example", 3
WORDS = {
    "en": "Thank you for this. Could somebody ring me about the Heron one morning this week?",
    "fr": "Merci pour votre lettre. Quelqu'un peut-il m'appeler un matin cette semaine au sujet du Héron ?",
}


def servers() -> None:
    """A mail server whose plan is in its first week, and a mailbox that passes answers on; neither is in use.
    A repeat changes nothing."""
    Mailbox.objects.get_or_create(
        name=ANSWERS_TO,
        defaults={
            "host": "mail.alder-aulne.example",
            "username": ANSWERS_ADDRESS,
            "secret": "answers",
            "is_active": False,
            "relays_replies": True,
        },
    )
    now = clock.now()
    server, is_new = MailServer.objects.get_or_create(
        name=NEW_SERVER,
        defaults={
            "host": "letters.alder-aulne.example",
            "username": "letters",
            "secret": "letters",
            "per_minute": 120,
            "is_active": False,
            "warm_up_from": site_day(now) - dt.timedelta(days=DAYS),
            "warm_up_plan": plans.write(plans.DEFAULT),
        },
    )
    for number in range(DAYS if is_new else 0):
        warming.take(
            server,
            plans.DEFAULT[number] - SPARED * number,
            now - dt.timedelta(days=DAYS - number),
            is_held=False,
        )


def deliver(rng: random.Random) -> None:
    """Reports, proxies and scanners for each letter of the past; a repeat adds nothing to a letter."""
    sent = (
        Message.objects.filter(state="sent")
        .select_related("lead__owner", "email_version", "site")
        .order_by("pk")
    )
    passed_on = 0
    for number, message in enumerate(sent):
        at = message.sent_at + dt.timedelta(seconds=rng.randint(3, 400))
        if message.opened_at is None and _came_back(message, rng, at):
            continue
        if rng.random() * 1000 < CONFIRMED:
            facts.delivered(message, at=at)
        if rng.random() * 1000 < PROXIED:
            events.record_open(message, human=False, data={}, now=at)
        if rng.random() * 1000 < SCANNED:
            _scan(message, at)
        if message.opened_at and rng.random() * 1000 < ANSWERED:
            at = message.opened_at + dt.timedelta(hours=2)
            facts.replied(message, at=at)
        elif message.opened_at and message.lead.owner and passed_on < PASSED_ON:
            passed_on += _answer(message)
        if number == 40:
            facts.complained(message, at=at)
    note = "Carried over from the former program"
    for address in FORMER:
        suppressing.suppress(address, Suppression.Reason.MANUAL, detail=note)


def _answer(message) -> bool:
    """Let somebody answer whom a colleague looks after; it is passed on to the colleague's mailbox, which the
    example shows."""
    at = message.opened_at + dt.timedelta(hours=2)
    written = EmailMessage()
    written["From"] = message.lead.email
    written["Subject"] = f"Re: {message.email_version.subject}"
    written["Message-ID"] = f"<answer.{message.pk}@{message.lead.email.rpartition('@')[2]}>"
    written["In-Reply-To"] = written["References"] = f"<{message.message_id}>"
    domain = message.lead.email.rpartition("@")[2]
    written["Authentication-Results"] = f"mail.alder-aulne.example; dmarc=pass header.from={domain}"
    written.set_content(WORDS.get(message.lead.language, WORDS["en"]))
    facts.replied(message, at=at)
    mailbox = Mailbox.objects.get(name=ANSWERS_TO)
    return relaying.relay(written.as_bytes(), message, mailbox, now=at)


def _came_back(message, rng: random.Random, at: dt.datetime) -> bool:
    chance = rng.random() * 1000
    for kind, share, status, words in BOUNCES:
        chance -= share
        if chance < 0:
            facts.bounced(message, kind=kind, at=at, status=status, detail=words)
            return True
    return False


def _scan(message, at: dt.datetime) -> None:
    for name, link in message.email_version.links.items():
        clicks.note(message, int(name.removeprefix("link_")), link, human=False, data={}, now=at)
