"""Text messages, a push message, one for all channels and an alert. Nothing of them leaves this machine."""

import datetime as dt
import logging
import uuid

from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from wagtail.models import Locale

from wagtail_automation import clock
from wagtail_automation.leads.actions import record_consent
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging.alerting.rooms import RoomKind
from wagtail_automation.messaging.channels import actions, facts, sender
from wagtail_automation.messaging.channels.registry import ChannelKind, Outcome, Report, Verdict, register
from wagtail_automation.messaging.models import (
    Alert,
    Channel,
    ChannelMessage,
    Email,
    MarketingMessage,
    PushMessage,
    PushSubscription,
    TextMessage,
)
from wagtail_automation.objects import ref_of
from wagtail_automation.testing import clock as set_clock

logger = logging.getLogger("example_site.push")

SMS, PUSH = "Text messages, only into the log", "Push messages, only into the log"
ROOM = "Chat of the mill, only into the log"
EVENING, WATER, CARE = "Lantern evening", "High water", "Somebody wrote to the mill"
GUESTS = "Guests of the lantern evening"
EVENING_CAMPAIGN = "Invitation to the lantern evening"
TEXTS = {
    "en": "{{ lead.first_name | default: 'Good day' }}, we light the lanterns on Friday at six: %s",
    "fr": "{{ lead.first_name | default: 'Bonjour' }}, on allume les lanternes vendredi à 18 h : %s",
}
#: the button on the page Contact
BUTTON = {
    "en": {"label": "Tell me when the water rises", "done": "No more news of the water"},
    "fr": {"label": "Prévenez-moi des crues", "done": "Ne plus me prévenir"},
}
#: browsers ask for one when they subscribe; its private half was thrown away, since nothing is sent with it
PUBLIC_KEY = "BD1vrPGTZJQHKL4_WwLQFxTwns45WbbqETb5-pHsM_f7zezBVSIDj91Y_im-lTw_xZO4gQrZJemYwsqdCvtm84Y"
NOTICES = {
    "en": ("High water at the mill", "The towpath is closed until tomorrow. The shop is open."),
    "fr": ("Crue au moulin", "Le chemin est fermé jusqu’à demain. La boutique est ouverte."),
}
AGO = dt.timedelta(days=6)
#: people who gave a number, and of five messages, so many arrived and were followed
PEOPLE, ARRIVED, FOLLOWED = 14, 4, 2


@register
class LoggedPush(ChannelKind):
    """Push messages of the demonstration: written into the log."""

    key = "example_push_log"
    label = _("Push messages: only into the log")
    description = _("Of the example site: no push service is called.")
    medium = "push"

    class Options(forms.Form):
        public_key = forms.CharField(label=_("Public key"), required=False, max_length=88)

    def addresses(self, leads):
        found = PushSubscription.objects.filter(lead__in=leads).order_by("pk")
        return {row.lead_id: row.endpoint for row in found}

    def send(self, message):
        logger.info("Push %s: %s", message.reference, message.content.get("title", ""))
        return Outcome(Verdict.SENT, provider_id=message.reference)


@register
class LoggedRoom(RoomKind):
    """A room of a chat of the demonstration: written into the log."""

    key = "example_room_log"
    label = _("Alerts in a chat: only into the log")
    description = _("Of the example site: no chat is called.")

    def send(self, message):
        logging.getLogger("example_site.chat").info("%s", message.content.get("text", ""))
        return Outcome(Verdict.SENT, provider_id=message.reference)


def write(built) -> None:
    """Channels, messages and the alert, where they are missing; the campaign is ``build_automation``'s."""
    Channel.objects.get_or_create(
        name=SMS,
        defaults={
            "kind": "sms_console", "is_active": True, "is_default": True, "per_minute": 600,
            "options": {"country_code": "+33", "stop_text": "STOP: 36111"},
        },
    )  # fmt: skip
    Channel.objects.get_or_create(
        name=PUSH,
        defaults={
            "kind": "example_push_log", "is_active": True, "is_default": True,
            "options": {"public_key": PUBLIC_KEY},
        },
    )  # fmt: skip
    room, _made = Channel.objects.get_or_create(
        name=ROOM, defaults={"kind": "example_room_log", "is_active": True}
    )
    url = f"{built.site.root_url}/"
    text = _translated(TextMessage, EVENING, {code: {"text": words % url} for code, words in TEXTS.items()})
    notice = _translated(
        PushMessage, WATER, {code: {"title": title, "body": body} for code, (title, body) in NOTICES.items()}
    )
    email = Email.objects.filter(live=True, is_transactional=False, locale__language_code="en").first()
    MarketingMessage.objects.get_or_create(
        name=EVENING, defaults={"email": email, "text_message": text, "push_message": notice}
    )
    Alert.objects.get_or_create(
        name=CARE,
        defaults={
            "event": "form_submitted", "digest": Alert.Digest.DAY, "to": Alert.To.OWNER, "room": room,
            "text": "{{ lead.first_name | default: 'Somebody' }} filled in a form.",
        },
    )  # fmt: skip


def _translated(model, name: str, words: dict[str, dict]):
    """A message in each language, published; the English one."""
    found = model.objects.filter(name=name, locale__language_code="en").first()
    if found is not None:
        return found
    key = uuid.uuid4()
    for code, fields in words.items():
        locale = Locale.objects.get(language_code=code)
        message = model(name=name, locale=locale, translation_key=key, live=False, **fields)
        message.save()
        message.save_revision().publish()
    return model.objects.get(name=name, locale__language_code="en")


def live() -> None:
    """Some people gave a number, got a text message a week ago, and did something with it. Call it outside a
    transaction; a repeat changes nothing."""
    if ChannelMessage.objects.exists():
        return
    people = list(Lead.objects.exclude(email="").exclude(first_name="").order_by("pk")[:PEOPLE])
    text = TextMessage.objects.filter(name=EVENING, locale__language_code="en").first()
    if not people or text is None:
        return
    then = clock.now() - AGO
    with transaction.atomic(), set_clock.freeze(then):
        for number, lead in enumerate(people):
            lead.phone = f"+336391000{number:02}"  # numbers that France keeps for films
            lead.save(update_fields=["phone"])
            record_consent(lead=lead, subject="sms", granted=True, how="form", now=then)
        cohort = LeadsCohort([lead.pk for lead in people], key="demo:lanterns", origin="demo", now=then)
        actions.queue_message(cohort=cohort, message=ref_of(text))
    log = logging.getLogger("wagtail_automation.sms")
    before = log.level
    log.setLevel(logging.WARNING)
    try:
        with set_clock.freeze(then + dt.timedelta(seconds=30)):
            sender.send_due()
    finally:
        log.setLevel(before)
    _followed(then)


def _followed(then: dt.datetime) -> None:
    sent = ChannelMessage.objects.filter(state="sent").select_related("lead", "version", "site", "channel")
    for number, message in enumerate(sent.order_by("pk")):
        at = then + dt.timedelta(minutes=2 + number)
        if number % 5 < ARRIVED:
            facts.record_delivered(message, now=at)
        if number % 5 < FOLLOWED and message.version.links:
            link = message.version.links["link_1"]
            facts.record_click(message, link, human=True, data={}, now=at + dt.timedelta(minutes=9))
    last = sent.order_by("-pk").first()
    if last is not None:
        stop = Report("received", "demo-1", sender=last.address, text="STOP")
        actions.take_report(channel=last.channel, report=stop, now=then + dt.timedelta(hours=1))
