"""Facts about messages over channels, recorded once each: sent, delivered, clicked, answered."""

import datetime as dt
from itertools import groupby

from django.apps import apps
from django.db import transaction
from django.db.models import F, Value

from wagtail_automation import objects
from wagtail_automation.cohorts import Cohort
from wagtail_automation.tracking.actions import record_event, record_events_for

from .models import ChannelMessage, ChannelVersion
from .registry import medium


def ref_of(version: ChannelVersion) -> objects.Ref:
    """What events are about: the message in any language, even after it is deleted."""
    model = apps.get_model(version.source)
    return objects.Ref(
        model, version.source_pk, version.translation_key, objects.kind_of(model), [version.name]
    )


class MessagesCohort(Cohort):
    """The people of some messages, each with its message's key."""

    def __init__(self, messages: list[ChannelMessage], now: dt.datetime):
        self.now, self.origin = now, "messaging"
        self._pks = [message.pk for message in messages]

    def rows(self):
        return ChannelMessage.objects.filter(pk__in=self._pks).annotate(
            cohort_lead=F("lead_id"), cohort_key=F("key"), cohort_since=Value(self.now)
        )

    def lead_ids(self):
        return ChannelMessage.objects.filter(pk__in=self._pks).values("lead_id")

    def size(self) -> int:
        return len(self._pks)


def record_sent(messages: list[ChannelMessage]) -> None:
    """One event for each, in a constant number of statements per text. A repeat changes nothing."""

    def text_of(message):
        return message.medium, str(message.version.translation_key)

    for (key, _text), group in groupby(sorted(messages, key=text_of), key=text_of):
        members = list(group)
        if medium(key).sent:
            record_events_for(
                MessagesCohort(members, members[0].sent_at),
                medium(key).sent,
                about=ref_of(members[0].version),
                channel=key,
                once=medium(key).sent,
            )


def record_delivered(message: ChannelMessage, *, now: dt.datetime) -> None:
    """The gateway says that it arrived; a repeat changes nothing."""
    with transaction.atomic():
        ChannelMessage.objects.filter(pk=message.pk, delivered_at=None).update(
            delivered_at=now, undelivered_at=None
        )
        _record(medium(message.medium).delivered, message, now=now)


def record_failed(message: ChannelMessage, *, detail: str, now: dt.datetime) -> None:
    """The gateway says that it could not be delivered; a delivery already told stands."""
    ChannelMessage.objects.filter(pk=message.pk, delivered_at=None, undelivered_at=None).update(
        undelivered_at=now, detail=detail[:255]
    )


def record_click(message: ChannelMessage, link: dict, *, human: bool, data: dict, now: dt.datetime) -> None:
    """A link was followed: once per message, link and kind of traffic."""
    with transaction.atomic():
        _record(
            medium(message.medium).clicked,
            message,
            human=human,
            data={**data, "link": link["id"]},
            url=link["url"],
            part=f":{link['id']}",
            now=now,
        )
        if human:
            ChannelMessage.objects.filter(pk=message.pk, clicked_at=None).update(clicked_at=now)


def record_reply(message: ChannelMessage, reply_pk: int, *, is_stop: bool, now: dt.datetime) -> None:
    _record(medium(message.medium).replied, message, data={"stop": is_stop}, part=f":{reply_pk}", now=now)


def _record(name, message, *, now, human=True, data=None, url="", part=""):
    if not name:
        return
    record_event(
        name=name,
        lead=message.lead,
        site=message.site,
        about=ref_of(message.version),
        url=url,
        data={**(data or {}), **({"origin": message.origin} if message.origin else {})},
        channel=message.medium,
        human=human,
        at=now,
        key=f"{name}:{message.pk}{part}:{'human' if human else 'machine'}",
    )
