"""Text messages and what else goes out beside emails."""

import datetime as dt

from wagtail.models import Locale

from tests.catalogue.cases.messaging import make_email
from wagtail_automation.campaigns.testing import Asked, Step, activity, condition, trigger
from wagtail_automation.leads import actions as leads
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging.channels import actions, sender, vocabulary
from wagtail_automation.messaging.channels.models import Channel, ChannelMessage
from wagtail_automation.messaging.channels.registry import Outcome, Report, Verdict, channel_kinds
from wagtail_automation.messaging.models import (
    MarketingMessage,
    Message,
    PushMessage,
    PushSubscription,
    TextMessage,
)
from wagtail_automation.messaging.push.kinds import WebPushKind
from wagtail_automation.objects import ref_of
from wagtail_automation.outbox import State


def console() -> Channel:
    """The channel that only writes into the log."""
    return Channel.objects.get_or_create(name="Console", kind="sms_console", is_active=True)[0]


def text_message(name="Sale") -> TextMessage:
    """A published text message in English."""
    console()
    locale = Locale.objects.get_or_create(language_code="en")[0]
    message = TextMessage(name=name, text="Look: https://shop.example/sale", locale=locale, live=False)
    message.save()
    message.save_revision().publish()
    message.refresh_from_db()
    return message


def with_phone(world, number=1):
    """Somebody who agreed to text messages."""
    lead = world.lead(phone=f"+3361234{number:04}")
    leads.record_consent(lead=lead, subject="sms", granted=True, how="form", now=world.now)
    return lead


def sends(message, *people, key="case:1") -> list[ChannelMessage]:
    """The message as a worker sends it, outside any campaign."""
    actions.queue_message(cohort=LeadsCohort([p.pk for p in people], key=key), message=ref_of(message))
    sender.send_due()
    return list(ChannelMessage.objects.filter(key__startswith=key).order_by("lead_id"))


def _became(world, event):
    message, other = text_message(), text_message("Other")
    did, too_early, with_another, machine, nothing = (world.lead() for _n in range(5))
    world.event(event, did, about=message)
    world.event(event, too_early, about=message, at=world.before)
    world.event(event, with_another, about=other)
    world.event(event, machine, about=message, human=False)
    return Asked({"message": message.pk}, yes=[did], no=[too_early, with_another, machine, nothing])


@condition("sms_delivered")
def delivered_since_entry(world):
    return _became(world, vocabulary.SMS_DELIVERED)


@condition("sms_clicked")
def clicked_since_entry(world):
    return _became(world, vocabulary.SMS_CLICKED)


@condition("sms_replied")
def answered_since_entry(world):
    return _became(world, vocabulary.SMS_REPLIED)


@condition("sms_delivered", "sms_clicked", "sms_replied")
def of_any_text_message(world):
    message, everything = text_message(), world.lead()
    for event in (vocabulary.SMS_DELIVERED, vocabulary.SMS_CLICKED, vocabulary.SMS_REPLIED):
        world.event(event, everything, about=message)
    return Asked({}, yes=[everything], no=[world.lead()])


@activity("sms_send")
def reaches_those_who_agreed(world):
    message, ada, bob = text_message(), with_phone(world), world.lead(phone="+33612349999")
    yield Step({"message": message.pk}, [ada, bob])
    sender.send_due()
    rows = ChannelMessage.objects.order_by("lead_id").values_list("lead_id", "state", "reason")
    assert list(rows) == [(ada.pk, State.SENT, ""), (bob.pk, State.SKIPPED, "consent_missing")]


@trigger("sms_sent")
def once_for_each_that_is_sent(world):
    message, ada, bob, eve = text_message(), with_phone(world), with_phone(world, 2), world.lead()
    run = yield Step({"message": message.pk})
    sends(message, ada, eve)
    sends(text_message("Other"), bob, key="case:2")
    run.walk()
    assert [run.entered(lead) for lead in (ada, bob, eve)] == [1, 0, 0]


@trigger("sms_clicked")
def when_this_link_is_followed(world):
    message, ada, bob, eve = text_message(), world.lead(), world.lead(), world.lead()
    run = yield Step({"message": message.pk, "link": "*/sale"})
    clicked = vocabulary.SMS_CLICKED
    world.event(clicked, ada, about=message, url="https://shop.example/sale", at=world.now)
    world.event(clicked, bob, about=message, url="https://shop.example/other", at=world.now)
    world.event(clicked, eve, about=message, url="https://shop.example/sale", at=world.now, human=False)
    run.walk()
    assert [run.entered(lead) for lead in (ada, bob, eve)] == [1, 0, 0]


@trigger("sms_replied")
def when_an_answer_comes_in(world):
    message, ada, bob = text_message(), with_phone(world), with_phone(world, 2)
    run = yield Step({"message": message.pk})
    sends(message, ada, bob)
    report = Report("received", "in-1", sender=ada.phone, text="Yes please")
    for _again in range(2):
        actions.take_report(channel=console(), report=report, now=world.now)
    run.walk()
    assert [run.entered(lead) for lead in (ada, bob)] == [1, 0]


class PushIntoTheLog(WebPushKind):
    """Takes every message."""

    key = "case_push"

    def send(self, message):
        return Outcome(Verdict.SENT)


def push_message() -> PushMessage:
    """A published push message in English."""
    locale = Locale.objects.get_or_create(language_code="en")[0]
    message = PushMessage(name="News", title="News", url="https://shop.example/", locale=locale, live=False)
    message.save()
    message.save_revision().publish()
    return message


def with_browser(world) -> Lead:
    """Somebody who pressed the button."""
    lead = world.lead()
    PushSubscription.objects.create(
        lead=lead, endpoint=f"https://push.example/{lead.pk}", digest=str(lead.pk), created_at=world.now
    )
    leads.record_consent(lead=lead, subject="push", granted=True, how="form", now=world.now)
    return lead


def states(**which) -> list[tuple]:
    rows = ChannelMessage.objects.filter(**which).order_by("lead_id")
    return list(rows.values_list("lead_id", "state", "reason"))


@activity("push_send")
def reaches_browsers_that_asked(world):
    with channel_kinds.temporarily(PushIntoTheLog):
        Channel.objects.create(name="Push", kind="case_push", is_active=True)
        ada, bob = with_browser(world), world.lead()
        yield Step({"message": push_message().pk}, [ada, bob])
        sender.send_due()
        assert states() == [(ada.pk, State.SENT, ""), (bob.pk, State.SKIPPED, "no_number")]


@activity("message_send")
def goes_out_on_the_channel_of_each(world):
    email, text = make_email(), text_message()
    message = MarketingMessage.objects.create(name="Sale", email=email, text_message=text)
    by_text, by_email, by_push, silent = with_phone(world), world.lead(), world.lead(), world.lead()
    before = world.now - dt.timedelta(days=1)
    for lead, subject in ((by_text, "email"), (by_email, "email"), (by_push, "push"), (by_push, "email")):
        leads.record_consent(lead=lead, subject=subject, granted=True, how="form", now=before)
    # prefers push, of which there is no variant: the email comes next
    leads.record_consent(lead=by_push, subject="push", granted=True, how="form", now=world.now)
    yield Step({"message": message.pk}, [by_text, by_email, by_push, silent])
    assert list(ChannelMessage.objects.values_list("lead_id", flat=True)) == [by_text.pk]
    mailed = Message.objects.order_by("lead_id").values_list("lead_id", flat=True)
    assert list(mailed) == [by_email.pk, by_push.pk]
