"""The sender killed again and again while the mail server is in a bad mood: nobody lost, nobody twice."""

import collections
import datetime as dt
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection

from wagtail_automation.messaging import sender
from wagtail_automation.messaging.models import Message
from wagtail_automation.outbox import State
from wagtail_automation.testing import clock as test_clock

ROOT = Path(__file__).resolve().parents[2]
KILLS, MESSAGES = 5, 160
CODE = (
    "import django; django.setup(); from wagtail_automation.messaging import sender; print(sender.send_due())"
)
#: the same sender, but what it takes in hand is not marked as taken
MUTANT = CODE.replace(
    "print(",
    "from wagtail_automation import outbox; held = outbox.OutboxQuerySet.lease\n"
    "def lease(self, limit, now, **where):\n"
    "    rows = held(self, limit, now, **where)\n"
    "    self.model.objects.filter(pk__in=[row.pk for row in rows]).update(state='queued')\n"
    "    return rows\n"
    "outbox.OutboxQuerySet.lease = lease; print(",
)


class Moody:
    """What the server accepted (``taken``) and what it refused for good, by Message-ID or address."""

    def __init__(self, mailbox, seed):
        self.rng, self.taken, self.refused = random.Random(seed), collections.Counter(), set()
        mailbox.handle_RCPT, mailbox.handle_DATA = self.rcpt, self.data

    async def rcpt(self, server, session, envelope, address, options):
        chance = self.rng.random()
        if chance < 0.06 or address in self.refused:
            self.refused.add(address)
            return "550 5.1.1 no such user"
        if chance < 0.14:
            return "450 4.2.1 try again later"
        if chance < 0.17:
            return "421 4.3.2 closing"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def data(self, server, session, envelope):
        chance = self.rng.random()
        if chance < 0.05:
            return "451 4.3.0 local error"
        identity = next(
            line for line in envelope.content.split(b"\r\n") if line.lower().startswith(b"message-id")
        )
        self.taken[identity.split(b"<")[1].split(b">")[0].decode()] += 1
        if chance < 0.09:  # it has the message, and nobody is told
            server.transport.abort()
        return "250 OK"


def child(smtp, code):
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.messaging.child_settings",
            "CHILD_DB": str(connection.settings_dict["NAME"]),
            "CHILD_SMTP_PORT": str(smtp.port),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill_in_the_middle(smtp, moody, code, rng) -> None:
    """Start a sender and kill it some messages after it began."""
    before, wanted = sum(moody.taken.values()), rng.randint(1, 25)
    process = child(smtp, code)
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        if sum(moody.taken.values()) - before >= wanted:
            break
        time.sleep(0.005)
    process.kill()
    process.wait()


@pytest.fixture
def storm(make_email, make_lead, queue, smtp, settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "JOBS": "queue"}
    queue(make_email(), *[make_lead(f"p{n}@example.com") for n in range(MESSAGES)])
    return Moody(smtp, seed=7)


@pytest.mark.django_db(transaction=True)
def test_nobody_is_lost_and_nobody_is_written_to_twice(storm, smtp):
    rng = random.Random(3)
    for _kill in range(KILLS):
        kill_in_the_middle(smtp, storm, CODE, rng)
        with test_clock.shift(dt.timedelta(minutes=2)):
            sender.expire_leases()
    hours = 1
    while Message.objects.filter(state=State.QUEUED).exists() and hours < 200:
        with test_clock.shift(dt.timedelta(hours=hours)):
            sender.send_due()
        hours += 1
    by_id = {message.message_id: message for message in Message.objects.select_related("lead")}
    assert len(by_id) == MESSAGES
    states = collections.Counter(message.state for message in by_id.values())
    assert set(states) <= {State.SENT, State.FAILED, State.DOUBTFUL}, states
    assert [identity for identity, times in storm.taken.items() if times > 1] == []
    for identity, message in by_id.items():
        taken = storm.taken[identity]
        if message.state == State.SENT:
            assert taken == 1
        elif message.state == State.FAILED:
            assert taken == 0 and message.lead.email in storm.refused and message.bounce_kind == "hard"
        else:
            assert message.reason in ("no_answer", "worker_lost")
    assert states[State.SENT] > MESSAGES * 0.5
    assert any(m.reason == "no_answer" for m in by_id.values())


@pytest.mark.django_db(transaction=True)
def test_without_the_lease_the_same_storm_writes_twice(storm, smtp):
    rng = random.Random(3)
    for _kill in range(2):
        kill_in_the_middle(smtp, storm, MUTANT, rng)
    assert [identity for identity, times in storm.taken.items() if times > 1]
