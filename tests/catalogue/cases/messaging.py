"""Emails."""

import datetime as dt

from django.contrib.auth.models import Group, User
from wagtail.models import Locale

from wagtail_automation.campaigns.testing import Asked, Step, activity, condition, trigger
from wagtail_automation.leads import actions as leads
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.messaging import sender
from wagtail_automation.messaging.actions import queue_email
from wagtail_automation.messaging.models import DirectMessage, Email, Message
from wagtail_automation.objects import ref_of
from wagtail_automation.tracking import events


def make_email(name="Welcome") -> Email:
    """A published email in English."""
    locale = Locale.objects.get_or_create(language_code="en")[0]
    email = Email(name=name, subject=name, locale=locale, live=False)
    block = Email._meta.get_field("body").stream_block
    email.body = block.to_python([{"type": "heading", "value": {"text": name, "level": "h1"}}])
    email.save()
    email.save_revision().publish()
    email.refresh_from_db()
    return email


def _did(world, event):
    email, other = make_email(), make_email("Other")
    did, too_early, with_another, machine, nothing = (world.lead() for _n in range(5))
    world.event(event, did, about=email)
    world.event(event, too_early, about=email, at=world.before)
    world.event(event, with_another, about=other)
    world.event(event, machine, about=email, human=False)
    return Asked({"email": email.pk}, yes=[did], no=[too_early, with_another, machine, nothing])


@condition("email_opened")
def opened_since_entry(world):
    return _did(world, events.EMAIL_OPENED)


@condition("email_clicked")
def clicked_since_entry(world):
    return _did(world, events.EMAIL_CLICKED)


@activity("email_send")
def is_queued_once(world):
    email = make_email()
    ada = leads.create_known(identifiers={"email": "ada@example.com"}, source="test", now=world.now)
    leads.record_consent(lead=ada, subject="email", granted=True, how="form", now=world.now)
    yield Step({"email": email.pk}, [ada])
    assert list(Message.objects.values_list("lead_id", "email_version__email_id")) == [(ada.pk, email.pk)]


def colleague(name, *groups) -> User:
    user = User.objects.create_user(name, f"{name}@shop.example", "x")
    user.groups.set(Group.objects.get_or_create(name=group)[0] for group in groups)
    return user


@activity("alert_send")
def tells_the_owner_or_the_sales_team(world):
    theo, ines = colleague("theo", "Salesperson"), colleague("ines")
    colleague("away", "Salesperson").groups.clear()
    owned, free = world.lead(first_name="Ada", owner=ines), world.lead(first_name="Bob")
    text = "Call {{ lead.first_name }}!"
    yield Step({"to": "owner", "text": text, "address": "desk@shop.example"}, [owned, free])
    sent = {(row.to, row.text.split("\n")[0]) for row in DirectMessage.objects.all()}
    assert sent == {
        (ines.email, "Call Ada!"),
        (theo.email, "Call Bob!"),
        ("desk@shop.example", "Call Ada!"),
        ("desk@shop.example", "Call Bob!"),
    }


@condition("email_sent")
def sent_since_entry(world):
    return _did(world, events.EMAIL_SENT)


@condition("email_sent")
def sent_in_the_last_days(world):
    email = make_email()
    lately, before_entry, long_ago, other = (world.lead() for _n in range(4))
    world.event(events.EMAIL_SENT, lately, about=email)
    world.event(events.EMAIL_SENT, before_entry, about=email, at=world.now - dt.timedelta(days=4))
    world.event(events.EMAIL_SENT, long_ago, about=email, at=world.now - dt.timedelta(days=6))
    world.event(events.EMAIL_SENT, other, about=make_email("Other"))
    return Asked({"email": email.pk, "days": 5}, yes=[lately, before_entry], no=[long_ago, other])


@condition("email_sent_recently")
def any_email_in_the_last_days(world):
    inside, outside, never = (world.lead() for _n in range(3))
    world.event(events.EMAIL_SENT, inside, about=make_email(), at=world.now - dt.timedelta(days=6, hours=23))
    world.event(events.EMAIL_SENT, outside, about=make_email(), at=world.now - dt.timedelta(days=7, hours=1))
    return Asked({"days": 7}, yes=[inside], no=[outside, never])


@condition("email_unsubscribed")
def unsubscribed_since_entry(world):
    return _did(world, events.EMAIL_UNSUBSCRIBED)


@condition("email_replied")
def answered_since_entry(world):
    return _did(world, events.EMAIL_REPLIED)


@condition("email_bounced")
def bounced_since_entry(world):
    return _did(world, events.EMAIL_BOUNCED)


@condition("email_bounced")
def of_that_kind(world):
    email = make_email()
    hard, soft = world.lead(), world.lead()
    world.event(events.EMAIL_BOUNCED, hard, about=email, data={"kind": "hard"})
    world.event(events.EMAIL_BOUNCED, soft, about=email, data={"kind": "soft"})
    return Asked({"email": email.pk, "kind": "hard"}, yes=[hard], no=[soft, world.lead()])


@condition("email_delivered")
def confirmed(world):
    email = make_email()
    inside, outside, sent = (world.lead() for _n in range(3))
    world.event(events.EMAIL_DELIVERED, inside, about=email)
    world.event(events.EMAIL_DELIVERED, outside, about=make_email("Other"))
    message(world, email, sent)
    return Asked({"email": email.pk, "certainty": "confirmed"}, yes=[inside], no=[outside, sent])


def message(world, email, lead, **fields) -> Message:
    """One that was handed over after the entry."""
    key = f"case:{email.pk}:{lead.pk}"
    defaults = {"state": "sent", "sent_at": world.after, "not_before": world.after, "created_at": world.after}
    return Message.objects.create(
        key=key, lead=lead, email_version=email.versions.get(is_current=True), **{**defaults, **fields}
    )


@condition("email_delivered")
def accepted_and_not_come_back(world):
    email = make_email()
    fine, late, full_then_fine = (world.lead() for _n in range(3))
    hard, full, waiting, before, other = (world.lead() for _n in range(5))
    message(world, email, fine)
    message(world, email, late, delivered_at=world.after)
    message(world, email, full_then_fine, bounce_kind="soft", delivered_at=world.after)
    message(world, email, hard, bounce_kind="hard", delivered_at=world.after)
    message(world, email, full, bounce_kind="soft")
    message(world, email, waiting, state="queued", sent_at=None)
    message(world, email, before, sent_at=world.before)
    message(world, make_email("Other"), other)
    return Asked(
        {"email": email.pk, "certainty": "accepted"},
        yes=[fine, late, full_then_fine],
        no=[hard, full, waiting, before, other],
    )


@condition("email_link_clicked")
def that_link_of_that_email(world):
    email, other = make_email(), make_email("Other")
    inside, elsewhere, another = (world.lead() for _n in range(3))
    world.event(events.EMAIL_CLICKED, inside, about=email, url="https://shop.example/prices")
    world.event(events.EMAIL_CLICKED, elsewhere, about=email, url="https://shop.example/jobs")
    world.event(events.EMAIL_CLICKED, another, about=other, url="https://shop.example/prices")
    return Asked(
        {"email": email.pk, "link": "https://shop.example/prices"}, yes=[inside], no=[elsewhere, another]
    )


@condition("email_link_clicked")
def links_of_a_pattern(world):
    email = make_email()
    inside, outside = world.lead(), world.lead()
    world.event(events.EMAIL_CLICKED, inside, about=email, url="https://shop.example/en/prices?a=1")
    world.event(events.EMAIL_CLICKED, outside, about=email, url="https://other.example/prices")
    return Asked({"email": email.pk, "link": "https://shop.example/*"}, yes=[inside], no=[outside])


def _starts(world, event, **config):
    """By that email, by a person; ``config`` beside the email."""
    email = make_email()
    run = yield Step({"email": email.pk, **config})
    did, with_another, machine = (world.lead() for _n in range(3))
    facts = {"data": {"kind": "hard"}, "url": "https://shop.example/prices"}
    world.event(event, did, about=email, at=world.now, **facts)
    world.event(event, with_another, about=make_email("Other"), at=world.now, **facts)
    world.event(event, machine, about=email, at=world.now, human=False, **facts)
    run.walk()
    assert [run.entered(lead) for lead in (did, with_another, machine)] == [1, 0, 0]


@trigger("email_sent")
def by_that_email_sent(world):
    yield from _starts(world, events.EMAIL_SENT)


@trigger("email_sent")
def by_any_email_really_sent(world):
    run = yield Step({})
    ada = leads.create_known(identifiers={"email": "ada@example.com"}, source="test", now=world.now)
    leads.record_consent(lead=ada, subject="email", granted=True, how="form", now=world.now)
    queue_email(cohort=LeadsCohort([ada.pk], key="case", now=world.now), email=ref_of(make_email()))
    assert run.entered(ada) == 0
    sender.send_due()
    run.walk()
    assert run.entered(ada) == 1


@trigger("email_opened")
def by_that_email_opened(world):
    yield from _starts(world, events.EMAIL_OPENED)


@trigger("email_clicked")
def by_that_email_clicked(world):
    yield from _starts(world, events.EMAIL_CLICKED)


@trigger("email_clicked")
def by_that_link(world):
    yield from _starts(world, events.EMAIL_CLICKED, link="https://shop.example/prices")


@trigger("email_clicked")
def not_by_another_link(world):
    run = yield Step({"link": "*/prices"})
    inside, outside = world.lead(), world.lead()
    for lead, url in ((inside, "https://shop.example/prices"), (outside, "https://shop.example/jobs")):
        world.event(events.EMAIL_CLICKED, lead, about=make_email(), url=url, at=world.now)
    run.walk()
    assert (run.entered(inside), run.entered(outside)) == (1, 0)


@trigger("email_bounced")
def by_that_email_bounced(world):
    yield from _starts(world, events.EMAIL_BOUNCED, kind="hard")


@trigger("email_bounced")
def not_by_another_kind(world):
    run = yield Step({"kind": "soft"})
    soft, hard = world.lead(), world.lead()
    for lead, kind in ((soft, "soft"), (hard, "hard")):
        world.event(events.EMAIL_BOUNCED, lead, about=make_email(), data={"kind": kind}, at=world.now)
    run.walk()
    assert (run.entered(soft), run.entered(hard)) == (1, 0)


@trigger("email_unsubscribed")
def by_that_email_refused(world):
    yield from _starts(world, events.EMAIL_UNSUBSCRIBED)


@trigger("email_replied")
def by_that_email_answered(world):
    yield from _starts(world, events.EMAIL_REPLIED)
