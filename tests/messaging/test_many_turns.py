"""Sending where many campaigns wait, some of them held back, and where the recipients choose the server."""

import collections
import datetime as dt
import random

import pytest

from wagtail_automation import clock
from wagtail_automation.messaging import actions, sender, tasks
from wagtail_automation.messaging.delivery import routing
from wagtail_automation.messaging.delivery.models import MailServer, OriginPause, SendBucket
from wagtail_automation.messaging.models import DirectMessage, Message
from wagtail_automation.testing import clock as test_clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def due(make_email, make_lead, queue, settings, smtp):
    """``due({origin: how many})``: messages that wait, to ``<number>@<domain>``."""
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "SEND_BATCH": 20}
    email = make_email()

    def make(counts: dict, domain="example.com"):
        origins = [origin for origin, count in counts.items() for _n in range(count)]
        people = [make_lead(f"{number}@{domain}") for number in range(len(origins))]
        messages = queue(email, *people, key=f"due:{domain}")
        for origin in counts:
            numbers = [m.pk for m, of in zip(messages, origins, strict=True) if of == origin]
            Message.objects.filter(pk__in=numbers).update(origin=origin)

    return make


@pytest.fixture
def server(smtp):
    def make(name, **fields):
        return MailServer.objects.create(
            name=name, host="127.0.0.1", port=smtp.port, security="none", **fields
        )

    return make


def sent_of(prefix="") -> collections.Counter:
    rows = Message.objects.filter(state="sent", origin__startswith=prefix)
    return collections.Counter(rows.values_list("origin", flat=True))


def send_each_second(begun, first, last):
    for second in range(first, last):
        with test_clock.freeze(begun + dt.timedelta(seconds=second)):
            sender.send_due()


# -- whose turn it is --------------------------------------------------------------------------------------


def test_ten_campaigns_behind_fifty_that_wait_for_a_rate_go_at_once(due, server, jobs_waiting):
    server("Slow", campaigns=", ".join(str(n) for n in range(10, 60)), per_minute=6)
    due({f"campaign:{n}": 2 for n in range(10, 60)} | {f"later:{n}": 1 for n in range(10)})
    jobs_waiting.clear()
    with test_clock.freeze(clock.now()):
        sender.send_due()
    assert len(sent_of("later")) == 10 and sent_of("campaign").total() == 1
    assert jobs_waiting == [], "what is left waits for the rate"
    waiting = Message.objects.filter(state="queued")
    assert set(waiting.values_list("attempts", "reason")) == {(0, "")}, "and was not touched"


def test_campaigns_behind_many_that_are_stopped_are_found(due, monkeypatch):
    monkeypatch.setattr(routing, "LOOKED_AT", 20)
    due({f"campaign:{n}": 1 for n in range(10, 65)} | {f"later:{n}": 1 for n in range(5)})
    now = clock.now()
    OriginPause.objects.bulk_create(
        OriginPause(origin=f"campaign:{n}", reason="bounces", sent=9, bad=9, at=now) for n in range(10, 65)
    )
    beats = 0
    while sent_of("later").total() < 5 and beats < 20:
        beats += 1
        if sender.has_due():
            sender.send_due()
    assert sent_of() == {f"later:{n}": 1 for n in range(5)} and beats <= 7, (
        "ten to twenty are passed in a beat"
    )


@pytest.mark.parametrize("most", [20, 200])
def test_a_look_costs_no_more_than_its_bound(due, monkeypatch, django_assert_max_num_queries, most):
    monkeypatch.setattr(routing, "LOOKED_AT", most)
    due({f"campaign:{n}": 1 for n in range(10, 70)})
    now = clock.now()
    with django_assert_max_num_queries(min(most, routing.ORIGINS) + 12):
        found = routing.Router().due_origins(now)
    assert len(found) == min(most, routing.ORIGINS)
    if most == 200:
        assert set(routing.Router().due_origins(now)) >= {f"campaign:{n}" for n in range(60, 70)}
        Message.objects.exclude(origin="campaign:69").update(not_before=now + dt.timedelta(hours=1))
        assert routing.Router().due_origins(now) == ["campaign:69"]


def test_among_more_than_one_look_finds_nobody_starves(due, settings, monkeypatch):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "SEND_PER_MINUTE": 60}
    monkeypatch.setattr(routing, "ORIGINS", 5)
    monkeypatch.setattr(routing, "LOOKED_AT", 8)
    monkeypatch.setattr(routing, "random", random.Random(3))
    due({f"campaign:{n}": 10 for n in range(10, 22)})
    send_each_second(clock.now(), 0, 60)
    assert sent_of().total() == 69
    assert len(sent_of()) == 12, "each look begins where another ended"


def test_an_origin_without_a_name_and_one_that_is_gone_stop_no_look(due):
    due({"": 2, "campaign:1": 2})
    SendBucket.objects.create(name=routing.TURN, last="zebra:1", tokens=0, at=clock.now())
    assert sorted(routing.Router().due_origins(clock.now())) == ["", "campaign:1"]
    sender.send_due()
    assert sent_of().total() == 4 and not sender.has_due()


# -- where the recipients choose the server ----------------------------------------------------------------


def test_what_a_rate_does_not_allow_is_taken_in_hand_twice_at_most(due, server, leased, smtp):
    server("Slow", domains="example.com", per_minute=60)
    due({"campaign:1": 60})
    begun = clock.now()
    send_each_second(begun, 0, 1)
    waiting = Message.objects.filter(state="queued").order_by("not_before")
    assert len(smtp.raw) == 10 and set(waiting.values_list("reason", "attempts")) == {("rate", 0)}
    places = [(moment - begun).total_seconds() for moment in waiting.values_list("not_before", flat=True)]
    assert places == [float(second) for second in range(1, 51)], "each has a place of its own in the line"
    send_each_second(begun, 1, 51)
    assert len(smtp.raw) == 60 and not waiting.exists()
    assert max(leased.values()) == 2 and leased.total() == 110
    assert set(Message.objects.values_list("attempts", flat=True)) == {1}


def test_others_of_the_same_campaign_do_not_wait_for_it(due, server, leased):
    server("Slow", domains="slow.example", per_minute=6)
    due({"campaign:1": 30}, domain="slow.example")
    due({"campaign:1": 30}, domain="fast.example")
    with test_clock.freeze(clock.now()):
        sender.send_due()
    assert Message.objects.filter(state="sent", domain="fast.example").count() == 30
    assert Message.objects.filter(state="sent").count() == 31 and max(leased.values()) == 1


def test_a_small_campaign_does_not_wait_behind_a_long_line(due, server, leased):
    server("Slow", domains="example.com\nexample.org", per_minute=60)
    due({"campaign:1": 70})
    begun = clock.now()
    send_each_second(begun, 0, 5)
    with test_clock.freeze(begun + dt.timedelta(seconds=5)):
        due({"campaign:2": 5}, domain="example.org")
    send_each_second(begun, 5, 40)
    assert sent_of("campaign:2").total() == 5
    assert leased.total() <= 75 + 40 + 20, "all once, those whose turn came again, and some who missed it"


def test_after_an_hour_without_a_sender_the_line_forms_anew(due, server, leased, smtp):
    server("Slow", domains="example.com", per_minute=60)
    due({"campaign:1": 50})
    begun = clock.now()
    send_each_second(begun, 0, 1)
    send_each_second(begun, 3600, 3601)
    assert len(smtp.raw) == 20, "no burst after a quiet hour"
    send_each_second(begun, 3601, 3640)
    assert len(smtp.raw) == 50 and max(leased.values()) <= 3
    with test_clock.freeze(begun + dt.timedelta(days=2)):
        tasks.beat()
    assert not SendBucket.objects.filter(name__contains="/").exists()


def test_answers_to_acts_take_their_turn_at_a_rate_without_being_tried_in_vain(server, leased, smtp, brand):
    server("Slow", domains="example.com", per_minute=60)
    begun = clock.now()
    with test_clock.freeze(begun):
        for number in range(30):
            actions.queue_direct(to=f"{number}@example.com", subject="Receipt", text="x", key=f"r{number}")
    send_each_second(begun, 0, 21)
    assert len(smtp.raw) == 30 and leased.total() == 50
    assert set(DirectMessage.objects.values_list("state", "attempts")) == {("sent", 1)}
