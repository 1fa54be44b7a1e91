"""Text messages and chats through apprise, with a real HTTP server on this machine as the outside world."""

import json

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.urls import reverse

from tests.messaging.test_push import push_service
from wagtail_automation import clock
from wagtail_automation.leads.actions import record_consent
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import CustomField
from wagtail_automation.messaging.channels import actions, sender
from wagtail_automation.messaging.models import Channel, ChannelMessage, TextMessage
from wagtail_automation.objects import ref_of
from wagtail_automation.outbox import State

pytestmark = pytest.mark.django_db
KEY = "s3cr3t-key"


@pytest.fixture
def gateway():
    """A server that notes what it gets and answers ``status``."""
    with push_service() as server:
        yield server


@pytest.fixture
def secrets(settings, gateway):
    settings.WAGTAIL_AUTOMATION = {
        **settings.WAGTAIL_AUTOMATION,
        "SECRETS": {
            "good": f"json://user:{KEY}@127.0.0.1:{gateway.server_port}/box/{{to}}",
            "away": f"json://user:{KEY}@127.0.0.1:1/box/{{to}}",
            "nonsense": f"nonsense://{KEY}/{{to}}",
            "everybody": f"json://user:{KEY}@127.0.0.1:{gateway.server_port}/box",
        },
    }


@pytest.fixture
def send(make_lead, english, site, secrets):
    """Send a text to somebody over this channel; the message."""
    numbers = iter(range(100))

    def make(channel, subject="sms", **fields):
        number = next(numbers)
        lead = make_lead(first_name="Zoé", **{"phone": f"+336123400{number:02}", **fields})
        record_consent(lead=lead, subject=subject, granted=True, how="form", site=site, now=clock.now())
        message = TextMessage.objects.create(
            name="N", text="Hi {{ lead.first_name }}", channel=channel, locale=english
        )
        message.save_revision().publish()
        waiting = list(connection.run_on_commit)
        cohort = LeadsCohort([lead.pk], key=f"t:{number}", now=clock.now())
        actions.queue_message(cohort=cohort, message=ref_of(message))
        connection.run_on_commit = waiting
        sender.send_due()
        return ChannelMessage.objects.get(lead=lead)

    return make


def channel_of(name="good", kind="sms_apprise", **options):
    return Channel.objects.create(
        name=f"{kind} {name}", kind=kind, is_active=True, options={"address": name, **options}
    )


def test_a_text_message_reaches_the_gateway_once(send, gateway):
    sent = send(channel_of())
    assert sent.state == State.SENT
    ((path, headers, body),) = gateway.calls
    assert path == "/box/+33612340000" and headers["Authorization"].startswith("Basic ")
    assert json.loads(body)["message"] == "Hi Zoé"


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        (429, State.QUEUED, "gateway_busy"),
        (503, State.QUEUED, "gateway_busy"),
        (401, State.QUEUED, "gateway_refused"),
        (400, State.FAILED, "gateway_refused"),
        (500, State.DOUBTFUL, "no_answer"),
    ],
)
def test_why_it_was_refused_decides_what_comes_next(send, gateway, status, state, reason):
    gateway.status = status
    message = send(channel_of())
    assert (message.state, message.reason) == (state, reason)
    assert KEY not in message.detail and len(gateway.calls) == 1


def test_a_gateway_that_is_away_and_an_address_that_changed_are_tried_again(send):
    away = send(channel_of("away"))
    assert (away.state, away.reason) == (State.QUEUED, "gateway_unreachable")
    wrong = send(channel_of("nonsense"))
    assert (wrong.state, wrong.reason) == (State.QUEUED, "gateway_address")
    gone = send(channel_of("no_such_secret"))
    assert (gone.state, gone.reason) == (State.QUEUED, "no_secret")
    assert KEY not in f"{away.detail}{wrong.detail}{gone.detail}"


def test_calls_of_others_are_not_watched(send, gateway):
    import requests

    send(channel_of())
    url = f"http://127.0.0.1:{gateway.server_port}/mine"
    assert requests.post(url, data=b"x", timeout=5).status_code == 201


def test_a_chat_writes_to_the_name_in_a_field(send, gateway, make_lead):
    channel = channel_of(kind="chat_apprise", field="telegram")
    sent = send(channel, subject="chat", attributes={"telegram": "@zoé/../x"})
    assert (sent.state, sent.medium) == (State.SENT, "chat")
    assert gateway.calls[0][0] == "/box/@zo%C3%A9%2F..%2Fx", "a name is no path"
    nameless = send(channel, subject="chat")
    assert (nameless.state, nameless.reason) == (State.SKIPPED, "no_number")
    unasked = send(channel, subject="sms", attributes={"telegram": "@kim"})
    assert (unasked.state, unasked.reason) == (State.SKIPPED, "consent_missing")


@pytest.mark.parametrize("wrong", ["nonsense", "everybody", "no_such_secret", "", f"json://{KEY}@x/{{to}}"])
def test_what_is_no_address_is_refused_at_the_field(client, secrets, wrong):
    client.force_login(User.objects.create_superuser("boss"))
    channel = Channel.objects.create(name="C", kind="sms_apprise")
    edit = reverse("wagtail_automation_channel:edit", args=[channel.pk])
    answer = client.post(edit, {"name": "C", "is_active": "on", "per_minute": "0", "address": wrong})
    assert answer.status_code == 200 and list(answer.context["form"].errors) == ["address"]
    channel.refresh_from_db()
    assert channel.options == {}
    if wrong != f"json://{KEY}@x/{{to}}":  # what was typed is shown again; what a name stands for never is
        assert KEY not in answer.content.decode()


def test_the_secret_is_neither_shown_nor_stored(client, secrets, english):
    client.force_login(User.objects.create_superuser("boss"))
    CustomField.objects.create(key="telegram", label="Telegram", type="text")
    channel = Channel.objects.create(name="C", kind="chat_apprise")
    edit = reverse("wagtail_automation_channel:edit", args=[channel.pk])
    form = {"name": "C", "is_active": "on", "per_minute": "0", "address": "good"}
    assert "field" in client.post(edit, {**form, "field": "nothing"}).context["form"].errors
    assert client.post(edit, {**form, "field": "telegram"}).status_code == 302
    channel.refresh_from_db()
    assert channel.options == {"address": "good", "field": "telegram"}
    assert KEY not in client.get(edit).content.decode()
