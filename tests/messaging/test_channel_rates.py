"""So many messages a minute for each channel: one bucket for all workers, and none waits without need."""

import datetime as dt

import pytest
from django.db import connection

from wagtail_automation import clock
from wagtail_automation.leads.actions import record_consent
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.messaging.channels import actions, sender, tasks
from wagtail_automation.messaging.channels.registry import Outcome, Verdict
from wagtail_automation.messaging.models import Channel, ChannelMessage, SendBucket, TextMessage
from wagtail_automation.messaging.sms.kinds import ConsoleKind
from wagtail_automation.objects import ref_of
from wagtail_automation.testing import clock as test_clock

pytestmark = pytest.mark.django_db
PEOPLE = 25


@pytest.fixture
def queued(make_lead, english, site):
    """Twenty-five people wait for a text message; a call queues it over one more channel."""
    leads = [make_lead(phone=f"+3361234{number:04}") for number in range(PEOPLE)]
    for lead in leads:
        record_consent(lead=lead, subject="sms", granted=True, how="form", site=site, now=clock.now())

    def queue(name, per_minute, people=PEOPLE):
        channel = Channel.objects.create(name=name, kind="sms_console", is_active=True, per_minute=per_minute)
        message = TextMessage.objects.create(name=name, text="Hi", channel=channel, locale=english)
        message.save_revision().publish()
        waiting = list(connection.run_on_commit)
        cohort = LeadsCohort([lead.pk for lead in leads[:people]], key=f"t:{name}", now=clock.now())
        actions.queue_message(cohort=cohort, message=ref_of(message))
        connection.run_on_commit = waiting
        return channel

    return queue


def sent(channel) -> int:
    return ChannelMessage.objects.filter(channel=channel, state="sent").count()


def test_a_slow_channel_takes_its_rate_and_holds_up_nobody_else(queued):
    now = clock.now()
    with test_clock.freeze(now):
        slow, fast = queued("slow", 60), queued("fast", 0)
        sender.send_due()
        sender.send_due()
    assert (sent(slow), sent(fast)) == (10, PEOPLE), "what flows in within ten seconds"
    rest = ChannelMessage.objects.filter(channel=slow, state="queued")
    assert set(rest.values_list("attempts", "reason")) == {(0, "")}, "those that wait are not touched"
    with test_clock.freeze(now + dt.timedelta(seconds=4)):
        sender.send_due()
    assert sent(slow) == 14
    with test_clock.freeze(now + dt.timedelta(hours=1)):
        sender.send_due()
    assert sent(slow) == 24, "a quiet hour makes no burst"


def test_who_gets_nothing_costs_no_turn(queued, site):
    channel = queued("slow", 60, people=20)
    for message in ChannelMessage.objects.select_related("lead").order_by("pk")[:9]:
        record_consent(
            lead=message.lead, subject="sms", granted=False, how="stop", site=site, now=clock.now()
        )
    with test_clock.freeze(clock.now()):
        sender.send_due()
    assert sent(channel) == 10
    assert ChannelMessage.objects.filter(state="skipped").count() == 9
    assert SendBucket.objects.get(name=f"channel:{channel.pk}").tokens < 1


def test_the_worker_waits_for_a_slow_channel_within_its_time(queued, monkeypatch):
    """Ten at once, then one a second – not ten a minute, as the beat alone would do."""
    channel = queued("slow", 60)
    begin, slept = clock.now(), []
    enqueued = []
    monkeypatch.setattr("wagtail_automation.jobs.enqueue", lambda name, *a, **k: enqueued.append(name))

    def sleep(seconds):
        slept.append(seconds)
        frozen.now = begin + dt.timedelta(seconds=sum(slept))

    class Frozen:
        now = begin

    frozen = Frozen()
    monkeypatch.setattr(clock, "now", lambda: frozen.now)
    monkeypatch.setattr("wagtail_automation.messaging.channels.sender.time.sleep", sleep)
    sender.send_due(12, patient=True)
    assert 9 <= sum(slept) < 12 and sent(channel) == 10 + int(sum(slept))
    assert enqueued == [sender.SEND], "the rest goes on at once, not with the next beat"
    sender.send_due(12, patient=True)
    assert sent(channel) == PEOPLE and enqueued == [sender.SEND]


def test_only_one_worker_waits(queued, settings, monkeypatch):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "JOBS": "queue"}
    asked = []
    monkeypatch.setattr(sender, "send_due", lambda *a, patient=False: asked.append(patient))

    def inside(*args, patient=False):
        asked.append(patient)
        if len(asked) == 1:
            tasks.send_due()

    monkeypatch.setattr(sender, "send_due", inside)
    tasks.send_due()
    tasks.send_due()
    assert asked == [True, False, True]


def test_a_channel_that_is_down_gives_its_turns_back(queued, monkeypatch):
    down = Outcome(Verdict.RETRY, "gateway_busy", "", down=True)
    monkeypatch.setattr(ConsoleKind, "send", lambda self, message: down)
    channel = queued("slow", 60)
    with test_clock.freeze(clock.now()):
        sender.send_due()
    assert SendBucket.objects.get(name=f"channel:{channel.pk}").tokens == 9
