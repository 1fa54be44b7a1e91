"""Alerts in a chat: a real HTTP server is the chat; once, in a digest, tried again; bad input."""

import datetime as dt
import json

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.urls import reverse

from tests.messaging.test_push import push_service
from wagtail_automation import clock
from wagtail_automation.leads import merging
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.messaging.activities import AlertSend
from wagtail_automation.messaging.alerting import watching
from wagtail_automation.messaging.alerting.rooms import harmless
from wagtail_automation.messaging.alerts import queue_alerts
from wagtail_automation.messaging.channels import sender
from wagtail_automation.messaging.models import (
    Alert,
    AlertPost,
    AlertPostLead,
    AlertRecord,
    Channel,
    DirectMessage,
    TextMessage,
)
from wagtail_automation.messaging.retention import prune_direct
from wagtail_automation.objects import ref_of
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.actions import record_event

pytestmark = pytest.mark.django_db
KEY = "s3cr3t-key"
NOW = dt.datetime(2026, 3, 10, 9, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _now():
    with test_clock.freeze(NOW):
        yield


@pytest.fixture
def chat(settings):
    """A chat that notes what it gets and answers ``status``."""
    with push_service() as server:
        settings.WAGTAIL_AUTOMATION = {
            **settings.WAGTAIL_AUTOMATION,
            "SECRETS": {
                "sales_room": f"json://user:{KEY}@127.0.0.1:{server.server_port}/room",
                "away": f"json://user:{KEY}@127.0.0.1:1/room",
                "nonsense": f"nonsense://{KEY}",
            },
        }
        yield server


@pytest.fixture
def room(chat):
    return Channel.objects.create(
        name="Sales room", kind="room_apprise", is_active=True, options={"address": "sales_room"}
    )


def said(chat) -> list[str]:
    return [json.loads(body)["message"] for _path, _headers, body in chat.calls]


def make_alert(room, **fields):
    defaults = {"name": "Hot", "event": "form_submitted", "to": "others", "room": room}
    alert = Alert.objects.create(**{**defaults, "text": "Call {{ lead.first_name }}!", **fields})
    watching.look()  # from here on
    return alert


def later(**delta) -> sender.Queue:
    with test_clock.freeze(NOW + dt.timedelta(**delta)):
        watching.look()
        return sender.send_due()


def test_a_room_is_told_once_who_and_where(make_lead, chat, room):
    alert = make_alert(room)
    lead = make_lead("ada@example.com", first_name="Ada", last_name="Byron")
    record_event(name="form_submitted", lead=lead)
    later(minutes=1)
    later(minutes=2)
    (text,) = said(chat)
    assert text.startswith("To look at: Ada Byron\n\nCall Ada!\n\nAda Byron\nEmail: ada@example.com\n\nhttp")
    assert f"/{lead.pk}/" in text and chat.calls[0][0] == "/room"
    post = AlertPost.objects.get()
    assert (post.state, post.alert, post.channel, post.sent_at) == (
        "sent",
        alert,
        room,
        clock.now() + dt.timedelta(minutes=1),
    )
    assert "Ada" not in post.text and "{{ lead.first_name }}" in post.text
    record = AlertRecord.objects.get()
    assert (record.lead, record.to, record.alert) == (lead, "Sales room", alert)
    assert not DirectMessage.objects.exists()


def test_beside_people_and_in_a_digest(make_lead, chat, room):
    make_alert(room, digest="hour", address="desk@shop.example")
    for name in ("Ada", "Bob"):
        record_event(name="form_submitted", lead=make_lead(first_name=name))
    later(minutes=1)
    assert not chat.calls
    later(minutes=61)
    (text,) = said(chat)
    assert text.startswith("Hot: 2 people\n\n") and "Call Ada!" in text and "Call Bob!" in text
    assert DirectMessage.objects.get().to == "desk@shop.example"
    assert (
        sorted(AlertRecord.objects.values_list("to", flat=True))
        == ["Sales room"] * 2 + ["desk@shop.example"] * 2
    )


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        (503, "queued", "gateway_busy"),
        (429, "queued", "gateway_busy"),
        (403, "queued", "gateway_refused"),
        (404, "failed", "gateway_refused"),
        (500, "doubtful", "no_answer"),
    ],
)
def test_what_the_chat_answers_decides_what_comes_next(make_lead, chat, room, status, state, reason):
    make_alert(room)
    record_event(name="form_submitted", lead=make_lead(first_name="Ada"))
    chat.status = status
    later(minutes=1)
    post = AlertPost.objects.get()
    assert (post.state, post.reason) == (state, reason) and KEY not in post.detail
    chat.status = 201
    later(minutes=1, seconds=30)
    assert len(chat.calls) == 1, "not before its time"
    later(minutes=3)
    assert len(chat.calls) == (2 if state == "queued" else 1)
    assert AlertPost.objects.get().state == ("sent" if state == "queued" else state)


def test_a_chat_that_is_away_or_no_longer_in_use(make_lead, chat, room):
    Channel.objects.filter(pk=room.pk).update(options={"address": "away"})
    make_alert(room)
    record_event(name="form_submitted", lead=make_lead())
    later(minutes=1)
    assert AlertPost.objects.get().reason == "gateway_unreachable"
    Channel.objects.filter(pk=room.pk).update(options={"address": "gone"})
    later(minutes=3)
    assert AlertPost.objects.get().reason == "no_secret"
    Channel.objects.filter(pk=room.pk).update(is_active=False)
    later(minutes=10)
    assert (AlertPost.objects.get().state, AlertPost.objects.get().reason) == ("failed", "no_channel")
    assert sender.expire_leases() == 0


def test_a_worker_that_died_leaves_it_doubtful_and_a_person_decides(make_lead, chat, room, client):
    make_alert(room)
    record_event(name="form_submitted", lead=make_lead())
    with test_clock.freeze(NOW + dt.timedelta(minutes=1)):
        watching.look()
        assert AlertPost.objects.all().lease(5, clock.now())
    with test_clock.freeze(NOW + dt.timedelta(hours=1)):
        assert sender.has_due() is False and sender.expire_leases() == 1
    sender.send_due()
    post = AlertPost.objects.get()
    assert post.state == "doubtful" and not chat.calls
    client.force_login(User.objects.create_superuser("boss"))
    page = client.get("/admin/automation/alerts-in-chats/")
    resend = reverse("wagtail_automation_messaging_resend", args=["room", post.pk])
    assert resend in page.content.decode()
    assert client.get(f"/admin/automation/alerts-in-chats/inspect/{post.pk}/").status_code == 200
    client.post(resend)
    sender.send_due()
    assert len(chat.calls) == 1


def test_a_rate_holds_for_a_room(make_lead, chat, room):
    Channel.objects.filter(pk=room.pk).update(per_minute=6)
    make_alert(room)
    for _n in range(4):
        record_event(name="form_submitted", lead=make_lead())
    later(minutes=1)
    assert len(chat.calls) == 1
    later(minutes=1, seconds=10)
    assert len(chat.calls) == 2


def test_a_step_of_a_campaign_tells_a_room(make_lead, chat, room):
    lead = make_lead(first_name="Ada")
    cohort = LeadsCohort([lead.pk], key="t:1", origin="campaign:1", now=clock.now())
    value = AlertSend().to_python({"to": "others", "text": "Hello", "room": room.pk})
    assert AlertSend().clean(value)["room"] == room and "Sales room" in AlertSend().sentence(value)
    AlertSend().apply({**value, "room": ref_of(room)}, cohort)
    with pytest.raises(IntegrityError), transaction.atomic():
        queue_alerts(cohort=cohort, to="others", text="Hello", room=room)
    sender.send_due()
    assert len(chat.calls) == 1 and AlertRecord.objects.get().origin == "campaign:1"


def test_statements_do_not_grow(make_lead, chat, room, django_assert_max_num_queries):
    people = [make_lead() for _n in range(12)]
    with django_assert_max_num_queries(20):
        queue_alerts(
            cohort=LeadsCohort([lead.pk for lead in people], key="t", now=clock.now()),
            to="others",
            text="{{ lead.first_name }}",
            room=room,
        )
    with django_assert_max_num_queries(30):
        sender.send_due()
    assert len(chat.calls) == 12


# -- people ------------------------------------------------------------------------------------------------


def test_who_is_erased_or_merged_before_it_goes_out(make_lead, chat, room):
    make_alert(room, digest="hour")
    ada, bob, twin = (make_lead(first_name=name) for name in ("Ada", "Bob", "Bob"))
    for lead in (ada, bob, twin):
        record_event(name="form_submitted", lead=lead)
    with test_clock.freeze(NOW + dt.timedelta(minutes=1)):
        watching.look()
    with test_clock.freeze(NOW + dt.timedelta(minutes=62)):
        watching.look()
        merging.merge(source=twin, target=bob, now=clock.now(), reason="test")
        ada.delete()
        sender.send_due()
    (text,) = said(chat)
    assert "Ada" not in text and text.count("Call Bob!") == 1 and text.startswith("Hot: 1 person")


def test_nobody_is_left_to_tell_about(make_lead, chat, room):
    make_alert(room)
    lead = make_lead()
    record_event(name="form_submitted", lead=lead)
    with test_clock.freeze(NOW + dt.timedelta(minutes=1)):
        watching.look()
        lead.delete()
        sender.send_due()
    post = AlertPost.objects.get()
    assert (post.state, post.reason) == ("skipped", "people_deleted") and not chat.calls
    assert not AlertPostLead.objects.exists()


def test_old_posts_are_pruned(make_lead, chat, room):
    make_alert(room)
    record_event(name="form_submitted", lead=make_lead())
    later(minutes=1)
    assert list(prune_direct(NOW + dt.timedelta(days=1))) == [1] and not AlertPost.objects.exists()


@pytest.mark.parametrize(
    "name",
    [
        "@everyone",
        "@HERE",
        "<!channel>",
        "<@U123>",
        "<https://evil.example|Sign in>",
        "[Sign in](https://evil.example)",
    ],
)
def test_a_name_is_no_command_to_the_chat(name, make_lead, chat, room):
    make_alert(room)
    record_event(name="form_submitted", lead=make_lead("eve@everyone.example", first_name=name))
    later(minutes=1)
    (text,) = said(chat)
    assert name not in text and name in text.replace("\u200b", "")
    assert harmless("Ask a@b.example < 3 [x] (y) https://shop.example/@me") == (
        "Ask a@b.example < 3 [x] (y) https://shop.example/@me"
    )


# -- the admin ---------------------------------------------------------------------------------------------


def form(**changed):
    return {"name": "Hot", "is_active": "on", "event": "form_submitted", "rule": "", "text": "Hello",
            "to": "others", "team": "", "person": "", "address": "", "room": "", "digest": "",
            **changed}  # fmt: skip


def test_a_marketer_chooses_a_room(marketer, room):
    add = reverse(Alert.snippet_viewset.get_url_name("add"))
    page = marketer.get(add).content.decode()
    assert "Sales room" in page and KEY not in page
    assert marketer.post(add, form(room=room.pk)).status_code == 302
    assert Alert.objects.get().room == room
    assert marketer.get("/admin/automation/alerts-in-chats/").status_code == 200
    chosen = marketer.get(reverse("wagtail_automation_room_chooser:choose")).json()["html"]
    assert "Sales room" in chosen


def test_a_text_message_is_no_room_and_an_alert_no_text_message(marketer, room, english):
    sms = Channel.objects.create(name="SMS", kind="sms_console", is_active=True)
    answer = marketer.post(reverse(Alert.snippet_viewset.get_url_name("add")), form(room=sms.pk))
    assert "room" in answer.context["form"].errors and not Alert.objects.exists()
    add = reverse(TextMessage.snippet_viewset.get_url_name("add"))
    assert "Sales room" not in marketer.get(add).content.decode()
    chosen = marketer.get(reverse("wagtail_automation_room_chooser:choose")).json()["html"]
    assert "SMS" not in chosen


@pytest.mark.parametrize("room_pk", ["", "999999", "x"])
def test_nobody_and_no_such_room(marketer, room, room_pk):
    answer = marketer.post(reverse(Alert.snippet_viewset.get_url_name("add")), form(room=room_pk))
    assert answer.status_code == 200 and not Alert.objects.exists()
    assert {"to", "room"} & set(answer.context["form"].errors)


@pytest.mark.parametrize(
    ("name", "is_right"), [("sales_room", True), ("nonsense", False), ("", False), ("no", False)]
)
def test_the_address_of_a_room_is_a_secret(client, chat, name, is_right):
    client.force_login(User.objects.create_superuser("boss"))
    channel = Channel.objects.create(name="C", kind="room_apprise")
    edit = reverse("wagtail_automation_channel:edit", args=[channel.pk])
    answer = client.post(edit, {"name": "C", "is_active": "on", "per_minute": "0", "address": name})
    channel.refresh_from_db()
    assert channel.options == ({"address": name} if is_right else {})
    if not is_right:
        assert list(answer.context["form"].errors) == ["address"] and KEY not in answer.content.decode()
    assert channel.medium == "room"
