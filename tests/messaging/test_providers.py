"""Providers with an interface of their own (Anymail): what their answers mean for a message, and whom nobody
must not lose for a key that has expired."""

import datetime as dt
import json
import pkgutil

import anymail.backends
import pytest
import requests
from anymail.exceptions import AnymailUnsupportedFeature
from urllib3.exceptions import MaxRetryError, NewConnectionError

from wagtail_automation import clock
from wagtail_automation.messaging import sender, transport
from wagtail_automation.messaging.models import Suppression
from wagtail_automation.messaging.transport import Verdict
from wagtail_automation.outbox import State
from wagtail_automation.testing import clock as test_clock

KEYS = {
    "BREVO_API_KEY": "key",
    "MAILERSEND_API_TOKEN": "key",
    "MAILGUN_API_KEY": "key",
    "MAILGUN_SENDER_DOMAIN": "atelier.example",
    "MAILJET_API_KEY": "key",
    "MAILJET_SECRET_KEY": "key",
    "MAILTRAP_API_TOKEN": "key",
    "MANDRILL_API_KEY": "key",
    "POSTAL_API_KEY": "key",
    "POSTAL_API_URL": "https://postal.example/",
    "POSTMARK_SERVER_TOKEN": "key",
    "RESEND_API_KEY": "key",
    "SCALEWAY_PROJECT_ID": "key",
    "SCALEWAY_SECRET_KEY": "key",
    "SPARKPOST_API_KEY": "key",
    "UNISENDER_GO_API_KEY": "key",
    "UNISENDER_GO_API_URL": "https://unisender.example/",
}
#: those that Anymail supports and that speak HTTP by requests
PROVIDERS = sorted(
    {found.name for found in pkgutil.iter_modules(anymail.backends.__path__)}
    & {key.partition("_")[0].lower() for key in KEYS}
    | {"unisender_go"}
)


class Interface:
    """Stands for the network: answers with a status, or raises; keeps what it is given."""

    def __init__(self):
        self.says, self.calls = [], []

    def __call__(self, session, **request):
        self.calls.append(request)
        said = self.says.pop(0) if self.says else 200
        if isinstance(said, Exception):
            raise said
        response = requests.Response()
        response.status_code = said
        response._content = json.dumps(
            {
                "ErrorCode": 0 if said == 200 else 10,
                "Message": "OK" if said == 200 else "No",
                "MessageID": "p-1",
                "To": json.loads(request["data"])["To"] if said == 200 else "",
            }
        ).encode()
        return response


@pytest.fixture
def interface(monkeypatch, settings):
    found = Interface()
    monkeypatch.setattr("requests.Session.request", lambda session, **request: found(session, **request))
    settings.ANYMAIL = KEYS
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    return found


def no_connection():
    reason = NewConnectionError(None, "refused")
    return requests.ConnectionError(MaxRetryError(None, "/email", reason))


@pytest.fixture
def message(make_email, make_lead, queue):
    return queue(make_email(), make_lead("ada@example.com"))[0]


@pytest.mark.django_db
def test_what_a_provider_is_given(message, interface):
    assert sender.send_due().counts == {State.SENT: 1}
    message.refresh_from_db()
    assert message.provider_id == "p-1" and message.sent_to
    (call,) = interface.calls
    given = call["data"] if isinstance(call["data"], str) else call["data"].decode()
    for wanted in ("ada@example.com", "List-Unsubscribe-Post", "One-Click", "Auto-Submitted", "Welcome"):
        assert wanted in given, wanted


@pytest.mark.django_db
@pytest.mark.parametrize("status", [401, 402, 403, 404, 429])
def test_a_key_that_expired_loses_nobody(interface, make_email, make_lead, queue, status):
    queue(make_email(), *[make_lead() for _ in range(5)])
    interface.says = [status]
    report = sender.send_due()
    assert report.server_down and len(interface.calls) == 1, "the others are not tried"
    assert report.counts == {State.QUEUED: 5}
    with test_clock.shift(dt.timedelta(minutes=3)):
        assert sender.send_due().counts == {State.SENT: 5}
    assert len(interface.calls) == 6 and not Suppression.objects.exists()


@pytest.mark.django_db
def test_reasons_for_people(message, interface):
    interface.says = [401]
    sender.send_due()
    message.refresh_from_db()
    assert (message.state, message.reason) == (State.QUEUED, "provider_account")
    assert message.not_before > clock.now() and "401" in message.detail


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("said", "state", "reason"),
    [
        (400, State.FAILED, "provider_refused"),
        (422, State.FAILED, "provider_refused"),
        (500, State.QUEUED, "server_unreachable"),
        (requests.ConnectTimeout("slow"), State.QUEUED, "server_unreachable"),
        (requests.exceptions.SSLError("no certificate"), State.QUEUED, "server_unreachable"),
        (no_connection(), State.QUEUED, "server_unreachable"),
        (requests.ReadTimeout("no answer"), State.DOUBTFUL, "no_answer"),
        (requests.ConnectionError("reset by peer"), State.DOUBTFUL, "no_answer"),
    ],
)
def test_what_an_answer_means(message, interface, said, state, reason):
    interface.says = [said]
    sender.send_due()
    message.refresh_from_db()
    assert (message.state, message.reason) == (state, reason)
    with test_clock.shift(dt.timedelta(minutes=3)):
        sender.send_due()
    assert len(interface.calls) == (2 if state == State.QUEUED else 1)


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_provider_takes_what_we_write(interface, settings, name):
    """Headers and parts of ours: none is a feature that it does not have."""
    from wagtail_automation.messaging import mime
    from wagtail_automation.messaging.models import EmailSettings
    from wagtail_automation.messaging.rendering import Parts

    settings.EMAIL_BACKEND = f"anymail.backends.{name}.EmailBackend"
    brand = EmailSettings(sender_name="Atelier Sève", sender_address="bonjour@atelier.example")
    brand.reply_to, brand.return_path = "reponse@atelier.example", "bounces@atelier.example"
    email = mime.marketing(
        Parts("Été", "<p>Bonjour</p>", "Bonjour"),
        to="ada@example.com",
        settings=brand,
        message_id="0" * 32 + "@atelier.example",
        unsubscribe_url="https://atelier.example/u/",
        pk=7,
    )
    interface.says = [requests.ReadTimeout("no answer"), 401]
    with transport.Transport() as line:
        assert (line.send(email).verdict, len(interface.calls)) == (Verdict.UNKNOWN, 1)
        assert line.send(email).reason == "provider_account"


def test_what_a_provider_cannot_do_is_not_in_doubt(monkeypatch):
    class Backend:
        def open(self):
            return True

        def close(self):
            pass

        def send_messages(self, _emails):
            raise AnymailUnsupportedFeature("no such thing")

    class Email:
        return_path = ""

    with transport.Transport(Backend) as line:
        outcome = line.send(Email())
    assert (outcome.verdict, outcome.reason, outcome.down) == (Verdict.FAILED, "provider_refused", False)
