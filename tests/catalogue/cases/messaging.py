"""Emails."""

from django.contrib.auth.models import Group, User
from wagtail.models import Locale

from wagtail_automation.campaigns.testing import Asked, Step, activity, condition
from wagtail_automation.leads import actions as leads
from wagtail_automation.messaging.models import DirectMessage, Email, Message
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
