"""A provider's signed webhook, through Anymail's own views: forged, repeated, out of order, too early."""

import base64
import datetime as dt
import hashlib
import hmac
import json

import pytest
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from django.core import mail
from django.test import Client
from django.urls import path

from tests.urls import urlpatterns as site_urls
from wagtail_automation import clock
from wagtail_automation.leads.models import ConsentState
from wagtail_automation.messaging import sender
from wagtail_automation.messaging.delivery.models import EarlyReport
from wagtail_automation.messaging.models import DirectMessage, Message, Suppression
from wagtail_automation.messaging.tasks import beat
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.models import Event

urlpatterns = [
    path("anymail/mailgun/tracking/", MailgunTrackingWebhookView.as_view()),
    path("anymail/postmark/tracking/", PostmarkTrackingWebhookView.as_view()),
    *site_urls,
]
pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.messaging.test_delivery_webhooks")]
KEY = "signing-key"


@pytest.fixture(autouse=True)
def provider(settings):
    settings.EMAIL_BACKEND = "anymail.backends.test.EmailBackend"
    settings.ANYMAIL = {"MAILGUN_WEBHOOK_SIGNING_KEY": KEY, "WEBHOOK_SECRET": "user:pass"}


def payload(identity, event, *, key=KEY, nonce="t1", at=None, **more) -> dict:
    stamp = str(int((at or clock.now()).timestamp()))
    signature = hmac.new(key.encode(), f"{stamp}{nonce}".encode(), hashlib.sha256).hexdigest()
    data = {
        "event": event,
        "timestamp": float(stamp),
        "recipient": "ada@example.com",
        "message": {"headers": {"message-id": identity}},
        **more,
    }
    return {"signature": {"timestamp": stamp, "token": nonce, "signature": signature}, "event-data": data}


def post(body, authorisation="user:pass"):
    return Client(raise_request_exception=False).post(
        "/anymail/mailgun/tracking/",
        json.dumps(body),
        content_type="application/json",
        headers={"authorization": "Basic " + base64.b64encode(authorisation.encode()).decode()},
    )


@pytest.fixture
def sent(make_email, make_lead, queue):
    (message,) = queue(make_email(), make_lead("ada@example.com"))
    sender.send_due()
    message.refresh_from_db()
    return message


BOUNCE = {"severity": "permanent", "delivery-status": {"message": "550 5.1.1 no such user", "code": 550}}


def state(message):
    message.refresh_from_db()
    return (bool(message.delivered_at), message.bounce_kind, bool(message.complained_at))


def test_the_providers_number_is_kept(sent):
    assert sent.provider_id == str(mail.outbox[0].anymail_status.message_id)
    assert mail.outbox[0].from_email == "Atelier Sève <bonjour@atelier.example>"


def test_a_bounce_once_however_often_it_comes(sent):
    body = payload(sent.message_id, "failed", **BOUNCE)
    assert {post(body).status_code for _n in range(20)} == {200}
    assert state(sent) == (False, "hard", False)
    assert Event.objects.filter(name="email_bounced").count() == 1
    assert [(row.address, row.reason) for row in Suppression.objects.all()] == [("ada@example.com", "bounce")]


def test_a_replay_does_not_suppress_again_what_a_person_took_off_the_list(sent):
    body = payload(sent.message_id, "failed", **BOUNCE)
    post(body)
    Suppression.objects.all().delete()
    post(body)
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("order", [("delivered", "failed"), ("failed", "delivered")])
def test_in_any_order(sent, order):
    bodies = {
        "delivered": payload(sent.message_id, "delivered", nonce="a"),
        "failed": payload(sent.message_id, "failed", nonce="b", **BOUNCE),
    }
    for event in order:
        assert post(bodies[event]).status_code == 200
    assert state(sent) == (True, "hard", False)
    assert not Message.objects.reached().exists()


@pytest.mark.parametrize(
    ("change", "authorisation"),
    [
        (lambda body: body["signature"].update(signature="0" * 64), "user:pass"),
        (lambda body: body["signature"].update(timestamp="1"), "user:pass"),
        (lambda body: body["signature"].pop("token"), "user:pass"),
        (lambda body: body.clear(), "user:pass"),
        (lambda body: None, "user:wrong"),
    ],
)
def test_forged(sent, change, authorisation):
    body = payload(sent.message_id, "complained")
    change(body)
    assert post(body, authorisation).status_code == 400
    assert state(sent) == (False, "", False)
    assert not Suppression.objects.exists() and not EarlyReport.objects.exists()


def test_signed_with_another_key(sent):
    assert post(payload(sent.message_id, "failed", key="another", **BOUNCE)).status_code == 400
    assert state(sent) == (False, "", False)


def test_complaint_unsubscription_and_temporary_failure(sent):
    post(payload(sent.message_id, "failed", severity="temporary"))
    assert state(sent) == (False, "", False)
    with test_clock.shift(dt.timedelta(minutes=1)):
        post(payload(sent.message_id, "unsubscribed"))
    sent.refresh_from_db()
    assert sent.unsubscribed_at
    assert ConsentState.objects.get(lead=sent.lead, subject="email").granted is False
    post(payload(sent.message_id, "complained"))
    assert state(sent) == (False, "", True)
    assert Suppression.objects.get().reason == "complaint"


def test_opens_and_clicks_of_the_provider_are_passed_over(sent):
    for event in ("opened", "clicked", "accepted", "stored"):
        assert post(payload(sent.message_id, event, url="https://x.example/")).status_code == 200
    assert not Event.objects.filter(name__in=["email_opened", "email_clicked"]).exists()
    assert not EarlyReport.objects.exists()


def test_times_from_the_future_are_now(sent):
    post(payload(sent.message_id, "delivered", at=clock.now() + dt.timedelta(days=300)))
    sent.refresh_from_db()
    assert sent.delivered_at <= clock.now()


def test_a_report_that_comes_before_the_hand_over_is_written(make_email, make_lead, queue):
    (message,) = queue(make_email(), make_lead("ada@example.com"))
    body = payload("<0-provider@mg.example>", "failed", **BOUNCE)
    assert {post(body).status_code for _n in range(3)} == {200}
    assert EarlyReport.objects.count() == 1
    assert "ada" not in json.dumps(EarlyReport.objects.get().data)
    beat()
    assert EarlyReport.objects.count() == 1
    Message.objects.update(state="sent", provider_id="<0-provider@mg.example>", sent_at=clock.now())
    beat()
    assert state(message) == (False, "hard", False) and not EarlyReport.objects.exists()


def test_reports_about_mail_that_is_not_ours_go_away(sent):
    post(payload("<somebody@else>", "failed", **BOUNCE))
    with test_clock.shift(dt.timedelta(minutes=16)):
        beat()
    assert not EarlyReport.objects.exists() and not Suppression.objects.exists()


def test_a_flood_of_duplicates_is_one_fact_and_one_question_each(sent, django_assert_num_queries):
    from wagtail_automation.messaging.delivery import receiving

    view = MailgunTrackingWebhookView(webhook_signing_key=KEY)
    event = view.esp_to_anymail_event(payload(sent.message_id, "failed", **BOUNCE))
    assert receiving.provider_event(event)
    with django_assert_num_queries(1_000):
        assert not any(receiving.provider_event(event) for _n in range(1_000))
    assert Event.objects.filter(name="email_bounced").count() == 1


def test_direct_messages_are_known_too(brand):
    from wagtail_automation.messaging import actions

    row = actions.queue_direct(to="bob@example.com", subject="Hi", text="x", key="k")
    sender.send_due()
    row.refresh_from_db()
    post(payload(row.message_id, "failed", **BOUNCE))
    row.refresh_from_db()
    assert row.bounce_kind == "hard"
    assert Suppression.objects.get().address == "bob@example.com"
    again = actions.queue_direct(to="bob@example.com", subject="Hi", text="x", key="k2")
    sender.send_due()
    assert DirectMessage.objects.get(pk=again.pk).reason == "suppressed"


def test_postmarks_words(sent):
    body = {
        "RecordType": "SpamComplaint",
        "MessageID": sent.provider_id,
        "Email": "ada@example.com",
        "BouncedAt": "2026-01-01T10:00:00Z",
        "Type": "SpamComplaint",
        "TypeCode": 512,
    }
    answer = Client().post(
        "/anymail/postmark/tracking/",
        json.dumps(body),
        content_type="application/json",
        headers={"authorization": "Basic " + base64.b64encode(b"user:pass").decode()},
    )
    assert answer.status_code == 200
    assert state(sent) == (False, "", True)
