"""Every mutation of channels: versions of what is published, queuing, what gateways tell, STOP."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import CharField, F, UUIDField, Value
from django.db.models.functions import MD5, Cast, Concat
from django.utils.translation import gettext as _

from wagtail_automation import clock, jobs, objects, sql
from wagtail_automation.cohorts import Cohort
from wagtail_automation.leads import suppression
from wagtail_automation.leads.actions import record_consent
from wagtail_automation.leads.field_types import clean_phone
from wagtail_automation.leads.models import Identifier, Lead
from wagtail_automation.messaging import personal
from wagtail_automation.messaging.actions import version_for_lead
from wagtail_automation.messaging.hyperlinks import LIQUID
from wagtail_automation.outbox import State
from wagtail_automation.tracking.actions import link_for

from . import compiling, facts, stopping
from .models import Channel, ChannelContent, ChannelMessage, ChannelReply, ChannelVersion
from .registry import Report

SEND = "wagtail_automation.messaging.channels.tasks.send_due"


def compile_version(*, content: ChannelContent, now: dt.datetime | None = None) -> ChannelVersion:
    """Make what is published now the version that is sent from now on.

    Raises ValidationError for an empty text, wrong Liquid or an address that cannot be followed.
    """
    now = now or clock.now()
    texts, addresses = compiling.compile_texts(content.content())
    if not any(text.strip() for text in texts.values()):
        raise ValidationError(_("The message is empty."))
    for text in texts.values():
        personal.check(text, own=addresses)
    links = {}
    with transaction.atomic():
        for name, url in addresses.items():
            try:
                link = link_for(url=url, now=now)
            except ValueError as error:
                raise ValidationError(
                    _("The link “%(url)s” cannot be followed."), params={"url": url}
                ) from error
            links[name] = {"id": str(link.uuid), "url": link.url, "label": ""}
            if LIQUID.search(url):
                links[name]["template"] = url
        label = content._meta.label
        older = ChannelVersion.objects.filter(source=label, source_pk=content.pk)
        older.filter(is_current=True).update(is_current=False)
        older.filter(is_retired=True).update(is_retired=False)
        return ChannelVersion.objects.create(
            medium=content.medium,
            source=label,
            source_pk=content.pk,
            translation_key=content.translation_key,
            language=content.locale.language_code,
            name=content.name,
            site=content.site,
            channel=getattr(content, "channel", None),
            content=texts,
            links=links,
            created_at=now,
        )


def retire_versions(*, content: ChannelContent) -> None:
    """After unpublishing or deleting: nothing of it is sent, not even what is queued."""
    ChannelVersion.objects.filter(source=content._meta.label, source_pk=content.pk).update(
        is_current=False, is_retired=True
    )


def queue_message(*, cohort: Cohort, message: objects.Ref) -> int:
    """Queue a message for everybody of the cohort, each in their language; returns how many.

    A constant number of statements. Raises MissingReference for one that was never published,
    IntegrityError for a cohort key that queued it before.
    """
    versions = ChannelVersion.objects.newest_by_language(message.key)
    if not versions:
        raise objects.MissingReference(message.model, message.pk)
    fallback = next((version for version in versions if version.source_pk == message.pk), versions[0])
    channel = fallback.channel or Channel.objects.for_medium(fallback.medium)
    key = Concat(F("cohort_key"), Value(f":{message.key.hex[:12]}"), output_field=CharField())
    queued = sql.insert_select(
        ChannelMessage,
        {
            "key": key,
            "uuid": Cast(MD5(key), UUIDField()),
            "origin": cohort.origin[:60],
            "lead": F("cohort_lead"),
            "medium": channel.medium if channel else fallback.medium,
            "channel": channel.pk if channel else None,
            "version": version_for_lead(versions, fallback),
            "site": cohort.site.pk if cohort.site else fallback.site_id,
            "state": State.QUEUED,
            "not_before": cohort.now,
            "created_at": cohort.now,
            "attempts": 0,
            "reason": "",
            "detail": "",
            "address": "",
            "provider_id": "",
            "content": {},
            "targets": {},
        },
        cohort.rows(),
    )
    if queued:
        jobs.enqueue(SEND)
    return queued


# -- what gateways tell ------------------------------------------------------------------------------------


def take_report(*, channel: Channel, report: Report, now: dt.datetime) -> str:
    """Act on one report; returns what became of it: ``noted``, ``repeated`` or ``unknown``."""
    if report.kind == "received":
        return _receive(channel, report, now)
    message = _reported(channel, report.id)
    if message is None:
        return "unknown"
    if report.kind == "delivered":
        if message.delivered_at is not None:
            return "repeated"
        facts.record_delivered(message, now=now)
    else:
        if message.undelivered_at is not None or message.delivered_at is not None:
            return "repeated"
        facts.record_failed(message, detail=report.detail, now=now)
    return "noted"


def _reported(channel: Channel, name: str) -> ChannelMessage | None:
    """The message that a gateway names by its own number or by our reference."""
    sent = ChannelMessage.objects.filter(channel=channel).select_related("lead", "version", "site")
    return (
        sent.filter(provider_id=name).first()
        or sent.filter(uuid=name if stopping.is_uuid(name) else None).first()
    )


def _receive(channel: Channel, report: Report, now: dt.datetime) -> str:
    """An answer: kept once, told as an event, and STOP ends the consent of all who have the number."""
    number, is_stop = _number(report.sender), stopping.is_stop(report.text)
    last = (
        ChannelMessage.objects.filter(address=number, medium=channel.medium)
        .select_related("lead", "version", "site")
        .order_by("-pk")
        .first()
        if number
        else None
    )
    people = leads_of_number(number, last)
    if not people:
        if is_stop and number:  # whoever gets this number one day has refused already
            suppression.suppress([("phone", number)], now=now)
            return "noted"
        return "unknown"
    lead = last.lead if last else people[0]
    with transaction.atomic():
        reply, created = ChannelReply.objects.get_or_create(
            channel=channel,
            provider_id=report.id,
            defaults={"lead": lead, "message": last, "text": report.text, "is_stop": is_stop, "at": now},
        )
        if not created:
            return "repeated"
        if is_stop:
            for person in people:
                record_consent(
                    lead=person,
                    subject=channel.medium,
                    granted=False,
                    how="stop",
                    text=report.text,
                    site=last.site if last else None,
                    now=now,
                )
        if last is not None:
            facts.record_reply(last, reply.pk, is_stop=is_stop, now=now)
    return "noted"


def _number(text: str) -> str:
    """The number of a sender; many gateways leave the plus out. Empty for none, and for one without a code of
    its country."""
    text = text.strip().removeprefix("tel:")
    bare = text.isascii() and text.isdecimal() and not text.startswith("0")
    try:
        return clean_phone(f"+{text}" if bare else text, international=True)
    except ValidationError:
        return ""


def leads_of_number(number: str, last: ChannelMessage | None = None) -> list[Lead]:
    """Everybody known by this number, and whoever was written to at it last."""
    if not number:
        return []
    known = Identifier.objects.filter(kind="phone", value=number).values("lead")
    found = {lead.pk: lead for lead in Lead.objects.filter(pk__in=known)}
    found |= {lead.pk: lead for lead in Lead.objects.filter(phone=number)[:100]}
    if last is not None:
        found[last.lead_id] = last.lead
    return [found[pk] for pk in sorted(found)]
