"""Passing answers on: what a person answers to an email goes to the colleague who looks after them.

It leaves as a direct message of the site (From is the site's own address, marked as automatic by RFC 3834, so
that nobody's holiday notice answers it), and an answer to it goes to the person. It follows what was answered
(RFC 5322 §3.6.4, ``threads``). What the mailbox's server found about the sender is told in words where it is
bad, and kept as ``X-Original-Authentication-Results``: as ``Authentication-Results`` (RFC 8601) it would
speak of the message that carries it, which is the site's own.
"""

import base64
import datetime as dt
from email import message_from_bytes

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from wagtail_automation.leads.models import Identifier
from wagtail_automation.leads.page import absolute_lead_url
from wagtail_automation.messaging import actions, addresses, alerts, events
from wagtail_automation.messaging.models import DirectMessage, EmailSettings, Message
from wagtail_automation.tracking import events as vocabulary

from . import answers, reports, threads
from .models import Mailbox

#: answers to one message that are passed on within a day
MOST, LATELY = 10, dt.timedelta(days=1)


def relay(raw: bytes, message: Message, mailbox: Mailbox, *, now: dt.datetime) -> bool:
    """Queue an answer to ``message`` for the owner of its lead; returns whether that was done.

    Not without an owner who works here and has an address, not to an address that receives answers anyway,
    not what the owner wrote, and no more than ``MOST`` a day. The same mail again (by its Message-ID) changes
    nothing. Bounces and automatic answers must not come here.
    """
    lead = message.lead
    owner = lead.owner
    answer = answers.read(raw)
    if owner is None or not owner.is_active or not addresses.is_valid(owner.email) or answer is None:
        return False
    if addresses.normalise(owner.email) in {addresses.normalise(answer.sender), *_read_here(mailbox)}:
        return False
    is_known, reply_to = _reply_to(lead, answer.sender)
    key = f"reply:{message.pk}:"
    lately = DirectMessage.objects.filter(key__startswith=key, created_at__gt=now - LATELY)
    if not addresses.is_valid(reply_to) or lately.count() >= MOST:
        return False
    follows, results = _origin(raw, mailbox)
    with transaction.atomic():
        if not note(message, answer.identity, owner, now=now):
            return False
        with translation.override(alerts.language_of(owner)):
            subject, text = _letter(answer, message, reply_to, is_known, results)
        actions.queue_direct(
            to=owner.email,
            subject=subject,
            text=text,
            key=f"{key}{answer.identity}",
            site=message.site,
            reply_to=reply_to,
            attachments=[
                {"name": one.name, "kind": one.kind, "content": base64.b64encode(one.content).decode()}
                for one in answer.attachments
                if one.content is not None
            ],
            headers=follows | ({threads.ORIGINAL_RESULTS: results.field} if results else {}),
        )
    return True


def note(message: Message, identity: str, owner, *, now: dt.datetime) -> bool:
    """Keep in the timeline that this answer went to the owner; False for a repeat."""
    data = {"to": (owner.get_full_name() or owner.get_username())[:100]}
    part = f":{identity}"
    return events.record(vocabulary.EMAIL_PASSED_ON, message, data=data, now=now, part=part) is not None


def _origin(raw: bytes, mailbox: Mailbox) -> tuple[dict[str, str], threads.Results | None]:
    """What the letter for the owner follows, and what was found about the sender."""
    try:
        mail = message_from_bytes(raw[: reports.MAX_BYTES])
        return threads.headers(mail), threads.results(mail, mailbox.host, mailbox.authority)
    except reports.FAULTS:
        return {}, None


def _read_here(mailbox: Mailbox) -> set[str]:
    """Addresses at which answers arrive: to pass them on there would be to send them in a circle."""
    ours = [mailbox.username]
    for pair in EmailSettings.objects.values_list("reply_to", "return_path"):
        ours += pair
    return {addresses.normalise(address) for address in ours if address}


def _reply_to(lead, sender: str) -> tuple[bool, str]:
    """Whether the sender is known to be this person, and where an answer goes: From is easily forged, so only
    to an address of theirs that we know."""
    value = addresses.normalise(sender)
    if value and value == addresses.normalise(lead.email):
        return True, lead.email
    theirs = Identifier.objects.filter(lead=lead, kind="email")
    for known in theirs.values_list("value", flat=True)[:50]:
        if value and value == addresses.normalise(known):
            return True, known
    return False, lead.email


def _letter(
    answer: answers.Answer, message: Message, reply_to: str, is_known: bool, results: threads.Results | None
) -> tuple[str, str]:
    """Subject and text for the owner, in the active language."""
    who = " ".join(str(message.lead).split())[:120]
    email = message.email_version.name
    head = [
        _("%(lead)s answered the email “%(email)s”.") % {"lead": who, "email": email},
        _("Your answer to this message goes to %(address)s.") % {"address": reply_to},
    ]
    if not is_known:
        head.append(
            _(
                "Careful: it was sent from %(address)s, which is not known to be an address of this person. "
                "Somebody else may have written it."
            )
            % {"address": answer.sender or "?"}
        )
    elif results and results.is_verified is False:
        head.append(
            _(
                "Careful: the mail server %(server)s could not verify that it comes from %(address)s. "
                "Somebody else may have written it."
            )
            % {"server": results.authority[:100], "address": answer.sender}
        )
    head.append(absolute_lead_url(message.lead))
    parts = ["\n".join(head), "-" * 20, answer.text or _("(The answer holds no words.)")]
    if answer.is_cut:
        parts.append(_("(The answer is longer. All of it is in the mailbox.)"))
    if answer.attachments:
        parts += ["-" * 20, "\n".join([_("Attachments:"), *map(_line, answer.attachments)])]
    subject = _("Answer of %(lead)s: %(subject)s") % {"lead": who, "subject": answer.subject}
    return " ".join(subject.split())[:250], "\n\n".join(parts)


def _line(one: answers.Attachment) -> str:
    words = {"name": one.name or _("(without a name)"), "kind": one.kind, "size": max(one.size // 1024, 1)}
    if one.content is not None:
        return _("– %(name)s (%(kind)s, %(size)d KB), attached") % words
    return _("– %(name)s (%(kind)s, %(size)d KB), only in the mailbox") % words
