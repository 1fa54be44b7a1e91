"""Facts about emails, recorded once each: sent, opened, clicked, unsubscribed; ``delivery`` adds its own."""

import datetime as dt

from django.db import transaction

from wagtail_automation import objects
from wagtail_automation.tracking import events as vocabulary
from wagtail_automation.tracking.actions import record_event, record_events_by_key

from . import shared_content
from .models import Email, EmailVersion, Message

CHANNEL = "email"


def email_ref(version: EmailVersion) -> objects.Ref:
    """What events about this email are about: the email in any language, even after it is deleted."""
    return objects.Ref(
        Email, version.email_id, version.translation_key, objects.kind_of(Email), [version.name]
    )


def record_sent(messages: list[Message]) -> None:
    """``email_sent`` for each, in a constant number of statements per email. A repeat changes nothing.

    In the transaction that holds these rows: their leads are taken as they stand there.
    """

    by_email: dict = {}
    for message in messages:
        by_email.setdefault(message.email_version.translation_key, []).append(message)
    for _key, members in sorted(by_email.items()):
        record_events_by_key(
            {f"{vocabulary.EMAIL_SENT}:{message.key}": message.lead_id for message in members},
            vocabulary.EMAIL_SENT,
            about=email_ref(members[0].email_version),
            channel=CHANNEL,
            at=members[0].sent_at,
        )


def record_open(message: Message, *, human: bool, data: dict, now: dt.datetime) -> None:
    """The image was loaded. Human and machine are each recorded once per message."""
    with transaction.atomic():
        first = _record(vocabulary.EMAIL_OPENED, message, human=human, data=data, now=now)
        if first and human:
            shared_content.seen(message, now=now)
        _mark(message, "opened_at" if human else "machine_opened_at", human, data, now)


def record_click(message: Message, link: dict, *, human: bool, data: dict, now: dt.datetime) -> None:
    """A link was followed: once per message, link and kind of traffic. A person who clicks has opened."""
    with transaction.atomic():
        data = {**data, "link": link["id"]}
        first = _record(
            vocabulary.EMAIL_CLICKED,
            message,
            human=human,
            data=data,
            now=now,
            url=link["url"],
            part=f":{link['id']}",
        )
        if first and human:
            shared_content.clicked(message, link, now=now)
        _mark(message, "clicked_at" if human else "machine_clicked_at", human, data, now)
        if human and message.opened_at is None:
            record_open(message, human=True, data={"by": "click"}, now=now)


def _mark(message: Message, column: str, human: bool, data: dict, now: dt.datetime) -> None:
    """The first time of each kind, and the device of the first person."""
    Message.objects.filter(pk=message.pk, **{column: None}).update(**{column: now})
    if human and data.get("device"):
        Message.objects.filter(pk=message.pk, device="").update(device=data["device"])


def record_unsubscribed(message: Message, *, data: dict, now: dt.datetime) -> None:
    with transaction.atomic():
        _record(vocabulary.EMAIL_UNSUBSCRIBED, message, human=True, data=data, now=now)
        Message.objects.filter(pk=message.pk, unsubscribed_at=None).update(unsubscribed_at=now)


def record(name: str, message: Message, *, data: dict, now: dt.datetime, part: str = "", human: bool = True):
    """Any fact about a message, once per name and ``part``; returns the event, or None for a repeat."""
    return _record(name, message, human=human, data=data, now=now, part=part)


def _record(name, message, *, human, data, now, url="", part=""):
    if message.origin:  # so that revenue can be traced to the campaign that sent it
        data = {**data, "origin": message.origin}
    return record_event(
        name=name,
        lead=message.lead,
        site=message.site,
        about=email_ref(message.email_version),
        url=url,
        data=data,
        channel=CHANNEL,
        human=human,
        at=now,
        key=f"{name}:{message.pk}{part}:{'human' if human else 'machine'}",
    )
