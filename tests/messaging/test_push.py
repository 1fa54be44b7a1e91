"""Web push: subscribing, leaving, what a push service gets, browsers that left, bad input."""

import base64
import datetime as dt
import json
import secrets
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse
from wagtail.users.models import UserProfile

from wagtail_automation import clock
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import ConsentState
from wagtail_automation.messaging.channels import actions, sender
from wagtail_automation.messaging.models import (
    Channel,
    ChannelMessage,
    ChannelVersion,
    MarketingMessage,
    PushMessage,
    PushSubscription,
)
from wagtail_automation.messaging.push import actions as push
from wagtail_automation.objects import ref_of
from wagtail_automation.outbox import State
from wagtail_automation.testing import clock as test_clock

pytestmark = pytest.mark.django_db
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
           "Accept-Language": "fr", "Sec-Fetch-Site": "same-origin"}  # fmt: skip


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def said(endpoint="https://fcm.googleapis.com/fcm/send/abc", p256dh=None, auth=None):
    return {
        "endpoint": endpoint,
        "keys": {"p256dh": p256dh or b64(b"\x04" + b"k" * 64), "auth": auth or b64(b"a" * 16)},
    }


def test_subscribing_is_a_consent_and_leaving_takes_it_back(make_lead, site):
    lead, now = make_lead(), clock.now()
    for _again in range(2):
        push.subscribe(lead=lead, said=said(), site=site, now=now)
    assert PushSubscription.objects.count() == 1
    assert ConsentState.objects.get(lead=lead, subject="push").granted
    push.subscribe(lead=lead, said=said("https://web.push.apple.com/x"), site=site, now=now)
    assert push.leave(endpoint="https://web.push.apple.com/x", site=site, now=now)
    assert ConsentState.objects.get(lead=lead, subject="push").granted, "one browser is left"
    assert push.leave(endpoint=said()["endpoint"], site=site, now=now)
    assert not ConsentState.objects.get(lead=lead, subject="push").granted
    assert not push.leave(endpoint=said()["endpoint"], site=site, now=now)


@pytest.mark.parametrize(
    "wrong",
    [
        None, [], "x", {}, {"endpoint": "https://fcm.googleapis.com/x"}, {**said(), "keys": []},
        said("http://fcm.googleapis.com/x"), said("https://169.254.169.254/latest"), said("https://localhost/x"),
        said("https://fcm.googleapis.com.evil.example/x"), said("https://fcm.googleapis.com@evil.example/x"),
        said("https://[x/"), said("https://fcm.googleapis.com/" + "x" * 1000), said("file:///etc/passwd"),
        said(p256dh="short"), said(p256dh=b64(b"\x05" + b"k" * 64)), said(auth=b64(b"a" * 15)),
        said(auth="é"),
    ],
)  # fmt: skip
def test_what_is_no_subscription_is_refused(wrong):
    with pytest.raises(ValidationError):
        push.clean(wrong)


def test_only_pages_of_the_site_may_and_only_who_may_be_remembered(client, site):
    address = reverse("wagtail_automation_messaging:push_subscribe")

    def post(body, **headers):
        return client.post(address, body, content_type="application/json", headers={**BROWSER, **headers})

    body = json.dumps(said())
    assert post(body, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert post(body).status_code == 409, "no consent to being remembered"
    assert [post(bad).status_code for bad in ("{", "[" * 4000, "\xff", "x" * 6000, "{}")] == [400] * 5
    client.cookies["wa_consent"] = "granted"
    assert post(body).json() == {"subscribed": True}
    assert PushSubscription.objects.get().lead
    leaving = reverse("wagtail_automation_messaging:push_leave")
    assert client.get(leaving).status_code == 405
    client.post(leaving, body, content_type="application/json", headers=BROWSER)
    assert not PushSubscription.objects.exists()


def test_the_worker_and_the_key(client, site):
    worker = client.get(reverse("wagtail_automation_messaging:push_worker"))
    assert worker["Content-Type"].startswith("text/javascript") and b"showNotification" in worker.content
    key = reverse("wagtail_automation_messaging:push_key")
    assert client.get(key).status_code == 404
    Channel.objects.create(name="P", kind="web_push", is_active=True, options={"public_key": "B" * 87})
    assert client.get(key).json() == {"key": "B" * 87}


class Service(BaseHTTPRequestHandler):
    """A push service."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *args):
        pass


@contextmanager
def push_service():
    """One on this machine, which notes what it gets and answers ``status``."""
    server = HTTPServer(("127.0.0.1", 0), Service)
    server.calls, server.status = [], 201
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def service():
    with push_service() as server:
        yield server


def test_a_push_service_gets_what_only_the_browser_can_read(service, settings, make_lead, english, site):
    import http_ece
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from py_vapid import Vapid02

    host = f"127.0.0.1:{service.server_port}"
    vapid = Vapid02()
    vapid.generate_keys()
    private = b64(vapid.private_key.private_numbers().private_value.to_bytes(32, "big"))
    settings.WAGTAIL_AUTOMATION = {
        **settings.WAGTAIL_AUTOMATION,
        "PUSH_SERVICES": (host,),
        "SECRETS": {"vapid": private},
    }
    options = {"key": "vapid", "public_key": "B" * 87, "contact": "web@shop.example"}
    Channel.objects.create(name="P", kind="web_push", is_active=True, options=options)
    browser, auth = ec.generate_private_key(ec.SECP256R1()), secrets.token_bytes(16)
    point = browser.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    lead = make_lead(first_name="Zoé")
    taken = said(f"http://{host}/box/1", b64(point), b64(auth))
    push.subscribe(lead=lead, said=taken, site=site, now=clock.now())
    message = PushMessage(
        name="N", title="Hi {{ lead.first_name }}", url="https://shop.example/x", locale=english
    )
    message.save()
    message.save_revision().publish()

    def send(key):
        waiting = list(connection.run_on_commit)
        actions.queue_message(cohort=LeadsCohort([lead.pk], key=key), message=ref_of(message))
        connection.run_on_commit = waiting
        sender.send_due()
        return ChannelMessage.objects.get(key__startswith=key)

    assert send("t:1").state == State.SENT
    ((path, headers, body),) = service.calls
    assert path == "/box/1" and headers["Ttl"] and headers["Authorization"].startswith("vapid t=")
    content = json.loads(http_ece.decrypt(body, private_key=browser, auth_secret=auth, version="aes128gcm"))
    assert content["title"] == "Hi Zoé" and "/automation/t/" in content["url"]
    # a key that is none stops the channel, not the message; a browser whose key is none is forgotten
    settings.WAGTAIL_AUTOMATION["SECRETS"] = {"vapid": "no key"}
    waiting = send("t:bad")
    assert (waiting.state, waiting.reason) == (State.QUEUED, "bad_secret") and len(service.calls) == 1
    settings.WAGTAIL_AUTOMATION["SECRETS"] = {"vapid": private}
    push.subscribe(lead=lead, said=said(f"http://{host}/box/0"), site=site, now=clock.now())
    with test_clock.shift(dt.timedelta(minutes=2)):
        sender.send_due()
    waiting.refresh_from_db()
    assert waiting.state == State.SENT and [call[0] for call in service.calls] == ["/box/1"] * 2
    assert PushSubscription.objects.get().endpoint.endswith("/box/1")
    service.status = 410
    gone = send("t:2")
    assert (gone.state, gone.reason) == (State.FAILED, "browser_left")
    assert not PushSubscription.objects.exists()


def test_the_admin(client, english, site):
    client.force_login(User.objects.create_superuser("boss"))
    for model in (PushMessage, MarketingMessage):
        for name in ("add", "list"):
            assert client.get(reverse(model.snippet_viewset.get_url_name(name))).status_code == 200
    add = reverse(MarketingMessage.snippet_viewset.get_url_name("add"))
    form = {"name": "Sale", "email": "", "text_message": "", "push_message": ""}
    answer = client.post(add, form)
    assert answer.status_code == 200 and "email" in answer.context["form"].errors
    message = PushMessage.objects.create(name="N", title="{{ lead.first_name }}!", locale=english)
    preview = reverse(PushMessage.snippet_viewset.get_url_name("preview_on_edit"), args=[message.pk])
    posted = {"name": "N", "title": "{{ lead.first_name }}!", "body": "", "url": "", "site": ""}
    assert client.post(preview, posted).json()["is_valid"]
    assert "Camille!" in client.get(preview).content.decode()
    assert client.post(add, {**form, "push_message": message.pk}).status_code == 302
    channel = Channel.objects.create(name="P", kind="web_push")
    edit = reverse("wagtail_automation_channel:edit", args=[channel.pk])
    wrong = client.post(edit, {"name": "P", "key": "nothing", "public_key": "short", "contact": "x"})
    assert {"key", "public_key", "contact"} <= set(wrong.context["form"].errors)


@pytest.mark.parametrize("title", ["", "{% if %}", "{{ lead.nonsense }}"])
def test_what_cannot_be_sent_cannot_be_published(title, english, site):
    message = PushMessage(name="N", title=title, locale=english, live=False)
    message.save()
    with pytest.raises(ValidationError):
        message.save_revision().publish()


def test_a_message_without_an_address_leads_home_and_counts(english, site):
    message = PushMessage.objects.create(name="N", title="News", locale=english)
    message.save_revision().publish()
    version = ChannelVersion.objects.get()
    assert version.content["url"] == "{{ link_1 }}"
    assert version.links["link_1"]["url"] == "http://testserver/"


def test_the_choosers_speak_the_language_of_the_reader(client, site):
    boss = User.objects.create_superuser("boss")
    UserProfile.objects.create(user=boss, preferred_language="fr")
    client.force_login(boss)
    page = client.get(reverse(MarketingMessage.snippet_viewset.get_url_name("add"))).content.decode()
    assert "Choisir un SMS" in page and "Choisir une notification push" in page
    assert "Choose text message" not in page and "Choose push" not in page
