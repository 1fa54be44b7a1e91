"""Text messages from the editor to a gateway and back: who gets one, exactly once, STOP, forged calls."""

import datetime as dt
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from wagtail_automation import clock
from wagtail_automation.leads import actions as leads
from wagtail_automation.leads import suppression
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import ConsentState
from wagtail_automation.messaging.channels import actions, codes, compiling, sender, stopping
from wagtail_automation.messaging.channels.models import Channel, ChannelMessage, ChannelReply
from wagtail_automation.messaging.models import TextMessage
from wagtail_automation.messaging.reasons import REASONS
from wagtail_automation.messaging.sms import parts
from wagtail_automation.messaging.sms.kinds import ConsoleKind, HttpKind
from wagtail_automation.objects import ref_of
from wagtail_automation.outbox import State
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.identity import signature
from wagtail_automation.tracking.models import Event

pytestmark = pytest.mark.django_db
HOOK = "hook-secret"
SECRETS = {"SECRETS": {"sms_key": "k-1", "sms_hook": HOOK}}
NUMBER = "+33612345678"
PERSON = {
    "User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1",
    "Accept-Language": "fr",
}


class Gateway(BaseHTTPRequestHandler):
    """Keeps what it is given and answers as told."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls.append((dict(self.headers), body))
        status, answer = self.server.replies.pop(0) if self.server.replies else (200, b'{"id": "g-%d"}')
        if status == 0:
            return  # hangs up without a word
        self.send_response(status)
        self.end_headers()
        self.wfile.write(answer % len(self.server.calls) if b"%d" in answer else answer)

    def log_message(self, *args):
        pass


@pytest.fixture
def gateway():
    server = HTTPServer(("127.0.0.1", 0), Gateway)
    server.calls, server.replies = [], []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def channel(gateway, settings, site):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, **SECRETS}
    options = {
        "url": f"http://127.0.0.1:{gateway.server_port}/send",
        "format": "json",
        "key": "sms_key",
        "prefix": "Bearer",
        "header": "Authorization",
        "sender": "ATELIER",
        "to_name": "to",
        "text_name": "text",
        "sender_name": "from",
        "reference_name": "reference",
        "id_path": "id",
        "country_code": "+33",
        "stop_text": "STOP to 36111",
        "webhook_secret": "sms_hook",
    }
    return Channel.objects.create(name="Gateway", kind="sms_http", is_active=True, options=options)


@pytest.fixture
def make_text(english, channel):
    def make(text="Hello {{ lead.first_name }}: https://shop.example/sale?a=1.", *, publish=True):
        message = TextMessage(name="Sale", text=text, locale=english, live=False)
        message.save()
        revision = message.save_revision()
        if publish:
            revision.publish()
            message.refresh_from_db()
        return message

    return make


@pytest.fixture
def agreed(make_lead):
    def make(phone="06 12 34 56 78", **fields):
        lead = make_lead(phone=phone, **fields)
        leads.record_consent(lead=lead, subject="sms", granted=True, how="form", now=clock.now())
        return lead

    return make


def queue(message, *people, key="t:1"):
    waiting = list(connection.run_on_commit)
    actions.queue_message(cohort=LeadsCohort([p.pk for p in people], key=key), message=ref_of(message))
    connection.run_on_commit = waiting  # the test says itself when the worker comes
    return list(ChannelMessage.objects.filter(key__startswith=key).order_by("lead_id"))


def post(client, channel, body, *, secret=HOOK, at=None, sign=None):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    timestamp = str(int(at if at is not None else clock.now().timestamp()))
    return client.post(
        reverse("wagtail_automation_messaging:channel", args=[channel.uuid]),
        raw,
        content_type="application/json",
        headers={"X-WA-Timestamp": timestamp, "X-WA-Signature": sign or signature(secret, timestamp, raw)},
    )


def answered(text="STOP", sender=NUMBER, id="in-1"):
    return {"kind": "received", "id": id, "from": sender, "text": text}


# -- out ---------------------------------------------------------------------------------------------------


def test_what_the_gateway_gets(make_text, agreed, gateway):
    lead = agreed(first_name="Zoé")
    (row,) = queue(make_text(), lead)
    assert str(sender.send_due()) == "sent: 1"
    ((headers, body),) = gateway.calls
    call = json.loads(body)
    assert headers["Authorization"] == "Bearer k-1" and headers["Idempotency-Key"] == str(row.uuid)
    assert (call["to"], call["from"], call["reference"]) == (NUMBER, "ATELIER", str(row.uuid))
    first, stop = call["text"].split("\n")
    assert stop == "STOP to 36111"
    assert first.startswith("Hello Zoé: http://testserver/automation/t/") and first.endswith(".")
    row.refresh_from_db()
    assert (row.state, row.provider_id, row.address) == (State.SENT, "g-1", NUMBER)
    event = Event.objects.get(name="sms_sent")
    assert (event.lead_id, event.object_key) == (lead.pk, row.version.translation_key)


def test_a_gateway_that_wants_a_form_and_hides_its_number(make_text, agreed, gateway, channel):
    Channel.objects.update(options={**channel.options, "format": "form", "id_path": "messages.0.id"})
    gateway.replies = [(202, b'{"messages": [{"id": 77}]}')]
    (row,) = queue(make_text("Hé & co"), agreed())
    sender.send_due()
    row.refresh_from_db()
    assert row.provider_id == "77"
    assert b"text=H%C3%A9+%26+co%0ASTOP" in gateway.calls[0][1]


def test_a_short_link_leads_where_it_should_and_counts_once(make_text, agreed, gateway, client):
    (row,) = queue(make_text(), agreed())
    sender.send_due()
    code = codes.make(row.pk, 1)
    for _again in range(2):
        answer = client.get(f"/automation/t/{code}/", headers=PERSON)
        assert answer.status_code == 302 and answer["Location"].startswith("https://shop.example/sale?a=1")
    client.head(f"/automation/t/{code}/", headers=PERSON)
    client.get(f"/automation/t/{code}/", headers={"User-Agent": "facebookexternalhit/1.1"})
    assert Event.objects.filter(name="sms_clicked", human=True).count() == 1
    row.refresh_from_db()
    assert row.clicked_at
    flipped = code[:-1] + ("a" if code[-1] != "a" else "b")
    wrong = ["x", "1-1-aaaaaaaaaa", flipped, codes.make(row.pk, 9), codes.make(row.pk + 1, 1), "9" * 200]
    assert {client.get(f"/automation/t/{bad}/").status_code for bad in wrong} == {404}


WITH_VALUES = "https://shop.example/for/{{ lead.city }}?who={{ lead.first_name }}&from=sms"


def test_values_in_an_address_are_filled_behind_a_short_link(make_text, agreed, gateway, client):
    """As in emails: the text shows neither where nor who, and each is led to their own address."""
    message = make_text(text=f"Hi: {WITH_VALUES}. Bye")
    people = [
        agreed(first_name="Zoé & x=1", city="Le Puy/../../evil"),
        agreed(phone="06 12 34 56 79", first_name="Ann", city="Lyon"),
    ]
    first, second = queue(message, *people)
    sender.send_due()
    bodies = [json.loads(body)["text"] for _headers, body in gateway.calls]
    assert not any("Lyon" in body or "shop.example" in body for body in bodies)
    assert all(re.fullmatch(r"Hi: http://\S+/[^\s.]+\. Bye\nSTOP to 36111", body) for body in bodies)
    people[1].city = "Paris"
    people[1].save()
    for sent, target in (
        (first, "https://shop.example/for/Le%20Puy%2F..%2F..%2Fevil?who=Zo%C3%A9+%26+x%3D1&from=sms"),
        (second, "https://shop.example/for/Lyon?who=Ann&from=sms"),  # as it was when it was sent
    ):
        code = codes.make(sent.pk, 1)
        answer = client.get(reverse("wagtail_automation_messaging:short", args=[code]), headers=PERSON)
        assert answer["Location"].split("wa=")[0].rstrip("&#") == target
    events = Event.objects.filter(name="sms_clicked")
    assert {event.url for event in events} == {WITH_VALUES} and events.count() == 2
    ChannelMessage.objects.update(targets={})  # by retention
    answer = client.get(reverse("wagtail_automation_messaging:short", args=[codes.make(second.pk, 1)]))
    assert answer["Location"] == "https://shop.example/for/?who=&from=sms"


@pytest.mark.parametrize(
    ("text", "links", "rest"),
    [
        ("{% if lead.city %}https://a.org/x{% else %}https://b.org{% endif %}", 2, 0),
        ("{% for c in 'a,b' %}https://a.org/{{ c }}{% endfor %}", 0, 1),
        ("https://{{ lead.city }}.evil.example/", 0, 1),
        ("https://shop.example{{ lead.city }}", 0, 1),
        ("https://a.org/{% if lead.city %}x{% endif %}", 0, 1),
        ("https://a.org/?c={{ lead.city | default: 'none at all' }}!", 1, 0),
        ("{{ 'https://a.org' }} {{ lead.city }}", 0, 1),
    ],
)
def test_which_addresses_are_shortened(text, links, rest):
    texts, found = compiling.compile_texts({"text": text})
    assert len(found) == links and texts["text"].count("https://") == rest


def test_who_gets_none_and_why(make_text, agreed, make_lead, gateway):
    fine, silent, refusing, mute, erased = (
        agreed(),
        make_lead(phone="0611111111"),
        agreed("0622222222"),
        agreed(""),
        agreed("0633333333"),
    )
    leads.record_consent(lead=refusing, subject="sms", granted=False, how="form", now=clock.now())
    rows = queue(make_text(), fine, silent, refusing, mute, erased)
    suppression.suppress([("phone", "+33633333333")], now=clock.now())
    sender.send_due()
    reasons = {}
    for row in rows:
        row.refresh_from_db()
        reasons[row.lead_id] = row.reason
        assert row.reason in REASONS
    assert reasons == {
        fine.pk: "",
        silent.pk: "consent_missing",
        refusing.pk: "channel_refused",
        mute.pk: "no_number",
        erased.pk: "suppressed",
    }
    assert len(gateway.calls) == 1


def test_consent_is_asked_when_it_is_handed_over(make_text, agreed, gateway):
    lead = agreed()
    (row,) = queue(make_text(), lead)
    leads.record_consent(lead=lead, subject="sms", granted=False, how="form", now=clock.now())
    sender.send_due()
    row.refresh_from_db()
    assert (row.state, gateway.calls) == (State.SKIPPED, [])


def test_the_same_act_never_queues_twice(make_text, agreed):
    message, lead = make_text(), agreed()
    queue(message, lead)
    with pytest.raises(IntegrityError), transaction.atomic():
        queue(message, lead)
    assert ChannelMessage.objects.count() == 1


@pytest.mark.parametrize(
    ("reply", "state", "reason"),
    [
        ((429, b"slow down"), State.QUEUED, "gateway_busy"),
        ((503, b""), State.QUEUED, "gateway_busy"),
        ((401, b"who?"), State.QUEUED, "gateway_refused"),
        ((400, b"no such number"), State.FAILED, "gateway_refused"),
        ((302, b""), State.FAILED, "gateway_refused"),
        ((500, b"oops"), State.DOUBTFUL, "no_answer"),
        ((0, b""), State.DOUBTFUL, "no_answer"),
    ],
)
def test_what_an_answer_means(reply, state, reason, make_text, agreed, gateway):
    gateway.replies = [reply]
    (row,) = queue(make_text(), agreed())
    sender.send_due()
    row.refresh_from_db()
    assert (row.state, row.reason) == (state, reason)
    assert len(gateway.calls) == 1, "nothing is sent twice by itself"


def test_a_gateway_that_is_not_there_and_a_key_that_is_missing(make_text, agreed, channel, gateway, settings):
    (row,) = queue(make_text(), agreed())
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "SECRETS": {}}
    sender.send_due()
    row.refresh_from_db()
    assert (row.state, row.reason, gateway.calls) == (State.QUEUED, "no_secret", [])
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, **SECRETS}
    Channel.objects.update(options={**channel.options, "url": "http://127.0.0.1:9/"})
    now = clock.now()
    with test_clock.freeze(now + dt.timedelta(minutes=2)):
        sender.send_due()
    row.refresh_from_db()
    assert (row.state, row.reason) == (State.QUEUED, "gateway_unreachable")
    Channel.objects.update(is_active=False)
    with test_clock.freeze(now + dt.timedelta(minutes=30)):
        sender.send_due()
    row.refresh_from_db()
    assert (row.state, row.reason) == (State.FAILED, "no_channel")


def test_one_channel_that_is_down_stops_no_other(make_text, agreed, channel, gateway):
    down = Channel.objects.create(
        name="A", kind="sms_http", is_active=True, options={**channel.options, "url": "http://127.0.0.1:9/"}
    )
    first, second = queue(make_text(), agreed(), agreed("0644444444"))
    ChannelMessage.objects.filter(pk=first.pk).update(channel=down)
    sender.send_due()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (State.QUEUED, State.SENT)


def test_a_worker_that_died_leaves_doubt_and_no_second_message(make_text, agreed, gateway):
    (row,) = queue(make_text(), agreed())
    ChannelMessage.objects.lease(20, clock.now())
    with test_clock.freeze(clock.now() + dt.timedelta(minutes=10)):
        assert sender.expire_leases() == 1
        sender.send_due()
    row.refresh_from_db()
    assert (row.state, row.reason, gateway.calls) == (State.DOUBTFUL, "worker_lost", [])


def test_a_channel_that_breaks_is_doubtful(make_text, agreed, channel, monkeypatch):
    monkeypatch.setattr(HttpKind, "send", lambda *args: 1 / 0)
    (row,) = queue(make_text(), agreed())
    sender.send_due()
    row.refresh_from_db()
    assert (row.state, row.reason) == (State.DOUBTFUL, "channel_broken")


def test_unpublished_or_deleted_is_not_sent(make_text, agreed, gateway):
    message, gone = make_text(), make_text()
    rows = [*queue(message, agreed(), key="a"), *queue(gone, agreed("0644444444"), key="b")]
    message.unpublish()
    gone.delete()
    sender.send_due()
    for row in rows:
        row.refresh_from_db()
        assert (row.state, row.reason) == (State.SKIPPED, "text_unpublished")
    assert gateway.calls == []
    message.save_revision().publish()
    queue(message, agreed("0655555555"), key="c")
    assert sender.send_due().counts == {State.SENT: 1}


def test_each_in_their_language(make_text, agreed, french, gateway):
    message = make_text("Hello")
    translation = message.copy_for_translation(french)
    translation.text = "Bonjour"
    translation.save()
    translation.save_revision().publish()
    queue(message, agreed(language="fr"), agreed("0655555555", language="en"))
    sender.send_due()
    texts = {json.loads(body)["text"].split("\n")[0] for _headers, body in gateway.calls}
    assert texts == {"Bonjour", "Hello"}


def test_queries_do_not_grow(make_text, agreed, gateway, django_assert_max_num_queries):
    message = make_text()
    people = [agreed(f"06000000{n:02}") for n in range(12)]
    with django_assert_max_num_queries(8):
        queue(message, *people, key="many")
    with django_assert_max_num_queries(40):
        assert sender.send_due().counts == {State.SENT: 12}


# -- back --------------------------------------------------------------------------------------------------


def test_deliveries_are_noted_once(make_text, agreed, channel, client):
    (row,) = queue(make_text(), agreed())
    sender.send_due()
    report = {"kind": "delivered", "id": "g-1"}
    assert post(client, channel, report).json() == {"results": ["noted"]}
    assert post(client, channel, report).json() == {"results": ["repeated"]}
    assert post(client, channel, {"kind": "failed", "id": str(row.uuid)}).json() == {"results": ["repeated"]}
    assert post(client, channel, {"kind": "delivered", "id": "nobody"}).json() == {"results": ["unknown"]}
    row.refresh_from_db()
    assert row.delivered_at and not row.undelivered_at
    assert Event.objects.filter(name="sms_delivered").count() == 1


def test_a_failure_told_first_gives_way_to_a_delivery(make_text, agreed, channel, client):
    (row,) = queue(make_text(), agreed())
    sender.send_due()
    post(client, channel, {"kind": "failed", "id": "g-1", "detail": "phone off"})
    row.refresh_from_db()
    assert (row.detail, row.delivered_at) == ("phone off", None) and row.undelivered_at
    post(client, channel, {"kind": "delivered", "id": "g-1"})
    row.refresh_from_db()
    assert row.delivered_at and not row.undelivered_at


@pytest.mark.parametrize(
    ("text", "is_refusal"),
    [
        ("Revoke", True),
        ("Opt out", True),
        ("OPT-OUT please", True),
        ("Arrêtez !", True),
        ("Désinscription", True),
        ("me désabonner", False),
        ("stop à ces messages svp", False),
        ("Don't stop", False),
        ("opt in", False),
        ("the end", False),
        ("", False),
        ("🛑", False),
        ("S\u200bT\u200bO\u200bP", False),
    ],
)
def test_what_asks_to_stop(text, is_refusal):
    assert stopping.is_stop(text) is is_refusal


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("33612345678", NUMBER),
        ("0033 6 12 34 56 78", NUMBER),
        ("tel:+33612345678", NUMBER),
        (" 33612345678 ", NUMBER),
        ("0612345678", ""),
        ("36180", ""),
        ("SHOP", ""),
        ("٣٣٦١٢٣٤٥٦٧٨", ""),
        ("", ""),
    ],
)
def test_gateways_write_numbers_in_their_own_ways(said, number):
    assert actions._number(said) == number


@pytest.mark.parametrize("text", ["STOP", "stop", " Arrêt !", "Stop SMS", "UNSUBSCRIBE", "opt out"])
def test_stop_ends_the_consent_of_everybody_with_the_number(text, make_text, agreed, channel, client):
    lead, twin = agreed(), agreed(NUMBER)
    queue(make_text(), lead)
    sender.send_due()
    body = answered(text, "+33 6 12 34 56 78")
    assert post(client, channel, body).json() == {"results": ["noted"]}
    assert post(client, channel, body).json() == {"results": ["repeated"]}
    states = dict(ConsentState.objects.filter(subject="sms").values_list("lead_id", "granted"))
    assert states == {lead.pk: False, twin.pk: False}
    assert ChannelReply.objects.get().is_stop
    event = Event.objects.get(name="sms_replied")
    assert event.lead_id == lead.pk and event.data["stop"] is True


@pytest.mark.parametrize(
    "text", ["Please don't stop", "Non stop", "Stop sending them on Mondays please", "", "Yes"]
)
def test_other_answers_keep_it(text, make_text, agreed, channel, client):
    lead = agreed()
    queue(make_text(), lead)
    sender.send_due()
    post(client, channel, answered(text))
    assert ConsentState.objects.get(lead=lead, subject="sms").granted
    assert Event.objects.filter(name="sms_replied").count() == 1


def test_stop_from_a_number_that_nobody_has_is_kept_for_whoever_gets_it(channel, client):
    assert post(client, channel, answered(sender="+33699999999")).json() == {"results": ["noted"]}
    assert suppression.suppressed("phone", ["+33699999999"])
    assert post(client, channel, answered("Hello", "junk")).json() == {"results": ["unknown"]}
    assert not ChannelReply.objects.exists()


@pytest.mark.parametrize(
    "how",
    [
        {"secret": "another"},
        {"sign": "0" * 64},
        {"sign": "x"},
        {"at": 1_000_000},
        {"at": 99_999_999_999_999},
    ],
)
def test_forged_and_stale_calls_change_nothing(how, make_text, agreed, channel, client):
    lead = agreed()
    queue(make_text(), lead)
    sender.send_due()
    reply = post(client, channel, answered(), **how)
    assert (reply.status_code, reply.json()) == (403, {"error": "refused"})
    assert ConsentState.objects.get(lead=lead, subject="sms").granted and not ChannelReply.objects.exists()


def test_a_call_replayed_later_is_refused(channel, client):
    at = clock.now().timestamp()
    with test_clock.freeze(clock.now() + dt.timedelta(minutes=6)):
        assert post(client, channel, {"kind": "delivered", "id": "x"}, at=at).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"\xff",
        b"[" * 90_000,
        {"reports": {}},
        {"reports": [1]},
        {"kind": "x", "id": "1"},
        {"kind": "delivered", "id": " "},
        {"kind": "delivered"},
        {"kind": "delivered", "id": "1", "more": 1},
    ],
)
def test_bad_bodies_are_refused_in_words(body, channel, client):
    reply = post(client, channel, body)
    assert reply.status_code == 400 and reply.json()["error"]


def test_too_much_is_refused(channel, client):
    assert post(client, channel, b"x" * 100_001).status_code == 413
    many = {"reports": [{"kind": "delivered", "id": "1"}] * 501}
    assert post(client, channel, many).status_code == 413


def test_a_channel_without_a_key_takes_no_calls(channel, client):
    Channel.objects.update(options={})
    assert post(client, channel, {"kind": "delivered", "id": "1"}, secret="").status_code == 403
    Channel.objects.update(kind="gone")
    assert post(client, channel, {"kind": "delivered", "id": "1"}).status_code == 403
    address = reverse("wagtail_automation_messaging:channel", args=[channel.uuid])
    assert client.get(address).status_code == 405


# -- the text ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "count", "alphabet"),
    [
        ("", 0, "GSM-7"),
        ("a" * 160, 1, "GSM-7"),
        ("a" * 161, 2, "GSM-7"),
        ("a" * 306, 2, "GSM-7"),
        ("a" * 307, 3, "GSM-7"),
        ("é" * 160, 1, "GSM-7"),
        ("€" * 80, 1, "GSM-7"),
        ("€" * 81, 2, "GSM-7"),
        ("a" * 152 + "€" + "a" * 152, 3, "GSM-7"),  # the euro moves whole into the second part
        ("ê" * 70, 1, "UCS-2"),
        ("ê" * 71, 2, "UCS-2"),
        ("😀" * 35, 1, "UCS-2"),
        ("😀" * 36, 2, "UCS-2"),
        ("😀" * 67, 3, "UCS-2"),  # 33 to a part: none is cut in two
    ],
)
def test_parts(text, count, alphabet):
    found = parts.count(text)
    assert (found.count, found.alphabet) == (count, alphabet)


@pytest.mark.parametrize(
    "text", ["", "   ", "{{ lead.nonsense }}", "{% if %}", "{{ lead.first_name | nonsense }}"]
)
def test_what_cannot_be_sent_cannot_be_published(text, make_text):
    with pytest.raises(ValidationError):
        make_text(text)


def test_values_are_never_evaluated_and_bring_no_control_characters(make_text, agreed, gateway):
    queue(make_text("Hi {{ lead.first_name }}"), agreed(first_name="{{ lead.email }}\x07\u202e<b>"))
    sender.send_due()
    text = json.loads(gateway.calls[0][1])["text"]
    assert text.startswith("Hi {{ lead.email }}") and "\x07" not in text and "\u202e" not in text


def test_the_console_sends_nothing_and_says_all(agreed, caplog, make_text, channel):
    Channel.objects.update(kind="sms_console", options={"country_code": "+33"})
    queue(make_text("Hello you"), agreed())
    with caplog.at_level("INFO", logger="wagtail_automation.sms"):
        sender.send_due()
    assert f"{NUMBER}: Hello you" in caplog.text
    assert ConsoleKind({"country_code": ""}).number("0612345678") == ""
    assert HttpKind({}).number("+44 20 7946 0000") == "+442079460000"


# -- the admin ---------------------------------------------------------------------------------------------


@pytest.fixture
def boss(client, db):
    client.force_login(User.objects.create_superuser("boss"))
    return client


def test_a_channel_is_made_in_two_steps_and_holds_no_secret(boss, settings, site):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, **SECRETS}
    add = reverse("wagtail_automation_channel:add")
    answer = boss.post(add, {"name": "Mine", "kind": "sms_http"})
    made = Channel.objects.get()
    edit = reverse("wagtail_automation_channel:edit", args=[made.pk])
    assert (answer.status_code, answer["Location"], made.is_active, made.medium) == (302, edit, False, "sms")
    page = boss.get(edit).content.decode()
    assert f"/automation/channels/{made.uuid}/" in page and "Bearer" in page
    form = {
        "name": "Mine",
        "is_active": "on",
        "url": "https://gateway.example/sms",
        "format": "json",
        "key": "sms_key",
        "to_name": "to",
        "text_name": "text",
        "sender_name": "from",
        "per_minute": "0",
    }
    assert boss.post(edit, form).status_code == 302
    made.refresh_from_db()
    assert made.is_active and made.options["key"] == "sms_key"
    assert "k-1" not in json.dumps(made.options)
    assert 'value="https://gateway.example/sms"' in boss.get(edit).content.decode()
    assert boss.post(add, {"name": "Other", "kind": "pigeon"}).status_code == 200


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"url": ""}, "url"),
        ({"url": "http://gateway.example/"}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"key": "k-1"}, "key"),
        ({"webhook_secret": "nothing"}, "webhook_secret"),
        ({"country_code": "33"}, "country_code"),
        ({"header": "X: y\r\nZ"}, "header"),
        ({"to_name": "a b"}, "to_name"),
        ({"id_path": "a..b"}, "id_path"),
        ({"format": "xml"}, "format"),
        ({"name": ""}, "name"),
    ],
)
def test_bad_options_are_told_at_their_field(changed, field, boss, channel):
    form = {**channel.options, "name": "Mine", "is_active": "on", **changed}
    answer = boss.post(reverse("wagtail_automation_channel:edit", args=[channel.pk]), form)
    assert answer.status_code == 200 and field in answer.context["form"].errors
    before = channel.options
    channel.refresh_from_db()
    assert channel.options == before


def test_only_administrators_change_channels(client, channel):
    marketer = User.objects.create_user("mara")
    marketer.groups.add(Group.objects.get(name="Marketer"))
    client.force_login(marketer)
    assert client.get(reverse("wagtail_automation_channel:index")).status_code == 200
    assert client.get(reverse("wagtail_automation_channel:edit", args=[channel.pk])).status_code == 302
    form = {"name": "x", "kind": "sms_http"}
    assert client.post(reverse("wagtail_automation_channel:add"), form).status_code == 302
    assert Channel.objects.count() == 1


def test_the_editor_and_the_preview(boss, make_text):
    message = make_text("Hello {{ lead.first_name }} ê https://shop.example/")
    viewset = TextMessage.snippet_viewset
    page = boss.get(reverse(viewset.get_url_name("edit"), args=[message.pk])).content.decode()
    assert "data-wa-parts" in page and "sms-parts.js" in page
    preview = reverse(viewset.get_url_name("preview_on_edit"), args=[message.pk])
    form = {"name": "Sale", "text": "Hi {{ lead.first_name }} ê " + "x" * 70, "site": "", "channel": ""}
    assert boss.post(preview, form).json()["is_valid"]
    shown = boss.get(preview).content.decode()
    assert "Hi Camille" in shown and "STOP to 36111" in shown and "2 messages" in shown
    boss.post(preview, {**form, "text": "{% if %}"})
    assert "{% if %}" not in boss.get(preview).content.decode()


def test_lists_show_what_became_of_messages_and_a_doubtful_one_is_sent_again(
    boss, make_text, agreed, gateway, channel, client
):
    gateway.replies = [(500, b"")]
    (row,) = queue(make_text(), agreed())
    sender.send_due()
    listing = boss.get(reverse("automation_channel-messages_modeladmin_index")).content.decode()
    again = f"/admin/automation/outbox/channel/{row.pk}/resend/"
    assert again in listing
    boss.post(again)
    sender.send_due()
    row.refresh_from_db()
    assert row.state == State.SENT and len(gateway.calls) == 2
    assert boss.get(f"/admin/automation/channel-messages/inspect/{row.pk}/").status_code == 200
    post(client, channel, answered("Thank you"))
    answers = boss.get(reverse("automation_answers-to-messages_modeladmin_index"))
    assert "Thank you" in answers.content.decode()
    lead_page = boss.get(reverse("wagtail_automation_lead:inspect", args=[row.lead_id])).content.decode()
    assert "Thank you" in lead_page and "Sale" in lead_page
