"""Hands messages over channels over, by the same leases and results as emails."""

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import models, transaction

from wagtail_automation import clock, conf, jobs
from wagtail_automation.messaging import batches
from wagtail_automation.messaging.delivery import routing
from wagtail_automation.messaging.rendering import one_line
from wagtail_automation.messaging.sender import TASK_SECONDS
from wagtail_automation.messaging.transport import Outcome, Verdict, describe
from wagtail_automation.outbox import State
from wagtail_automation.secret import MissingSecretError

from . import facts
from .models import Channel, ChannelMessage
from .preparing import ChannelPreparer

SEND = "wagtail_automation.messaging.channels.tasks.send_due"


class Gateway:
    """What a batch sends through: the handler of a channel, whose mistakes stop nobody else's messages. There
    is one line, and no choice of servers."""

    def __init__(self, handler, report: batches.Report):
        self.handler, self.report = handler, report
        self.calls = 0

    def line(self, server) -> "Gateway":
        return self

    def is_down(self, server) -> bool:
        return self.report.server_down

    def mark_down(self, server) -> None:
        self.report.server_down = True

    def begin(self, outgoing) -> Outcome:
        self.calls += 1
        try:
            return self.handler.send(outgoing)
        except MissingSecretError as error:
            return Outcome(Verdict.RETRY, "no_secret", one_line(str(error))[:255], down=True)
        except Exception as error:  # noqa: BLE001  anybody's code: nobody knows how far it came
            return Outcome(Verdict.UNKNOWN, "channel_broken", describe(error))


class GatewayBatch(batches.Batch):
    """As for emails, but a channel has no mail servers to choose from."""

    def _take_turns(self, prepared: dict) -> None:
        for row in self.rows:
            row.server = None


class ChannelBatch(GatewayBatch):
    """The events of those that were sent are written in the commit of the results."""

    def _write_results(self) -> None:
        with transaction.atomic():
            super()._write_results()
            facts.record_sent([row for row in self.rows if row.state == State.SENT])


@dataclass(frozen=True)
class Queue:
    """Rows that go out over channels: an outbox with ``channel``, what prepares them (made for one channel)
    and what hands them over."""

    model: type[models.Model]
    preparer: Callable
    batch: type[GatewayBatch]


#: what goes out over channels; their rate and their faults are shared
QUEUES = [Queue(ChannelMessage, ChannelPreparer, ChannelBatch)]


def send_due(seconds: float = TASK_SECONDS, *, patient: bool = False) -> batches.Report:
    """Hand over what is due on every channel, for about ``seconds``; safe in any number of processes at once.

    A channel that is down stops its own messages only. ``patient``: wait, within these seconds, for channels
    whose rate is used up; what stays due is found by the next run. Call it outside a transaction.
    """
    total = batches.Report()
    until = clock.now() + dt.timedelta(seconds=seconds)
    down: set = set()
    while True:
        runs = [
            _Run(channel, queue, total, until).send()
            for channel in [*Channel.objects.order_by("pk"), None]
            for queue in QUEUES
            if (channel and channel.pk) not in down
        ]
        down |= {run.key for run in runs if run.report.server_down}
        wait = min((run.wait for run in runs if run.wait), default=None)
        if not patient or wait is None or clock.now() + wait >= until:
            break
        time.sleep(wait.total_seconds())
    if any(run.is_cut_short for run in runs) or (patient and wait is not None):
        jobs.enqueue(SEND)
    return total


class _Run:
    """One channel's turn: batch after batch, until nothing is due, time is over or its rate is used up."""

    def __init__(self, channel: Channel | None, queue: Queue, total: batches.Report, until: dt.datetime):
        self.channel, self.queue, self.total, self.until = channel, queue, total, until
        self.key = channel.pk if channel else None
        self.report = batches.Report()
        #: until its rate lets the next message go
        self.wait: dt.timedelta | None = None
        self.is_cut_short = False

    def send(self) -> "_Run":
        rows = self.queue.model.objects.filter(channel=self.channel)
        preparer = self.queue.preparer(self.channel)
        bucket, rate = f"channel:{self.key}", self.channel.per_minute if self.channel else 0
        while not self.report.server_down and rows.due(clock.now()).exists():
            if clock.now() >= self.until:
                self.is_cut_short = True
                break
            size, _rest = routing.take_tokens(bucket, rate, conf.get("SEND_BATCH"), clock.now())
            if not size:
                self.wait = dt.timedelta(seconds=60 / rate)
                break
            gateway = Gateway(preparer.handler, self.report)
            try:
                batch = rows.lease(size, clock.now())
                if not batch:
                    break
                self.queue.batch(preparer, batch, gateway, self.report).hand_over()
            finally:
                if rate:
                    routing.give_back(bucket, size - gateway.calls)
        self.total.counts.update(self.report.counts)
        self.total.server_down = self.total.server_down or self.report.server_down
        return self


def has_due() -> bool:
    return any(queue.model.objects.due(clock.now()).exists() for queue in QUEUES)


def expire_leases() -> int:
    """What a dead worker had in hand becomes doubtful; returns how many."""
    return sum(queue.model.objects.expire_leases(clock.now()) for queue in QUEUES)
