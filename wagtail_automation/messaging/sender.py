"""The sender: takes due messages in hand, checks and builds each, hands it over, writes what became of it.

A batch is leased in one commit and its results are written in one commit. Between the two only this
process may touch the messages; if it dies there, the lease runs out and they become *doubtful*: nobody
can know whether the server had accepted them, so a person decides.
"""

import datetime as dt
import logging
import uuid
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from django.db import transaction

from wagtail_automation import clock, conf, jobs
from wagtail_automation.outbox import State
from wagtail_automation.testing import failpoints

from . import events, transport
from .delivery import facts, routing
from .models import DirectMessage, Message
from .preparing import DirectPreparer, MessagePreparer, Refusal
from .transport import Outcome, Transport, Verdict

logger = logging.getLogger("wagtail_automation")

#: How long to wait before the next try, by number of tries made; after the last, the message has failed.
BACKOFF = [dt.timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720)]
#: A task runs about this long and then queues itself again, so that a worker is never held.
TASK_SECONDS = 20
#: A run goes round the same campaigns for so long before it asks again whose messages are due, and held back.
LOOK = dt.timedelta(seconds=1)
#: Reasons of failure by which the receiving server says that it would not take it: a bounce.
BOUNCED = ("recipient_refused", "message_refused")
#: Fields that a result may write.
RESULT_FIELDS = (
    "state",
    "reason",
    "detail",
    "not_before",
    "attempts",
    "sent_at",
)


@dataclass
class Report:
    """What one run did: messages by final state, and whether the mail server had to be left alone."""

    counts: Counter = field(default_factory=Counter)
    server_down: bool = False
    batches: int = 0
    #: messages put off, and turns passed over, because a server takes only so many a minute
    rated: int = 0
    #: origins that were passed over: their messages are due and not touched
    passed_over: set = field(default_factory=set)

    def __str__(self):
        return ", ".join(f"{state}: {count}" for state, count in sorted(self.counts.items())) or "nothing due"


def send_due(seconds: float = TASK_SECONDS) -> Report:
    """Hand over what is due, for about ``seconds``; safe in any number of processes at once.

    Queues itself again when more is due than it could do. Call it outside a transaction.
    """
    report = Report()
    until = clock.now() + dt.timedelta(seconds=seconds)
    with Lines(report) as lines:
        for preparer, which, share in _turns(until, report, transport.speaks_smtp(), lines.router):
            if not share.size:
                report.rated += 1
                report.passed_over.add(share.origin)
                continue
            report.passed_over.discard(share.origin)
            batch = None
            try:
                if taken := preparer.model.objects.lease(share.size, clock.now(), **which):
                    report.batches += 1
                    batch = Batch(preparer, taken, lines, report, is_granted=share.bucket is not None)
                    batch.hand_over()
            finally:
                share.give_back(batch.calls if batch else 0)
    jobs.heartbeat("sender")
    if not report.server_down and has_due(report.passed_over):
        jobs.enqueue("wagtail_automation.messaging.tasks.send_due")
    return report


def _turns(until: dt.datetime, report: Report, by_smtp: bool, router: routing.Router):
    """Whose batch is next: answers to people's acts first and between any two others, then one batch of each
    campaign in turn, so that a large one keeps no small one waiting. Each with what it may take in hand."""
    direct, marketing = DirectPreparer(), MessagePreparer(by_smtp=by_smtp)
    batches, looked_at, origins = -1, clock.now(), []
    while True:
        some_had_none = not origins or report.batches - batches < len(origins)
        if some_had_none or clock.now() - looked_at > LOOK:
            if report.batches == batches:  # a round in which others took everything is the last
                return
            looked_at, origins = clock.now(), router.shuffled(routing.due_origins(clock.now()))
            if not origins and not routing.has_direct(clock.now()):
                return
        batches = report.batches
        for origin in origins or [None]:
            while clock.now() < until and not report.server_down and routing.has_direct(clock.now()):
                yield direct, {}, routing.Share(conf.get("SEND_BATCH"))
            if clock.now() >= until or report.server_down:
                return
            if origin is not None:
                share = router.share(origin, conf.get("SEND_BATCH"), len(origins), clock.now())
                yield marketing, {"origin": origin}, share


class Lines:
    """The connections of one run: one for each mail server that it needs."""

    def __init__(self, report: "Report"):
        self.router, self.report = routing.Router(), report
        self._open: dict = {}
        self._down: set = set()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        for line in self._open.values():
            line.close()

    def line(self, server) -> Transport:
        key = server.pk if server else None
        if key not in self._open:
            made = Transport() if server is None else Transport(lambda: routing.backend_of(server))
            self._open[key] = made
        return self._open[key]

    def is_down(self, server) -> bool:
        return (server.pk if server else None) in self._down

    def mark_down(self, server) -> None:
        """Nothing more through this server in this run; where it is the only one, the run is over."""
        self._down.add(server.pk if server else None)
        if not self.router.servers:
            self.report.server_down = True


def has_due(but: Collection[str] = ()) -> bool:
    """Whether anything is due, of other origins than these."""
    now = clock.now()
    return routing.has_direct(now) or not set(routing.due_origins(now)) <= set(but)


def waits_for_rate(within: dt.timedelta) -> bool:
    """Whether messages that were put off by a rate come due in this time."""
    until = clock.now() + within
    models = (DirectMessage, Message)
    return any(
        model.objects.filter(state=State.QUEUED, reason="rate", not_before__lte=until).exists()
        for model in models
    )


def expire_leases() -> int:
    """What a dead worker had in hand becomes doubtful; returns how many."""
    now = clock.now()
    return sum(model.objects.expire_leases(now) for model in (DirectMessage, Message))


class Batch:
    """The messages that one lease holds, from check to result. ``is_granted``: the bucket of their server was
    asked before they were leased. ``calls``: how many were handed over."""

    def __init__(self, preparer, rows: list, lines: Lines, report: Report, is_granted: bool = False):
        self.preparer, self.rows, self.lines, self.report = preparer, rows, lines, report
        self.is_granted, self.calls = is_granted, 0
        self.later: dict[int, dt.timedelta] = {}
        self.token: uuid.UUID = rows[0].lease_token
        self.until: dt.datetime = rows[0].lease_until

    def hand_over(self) -> None:
        """Send each message or note why not; then one commit with all results."""
        failpoints.reach("lease")
        try:
            prepared = self.preparer.prepare(self.rows)
            self._take_turns(prepared)
            for row in self.rows:
                self._one(row, prepared[row.pk])
        finally:
            # also when something unforeseen broke the loop: what was answered is kept,
            # what was not begun goes back, so that only the row at hand stays in hand
            try:
                self._land()
            finally:
                self._write_results()

    def _take_turns(self, prepared: dict) -> None:
        """Route what may go, and keep back what is more than its server takes a minute."""
        by_server: dict = {}
        for row in self.rows:
            if not isinstance(prepared[row.pk], Refusal):
                row.server = self.lines.router.server_of(row)
                by_server.setdefault(row.server.pk if row.server else None, []).append(row)
        for rows in () if self.is_granted else by_server.values():
            granted, wait = routing.take(rows[0].server, len(rows), clock.now())
            late = rows[granted:]
            self.later |= {row.pk: wait * place / len(late) for place, row in enumerate(late, 1)}
            self.report.rated += len(late)

    def _one(self, row, prepared) -> None:
        if row.pk in self.later:
            row.state, row.reason = State.QUEUED, "rate"
            row.not_before, row.attempts = clock.now() + self.later[row.pk], row.attempts - 1
            return
        if callable(prepared) and not self._is_down(row):
            prepared = prepared()  # written while the server still takes the one before
        if isinstance(prepared, Refusal):
            row.state, row.reason, row.detail = prepared.state, prepared.reason, prepared.detail
            if prepared.until is not None:  # only put off: nothing was tried
                row.not_before, row.attempts = prepared.until, row.attempts - 1
            return
        self._land()
        if self._is_down(row):
            return  # stays in hand here; _write_results gives it back untried
        now = clock.now()
        if not self._keep_lease(now):
            self.report.server_down = True
            return
        self._begun = row
        self.calls += 1
        line = self.lines.line(row.server)
        outcome = line.begin(prepared.email)
        if outcome is None:
            self._flying = row, prepared, line
        else:
            self._answered(row, outcome, prepared)

    def _is_down(self, row) -> bool:
        return self.report.server_down or self.lines.is_down(row.server)

    #: the row that may be with the server, and what its answer will be about
    _begun = _flying = None

    def _land(self) -> None:
        """Hear what the server says about the message that is on its way."""
        if self._flying is not None:
            (row, prepared, line), self._flying = self._flying, None
            self._answered(row, line.finish(), prepared)

    def _answered(self, row, outcome: Outcome, prepared) -> None:
        if outcome.verdict is Verdict.SENT:
            failpoints.reach("data")
        self._judge(row, outcome, prepared)
        self._begun = None

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
        if outcome.down:
            self.lines.mark_down(row.server)

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
        fields = ("pk", *RESULT_FIELDS, *self.preparer.result_fields)
        results = [{name: getattr(row, name) for name in fields} for row in done]
        with transaction.atomic():
            settled = self.preparer.model.objects.settle(self.token, results, self.preparer.settled_fields)
            if len(settled) < len(done):
                logger.error("%d results came after their lease had run out", len(done) - len(settled))
            sent = [row for row in done if row.state == State.SENT and isinstance(row, Message)]
            events.record_sent(_of_their_leads(sent, dict(settled) if sent else {}))
            refused = [row for row in done if row.state == State.FAILED and row.reason in BOUNCED]
            facts.refused_by_server(refused, now=clock.now())
            failpoints.reach("result")


def _of_their_leads(sent: list[Message], settled: dict[int, int]) -> list[Message]:
    """The messages with the leads they belong to now, after a merge; without those deleted meanwhile."""
    unknown = [row.pk for row in sent if row.pk not in settled]
    if unknown:
        settled |= dict(Message.objects.filter(pk__anyof=unknown).values_list("pk", "lead_id"))
    found = [row for row in sent if row.pk in settled]
    for row in found:
        row.lead_id = settled[row.pk]
    return found
