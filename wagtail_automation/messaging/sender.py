"""The sender: takes due messages in hand, checks and builds each, hands it over, writes what became of it.

A batch is leased in one commit and its results are written in one commit. Between the two only this
process may touch the messages; if it dies there, the lease runs out and they become *doubtful*: nobody
can know whether the server had accepted them, so a person decides.
"""

import datetime as dt
import logging
import uuid
from collections import Counter
from dataclasses import dataclass, field

from django.db import transaction

from wagtail_automation import clock, conf, jobs
from wagtail_automation.outbox import State
from wagtail_automation.testing import failpoints

from . import events
from .delivery import facts
from .models import DirectMessage, Message
from .preparing import DirectPreparer, MessagePreparer, Refusal
from .transport import Outcome, Transport, Verdict

logger = logging.getLogger("wagtail_automation")

#: How long to wait before the next try, by number of tries made; after the last, the message has failed.
BACKOFF = [dt.timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720)]
#: A task runs about this long and then queues itself again, so that a worker is never held.
TASK_SECONDS = 20
#: Reasons of failure by which the receiving server says that it would not take it: a bounce.
BOUNCED = ("recipient_refused", "message_refused")
#: Fields that a result may write.
RESULT_FIELDS = (
    "state",
    "reason",
    "detail",
    "not_before",
    "lease_token",
    "lease_until",
    "sent_at",
)


@dataclass
class Report:
    """What one run did: messages by final state, and whether the mail server had to be left alone."""

    counts: Counter = field(default_factory=Counter)
    server_down: bool = False

    def __str__(self):
        return ", ".join(f"{state}: {count}" for state, count in sorted(self.counts.items())) or "nothing due"


def send_due(seconds: float = TASK_SECONDS) -> Report:
    """Hand over what is due, for about ``seconds``; safe in any number of processes at once.

    Queues itself again when more is due than it could do. Call it outside a transaction.
    """
    report = Report()
    until = clock.now() + dt.timedelta(seconds=seconds)
    with Transport() as transport:
        for preparer in (DirectPreparer(), MessagePreparer()):
            while clock.now() < until and not report.server_down:
                batch = preparer.model.objects.lease(conf.get("SEND_BATCH"), clock.now())
                if not batch:
                    break
                Batch(preparer, batch, transport, report).hand_over()
    jobs.heartbeat("sender")
    if not report.server_down and has_due():
        jobs.enqueue("wagtail_automation.messaging.tasks.send_due")
    return report


def has_due() -> bool:
    now = clock.now()
    return any(model.objects.due(now).exists() for model in (DirectMessage, Message))


def expire_leases() -> int:
    """What a dead worker had in hand becomes doubtful; returns how many."""
    now = clock.now()
    return sum(model.objects.expire_leases(now) for model in (DirectMessage, Message))


class Batch:
    """The messages that one lease holds, from check to result."""

    def __init__(self, preparer, rows: list, transport: Transport, report: Report):
        self.preparer, self.rows, self.transport, self.report = preparer, rows, transport, report
        self.token: uuid.UUID = rows[0].lease_token
        self.until: dt.datetime = rows[0].lease_until

    def hand_over(self) -> None:
        """Send each message or note why not; then one commit with all results."""
        failpoints.reach("lease")
        try:
            prepared = self.preparer.prepare(self.rows)
            for row in self.rows:
                self._one(row, prepared[row.pk])
        finally:
            # also when something unforeseen broke the loop: what was answered is kept,
            # what was not begun goes back, so that only the row at hand stays in hand
            self._write_results()

    def _one(self, row, prepared) -> None:
        now = clock.now()
        if isinstance(prepared, Refusal):
            row.state, row.reason, row.detail = prepared.state, prepared.reason, prepared.detail
            if prepared.until is not None:  # only put off: nothing was tried
                row.not_before, row.attempts = prepared.until, row.attempts - 1
            return
        if self.report.server_down:
            return  # stays in hand here; _write_results gives it back untried
        if not self._keep_lease(now):
            self.report.server_down = True
            return
        self._begun = row
        outcome = self.transport.send(prepared.email)
        if outcome.verdict is Verdict.SENT:
            failpoints.reach("data")
        self._judge(row, outcome, prepared)
        self._begun = None

    _begun = None

    def _keep_lease(self, now: dt.datetime) -> bool:
        """Lengthen the lease when half of it is gone; False when it was lost (the beat called us dead)."""
        length = dt.timedelta(seconds=conf.get("LEASE_SECONDS"))
        if self.until - now > length / 2:
            return True
        held = self.preparer.model.objects.held(self.token).update(lease_until=now + length)
        self.until = now + length
        return held == len(self.rows)

    def _judge(self, row, outcome: Outcome, prepared) -> None:
        now = clock.now()
        row.reason, row.detail = outcome.reason, outcome.detail
        if outcome.verdict is Verdict.SENT:
            row.state, row.sent_at, row.provider_id = State.SENT, now, outcome.provider_id
            self.preparer.sent(row, prepared)
        elif outcome.verdict is Verdict.FAILED:
            row.state = State.FAILED
        elif outcome.verdict is Verdict.UNKNOWN:
            row.state = State.DOUBTFUL
        elif row.attempts > len(BACKOFF):
            row.state, row.reason = State.FAILED, f"gave_up_{outcome.reason}"[:60]
        else:
            row.state, row.not_before = State.QUEUED, now + BACKOFF[row.attempts - 1]
        self.report.server_down = self.report.server_down or outcome.down

    def _write_results(self) -> None:
        """One commit: states, and the events of those that were sent."""
        for row in self.rows:
            if row.state == State.IN_HAND and row is not self._begun:
                # not begun because the server is down: back to the queue, the try does not count
                row.state, row.not_before = State.QUEUED, clock.now() + BACKOFF[0]
                row.attempts -= 1
        done = [row for row in self.rows if row is not self._begun]
        for row in done:
            row.lease_token = row.lease_until = None
            self.report.counts[row.state] += 1
        fields = (*RESULT_FIELDS, "attempts", *self.preparer.result_fields)
        with transaction.atomic():
            written = self.preparer.model.objects.held(self.token).bulk_update(done, fields)
            if written < len(done):
                logger.error("%d results came after their lease had run out", len(done) - written)
            events.record_sent([row for row in done if row.state == State.SENT and isinstance(row, Message)])
            refused = [row for row in done if row.state == State.FAILED and row.reason in BOUNCED]
            facts.refused_by_server(refused, now=clock.now())
            failpoints.reach("result")
