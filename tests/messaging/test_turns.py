"""Sending: whose turn it is, through which server, how fast, and when it stops."""

import collections
import datetime as dt
import itertools
import random

import pytest

from wagtail_automation import clock
from wagtail_automation.leads.actions import record_consent
from wagtail_automation.messaging import actions, batches, sender, tasks
from wagtail_automation.messaging import recipients as asked_about
from wagtail_automation.messaging.delivery import facts, routing
from wagtail_automation.messaging.delivery.models import MailServer, OriginPause, SendBucket
from wagtail_automation.messaging.models import DirectMessage, Message
from wagtail_automation.messaging.transport import Transport
from wagtail_automation.outbox import State
from wagtail_automation.testing import clock as test_clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaigns(make_email, make_lead, queue, settings, smtp):
    """Messages of two campaigns, the large one queued first; ``SEND_BATCH`` 2."""
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "SEND_BATCH": 2}

    def make(large=8, small=2):
        email = make_email()
        for number, count in ((1, large), (2, small)):
            people = [make_lead(f"c{number}-{n}@example.com") for n in range(count)]
            queue(email, *people, key=f"c{number}")
            Message.objects.filter(key__startswith=f"c{number}").update(origin=f"campaign:{number}")

    return make


def recipients(smtp):
    return [mail["To"].split("@")[0] for mail in smtp.messages]


def test_a_small_campaign_does_not_wait_for_a_large_one(campaigns, smtp):
    campaigns()
    sender.send_due()
    order = [name.split("-")[0] for name in recipients(smtp)]
    assert order[:4] == ["c1", "c1", "c2", "c2"] and len(order) == 10


def test_an_answer_to_an_act_goes_between(campaigns, smtp, monkeypatch):
    campaigns()
    handed = batches.Batch.hand_over

    def and_somebody_orders(batch, *ahead):
        handed(batch, *ahead)
        if len(smtp.raw) == 2:
            actions.queue_direct(to="receipt@example.com", subject="Receipt", text="x", key="r")

    monkeypatch.setattr(batches.Batch, "hand_over", and_somebody_orders)
    sender.send_due()
    assert recipients(smtp).index("receipt") == 2


def in_hand_while_the_server_takes(monkeypatch, each=lambda: None) -> list[int]:
    """How many messages are in hand whenever an answer of the server is about to be heard; ``each`` is done
    then."""
    seen, finish = [], Transport.finish

    def heard(line):
        seen.append(Message.objects.filter(state=State.IN_HAND).count())
        each()
        return finish(line)

    monkeypatch.setattr(Transport, "finish", heard)
    return seen


def test_the_next_batch_is_prepared_while_the_server_takes_the_last_messages(campaigns, smtp, monkeypatch):
    campaigns(large=8, small=0)
    monkeypatch.setattr(batches, "AHEAD", 1)
    asked = []
    closed = asked_about.closed_addresses
    monkeypatch.setattr(
        asked_about, "closed_addresses", lambda given: asked.append(len(given)) or closed(given)
    )
    seen = in_hand_while_the_server_takes(monkeypatch)
    sender.send_due()
    assert seen == [2, 4] * 3 + [2, 2], "two of this batch and, at its last message, two of the next"
    assert len(smtp.raw) == 8 and asked == [2] * 4, "each batch is checked once"


def test_a_slow_server_is_no_reason_to_hold_more(campaigns, smtp, monkeypatch):
    campaigns(large=6, small=0)
    monkeypatch.setattr(batches, "QUICK", dt.timedelta(0))
    seen = in_hand_while_the_server_takes(monkeypatch)
    sender.send_due()
    assert seen == [2] * 6 and len(smtp.raw) == 6


@pytest.mark.parametrize("steps", [1, 2, 9], ids=["leased", "half prepared", "ready"])
def test_what_was_prepared_goes_back_when_the_run_breaks_off(campaigns, smtp, monkeypatch, steps):
    campaigns(large=6, small=0)
    step = sender.Ahead.step

    def breaks(ahead):
        for _n in range(steps):
            step(ahead)
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(sender.Ahead, "step", breaks)
    with pytest.raises(RuntimeError):
        sender.send_due()
    assert len(smtp.raw) == 1
    rows = Message.objects.order_by("pk")
    assert [row.state for row in rows] == ["sent", *["queued"] * 5]
    assert {row.attempts for row in rows[1:]} == {0}, "nothing was tried"
    monkeypatch.setattr(sender.Ahead, "step", step)
    with test_clock.shift(dt.timedelta(minutes=2)):
        sender.send_due()
    assert len(smtp.raw) == 6 and not rows.exclude(state="sent").exists()


def test_an_answer_to_an_act_goes_before_what_is_prepared(campaigns, smtp, monkeypatch):
    campaigns(large=4, small=0)
    orders = iter(range(1))

    def somebody_orders():
        for _n in orders:
            actions.queue_direct(to="receipt@example.com", subject="Receipt", text="x", key="r")

    in_hand_while_the_server_takes(monkeypatch, somebody_orders)
    sender.send_due()
    assert recipients(smtp)[2] == "receipt"


def test_messages_a_minute_in_all_processes_together(campaigns, smtp, settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "SEND_PER_MINUTE": 24}
    campaigns()
    now = clock.now()
    with test_clock.freeze(now):
        sender.send_due()
        sender.send_due()
    assert len(smtp.raw) == 4, "what flows in within ten seconds"
    waiting = Message.objects.filter(state="queued")
    assert set(waiting.values_list("reason", "attempts")) == {("", 0)}, "those that wait are not touched"
    assert not waiting.exclude(not_before__lte=now).exists()
    with test_clock.freeze(now + dt.timedelta(seconds=6)):
        sender.send_due()
    assert len(smtp.raw) == 6
    for minute in range(1, 5):
        with test_clock.freeze(now + dt.timedelta(minutes=minute)):
            sender.send_due()
    assert len(smtp.raw) == 10 and not Message.objects.filter(state="queued").exists()


def test_a_bucket_never_holds_more_than_ten_seconds(db):
    server = MailServer.objects.create(name="Slow", host="x", per_minute=60)
    now = clock.now()
    name, rate = routing.bucket_of(server), server.per_minute
    assert routing.take_tokens(name, rate, 100, now)[0] == 10
    assert routing.take_tokens(name, rate, 100, now) == (0, dt.timedelta(seconds=100))
    assert routing.take_tokens(name, rate, 100, now + dt.timedelta(hours=5))[0] == 10
    assert routing.take_tokens(name, rate, 100, now - dt.timedelta(hours=5))[0] == 0, (
        "a clock that goes back gives nothing"
    )
    assert SendBucket.objects.get().tokens == 0


def test_servers_by_domain_and_campaign(campaigns, smtp, settings):
    campaigns()
    Message.objects.filter(key__startswith="c1").exclude(lead__email="c1-0@example.com").delete()
    lead = Message.objects.get(lead__email="c1-0@example.com").lead
    lead.email = "c1-0@Big.example"
    lead.save()
    common = {"host": "127.0.0.1", "port": smtp.port, "security": "none"}
    second = MailServer.objects.create(name="Second", campaigns="2, 3", order=2, **common)
    big = MailServer.objects.create(name="Big", domains="big.example\n@huge.example", order=1, **common)
    MailServer.objects.create(name="Off", order=0, is_active=False, **common)
    router = routing.Router()
    rows = Message.objects.select_related("lead").order_by("key")
    assert [router.server_of(row) for row in rows] == [big, second, second]
    direct = DirectMessage(to="x@huge.example", origin="direct")
    assert router.server_of(direct) == big
    assert router.server_of(DirectMessage(to="x@other.example", origin="direct")) is None
    settings.EMAIL_PORT = 1  # the site's own is away
    sender.send_due()
    assert len(smtp.raw) == 3


def test_a_server_that_is_away_stops_only_its_own(campaigns, smtp):
    campaigns(large=2)
    MailServer.objects.create(name="Away", host="127.0.0.1", port=1, security="none", campaigns="1")
    sender.send_due()
    assert {name.split("-")[0] for name in recipients(smtp)} == {"c2"}
    away = Message.objects.filter(key__startswith="c1")
    assert set(away.values_list("state", flat=True)) == {"queued"}
    assert "server_unreachable" in set(away.values_list("reason", flat=True))


def test_a_secret_that_is_missing_is_told_and_nothing_is_lost(campaigns, smtp):
    campaigns(large=1, small=0)
    MailServer.objects.create(name="X", host="127.0.0.1", port=smtp.port, secret="nope", username="u")
    sender.send_due()
    row = Message.objects.get()
    assert row.state == "queued" and "SECRETS" in row.detail and smtp.raw == []


def test_a_campaign_whose_mail_comes_back_is_stopped_and_a_person_lets_it_go_on(campaigns, smtp, settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "STOP_RATES": (6, 0.3, 0.5)}
    campaigns()
    Message.objects.filter(lead__email__in=["c1-6@example.com", "c1-7@example.com"]).update(
        not_before=clock.now() + dt.timedelta(hours=1)
    )
    sender.send_due()
    sent = list(Message.objects.filter(origin="campaign:1", state="sent").select_related("lead"))
    facts.bounced(sent[0], kind="hard", at=clock.now())
    facts.bounced(sent[1], kind="soft", at=clock.now())
    assert routing.stop_bad(clock.now()) == [], "one of six, and a full mailbox is nobody's fault"
    facts.bounced(sent[2], kind="blocked", at=clock.now())
    assert routing.stop_bad(clock.now()) == ["campaign:1"]
    assert routing.stop_bad(clock.now()) == []
    pause = OriginPause.objects.get()
    assert (pause.reason, pause.sent, pause.bad) == ("bounces", 6, 2)
    with test_clock.shift(dt.timedelta(hours=2)):
        sender.send_due()
        assert len(smtp.raw) == 8
        OriginPause.objects.update(resumed_at=clock.now())
        sender.send_due()
        assert len(smtp.raw) == 10
        assert routing.stop_bad(clock.now()) == [], "counted anew"


def test_too_few_to_judge(campaigns, smtp):
    campaigns(large=3, small=0)
    sender.send_due()
    for row in Message.objects.select_related("lead"):
        facts.bounced(row, kind="hard", at=clock.now())
    assert routing.stop_bad(clock.now()) == []


def test_a_rate_is_used_second_by_second_and_not_once_a_minute(campaigns, smtp, settings, monkeypatch):
    """Sixty a minute, forty messages: ten are in the bucket, the others take half a minute."""
    settings.WAGTAIL_AUTOMATION = {
        **settings.WAGTAIL_AUTOMATION, "SEND_PER_MINUTE": 60, "SEND_BATCH": 20, "JOBS": "queue",
    }  # fmt: skip
    campaigns(large=30, small=10)
    jobs_waiting = []
    monkeypatch.setattr(tasks.jobs, "enqueue", lambda job, *args: jobs_waiting.append(job))
    begun = clock.now()
    seconds = 0.0

    def sleep(pause):
        nonlocal seconds
        seconds += pause

    def at_its_time(job):
        with test_clock.freeze(begun + dt.timedelta(seconds=seconds)):
            job()
        sent.append(len(smtp.raw))

    monkeypatch.setattr(tasks.time, "sleep", sleep)
    sent: list[int] = []
    at_its_time(tasks.send_due)
    at_its_time(tasks.send_due)  # the beat, or another worker
    assert jobs_waiting == [tasks.send_at_rate], "one goes on, however many send"
    while jobs_waiting and seconds < 120:
        at_its_time(jobs_waiting.pop())
    assert sent[0] == 10 and sent[-1] == 40
    assert 29 <= seconds <= 33
    assert all(later - before <= 2 for before, later in itertools.pairwise(sent))
    assert not Message.objects.filter(state="queued").exists()


def second_by_second(begun, seconds):
    """Two workers look every second."""
    for second in range(seconds):
        with test_clock.freeze(begun + dt.timedelta(seconds=second)):
            sender.send_due()
            sender.send_due()


def test_while_a_rate_holds_no_message_is_taken_in_hand_in_vain(
    campaigns, smtp, settings, leased, jobs_waiting
):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "SEND_PER_MINUTE": 60, "SEND_BATCH": 20}
    campaigns(large=40, small=0)
    jobs_waiting.clear()
    begun = clock.now()
    second_by_second(begun, 15)
    assert (len(smtp.raw), set(leased.values()), len(leased)) == (24, {1}, 24)
    assert jobs_waiting == [], "a task that could do nothing does not queue itself"
    second_by_second(begun + dt.timedelta(seconds=15), 20)
    assert len(smtp.raw) == 40 and set(leased.values()) == {1}
    assert len(set(recipients(smtp))) == 40, "nobody twice"


def test_campaigns_that_share_a_rate_share_it_fairly(campaigns, smtp, settings, leased, monkeypatch):
    """The first ten in equal parts; then one a second, to whom is drawn."""
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "SEND_PER_MINUTE": 60, "SEND_BATCH": 20}
    campaigns(large=60, small=60)
    monkeypatch.setattr(routing.random, "shuffle", random.Random(7).shuffle)
    begun = clock.now()
    second_by_second(begun, 1)
    parts = collections.Counter(name.split("-")[0] for name in recipients(smtp))
    assert parts == {"c1": 5, "c2": 5}
    second_by_second(begun + dt.timedelta(seconds=1), 30)
    parts = collections.Counter(name.split("-")[0] for name in recipients(smtp))
    assert parts.total() == 40 and min(parts.values()) >= 12 and set(leased.values()) == {1}


def test_a_campaign_with_a_server_of_its_own_is_not_kept_by_the_rate_of_another(
    campaigns, smtp, settings, leased
):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "SEND_PER_MINUTE": 6}
    campaigns(large=8, small=8)
    MailServer.objects.create(
        name="Own", host="127.0.0.1", port=smtp.port, security="none", campaigns="2", per_minute=0
    )
    with test_clock.freeze(clock.now()):
        sender.send_due()
    assert collections.Counter(name.split("-")[0] for name in recipients(smtp)) == {"c1": 1, "c2": 8}
    assert set(leased.values()) == {1}


def test_who_gets_nothing_takes_no_token(campaigns, smtp, settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "SEND_PER_MINUTE": 60, "SEND_BATCH": 20}
    campaigns(large=12, small=0)
    for row in Message.objects.select_related("lead").order_by("pk")[:4]:
        record_consent(lead=row.lead, subject="email", granted=False, how="form", now=clock.now())
    with test_clock.freeze(clock.now()):
        sender.send_due()
    assert len(smtp.raw) == 8 and Message.objects.filter(state="skipped").count() == 4
    assert SendBucket.objects.get().tokens == 2


def test_recipients_of_several_servers_ask_one_by_one(campaigns, smtp, leased):
    """Where domains decide, nobody knows before the lease: what is too much is put off."""
    MailServer.objects.create(
        name="Slow", host="127.0.0.1", port=smtp.port, security="none", domains="example.com", per_minute=12
    )
    campaigns(large=4, small=0)
    with test_clock.freeze(clock.now()):
        sender.send_due()
    assert len(smtp.raw) == 2
    assert set(Message.objects.filter(state="queued").values_list("reason", "attempts")) == {("rate", 0)}
