"""Hands messages over channels over, by the same leases and results as emails."""

import datetime as dt

from django.db import transaction

from wagtail_automation import clock, conf, jobs
from wagtail_automation.messaging import sender
from wagtail_automation.messaging.rendering import one_line
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

    def __init__(self, handler, report: sender.Report):
        self.handler, self.report = handler, report

    def line(self, server) -> "Gateway":
        return self

    def is_down(self, server) -> bool:
        return self.report.server_down

    def mark_down(self, server) -> None:
        self.report.server_down = True

    def send(self, outgoing) -> Outcome:
        try:
            return self.handler.send(outgoing)
        except MissingSecretError as error:
            return Outcome(Verdict.RETRY, "no_secret", one_line(str(error))[:255], down=True)
        except Exception as error:  # noqa: BLE001  anybody's code: nobody knows how far it came
            return Outcome(Verdict.UNKNOWN, "channel_broken", describe(error))


class ChannelBatch(sender.Batch):
    """As for emails; the events of those that were sent are written in the commit of the results."""

    def _take_turns(self, prepared: dict) -> None:
        """A channel has no mail servers to choose from."""
        for row in self.rows:
            row.server = None

    def _write_results(self) -> None:
        with transaction.atomic():
            super()._write_results()
            facts.record_sent([row for row in self.rows if row.state == State.SENT])


def send_due(seconds: float = sender.TASK_SECONDS) -> sender.Report:
    """Hand over what is due on every channel, for about ``seconds``; safe in any number of processes at once.

    A channel that is down stops its own messages only. Call it outside a transaction.
    """
    total = sender.Report()
    until = clock.now() + dt.timedelta(seconds=seconds)
    waiting = False
    for channel in [*Channel.objects.order_by("pk"), None]:
        report = sender.Report()
        rows = ChannelMessage.objects.filter(channel=channel)
        preparer = ChannelPreparer(channel)
        while not report.server_down:
            if clock.now() >= until:
                waiting = waiting or rows.due(clock.now()).exists()
                break
            batch = rows.lease(conf.get("SEND_BATCH"), clock.now())
            if not batch:
                break
            ChannelBatch(preparer, batch, Gateway(preparer.handler, report), report).hand_over()
        total.counts.update(report.counts)
        total.server_down = total.server_down or report.server_down
    if waiting:
        jobs.enqueue(SEND)
    return total


def has_due() -> bool:
    return ChannelMessage.objects.due(clock.now()).exists()


def expire_leases() -> int:
    """What a dead worker had in hand becomes doubtful; returns how many."""
    return ChannelMessage.objects.expire_leases(clock.now())
