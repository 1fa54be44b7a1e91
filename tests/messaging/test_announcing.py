"""The envelope of the next message goes out before the answer to the last is heard (RFC 2920 §3.1): nothing
is delivered that was only announced, and what the server says is heard by the message that it is about."""

import time

import pytest

from wagtail_automation.messaging import batches, sender
from wagtail_automation.messaging.models import Message
from wagtail_automation.messaging.transport import Transport
from wagtail_automation.testing.smtp_sink import SinkProcess

pytestmark = pytest.mark.django_db


@pytest.fixture
def serve(settings, tmp_path):
    """``serve(**options)``: a server that knows PIPELINING; ``.taken()``: recipients of what it accepted."""
    made = []

    def start(**options):
        process = SinkProcess(log=tmp_path / "log", **options)
        made.append(process)
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", process.port
        process.taken = lambda: [line.split()[1] for line in (tmp_path / "log").read_text().splitlines()]
        return process

    yield start
    for process in made:
        process.__exit__(None, None, None)


@pytest.fixture
def five(make_email, make_lead, queue):
    """Addresses, in the order in which they have their turn."""
    queue(make_email(), *[make_lead(f"p{number}@example.com") for number in range(5)])
    return list(Message.objects.order_by("not_before", "pk").values_list("lead__email", flat=True))


@pytest.fixture
def said(monkeypatch):
    """What the line did, in order."""
    done = []
    for name in ("announce", "finish", "begin"):
        original = getattr(Transport, name)

        def noted(line, *message, original=original, name=name):
            done.append((name, *(one.to for one in message)))
            return original(line, *message)

        monkeypatch.setattr(Transport, name, noted)
    return done


def states():
    return list(Message.objects.order_by("created_at", "pk").values_list("state", "reason"))


def test_the_next_envelope_goes_before_the_answer(serve, five, said):
    server = serve()
    sender.send_due()
    first, second, third = five[:3]
    assert said[:2] == [("begin", first), ("announce", second)]
    assert said[2:5] == [("finish",), ("begin", second), ("announce", third)]
    assert server.taken() == five
    assert states() == [("sent", "")] * 5


def test_what_was_only_announced_is_not_delivered(serve, five, monkeypatch):
    """A worker that was called dead stops; it must not end the conversation with words that the server takes
    for the message's content."""
    server = serve()
    kept = iter([True, True, False])
    monkeypatch.setattr(batches.Batch, "_keep_lease", lambda batch, now: next(kept))
    begun = time.monotonic()
    sender.send_due()
    assert time.monotonic() - begun < 10, "nobody waits for an answer that cannot come"
    assert server.taken() == five[:2]
    assert server.stop()["accepted"] == 2
    assert [state for state, _reason in states()] == ["sent", "sent", "queued", "queued", "queued"]


@pytest.mark.parametrize(
    ("answer", "first", "others"),
    [
        ("550:1", ("failed", "message_refused"), ("failed", "message_refused")),
        ("450:1", ("queued", "message_refused"), ("queued", "message_refused")),
        ("421:1", ("queued", "server_busy"), ("queued", "")),
    ],
)
def test_a_refusal_is_heard_by_the_message_that_is_refused(serve, five, answer, first, others):
    server = serve(answer=answer)
    sender.send_due()
    assert states() == [first, *[others] * 4]
    assert server.stop()["accepted"] == 0


def test_a_server_that_hangs_up_leaves_only_one_in_doubt(serve, five):
    server = serve(drop=1)
    sender.send_due()
    assert states() == [("doubtful", "no_answer"), *[("queued", "")] * 4]
    assert server.taken() == five[:1]
