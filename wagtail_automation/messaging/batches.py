"""The messages that one lease holds: each is handed over or refused, and one commit says what became of them.

Between lease and result only this process may touch the messages; if it dies there, the lease runs out and
they become *doubtful*: nobody can know whether the server had accepted them, so a person decides.
"""

import datetime as dt
import logging
import uuid
from collections import Counter
from dataclasses import dataclass, field

from django.db import transaction

from wagtail_automation import clock, conf
from wagtail_automation.outbox import State
from wagtail_automation.testing import failpoints

from . import events
from .delivery import facts, routing
from .models import Message
from .newsletters import stopping
from .preparing import Refusal
from .transport import Outcome, Transport, Verdict

logger = logging.getLogger("wagtail_automation")

#: How long to wait before the next try, by number of tries made; after the last, the message has failed.
BACKOFF = [dt.timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720)]
#: The next batch is prepared in the gaps of so many messages at the end of the one before, if that took no
#: longer than this so far.
AHEAD, QUICK = 7, dt.timedelta(seconds=1)
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

    def __str__(self):
        return ", ".join(f"{state}: {count}" for state, count in sorted(self.counts.items())) or "nothing due"


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


class Batch:
    """The messages that one lease holds, from check to result. ``share``: what the bucket of their server
    granted before they were leased. ``calls``: how many were handed over."""

    #: what the preparer made of them, where that was done before
    prepared: dict | None = None

    def __init__(self, preparer, rows: list, lines: Lines, report: Report, share=routing.NO_SHARE):
        self.preparer, self.rows, self.lines, self.report = preparer, rows, lines, report
        self.share, self.calls, self._is_over = share, 0, False
        self.later: dict[int, routing.Wait] = {}
        #: how many each server lets go, less those that went
        self.granted: Counter = Counter()
        self.token: uuid.UUID = rows[0].lease_token
        self._began, self._left = clock.now(), len(rows)
        #: until half of the lease is gone
        self._kept_until = _half_way(self._began, rows[0].lease_until)

    def hand_over(self, ahead=None) -> None:
        """Send each message or note why not; then one commit with all results. ``ahead`` (a ``sender.Ahead``)
        is made ready meanwhile, while the server takes the last few."""
        try:
            if self.prepared is None:
                failpoints.reach("lease")
                self.prepared = self.preparer.prepare(self.rows)
            self._take_turns(self.prepared)
            for row in self.rows:
                self._left -= 1
                self._one(row, self.prepared[row.id])
                if ahead is not None and self._is_quick():
                    ahead.step()
        finally:
            self.close()

    def close(self) -> None:
        """Write what became of them; what was not begun goes back, so that also when something unforeseen
        broke the run only the row at hand stays in hand. A repeat changes nothing."""
        if self._is_over:
            return
        self._is_over = True
        try:
            self._land()
        finally:
            try:
                self._write_results()
            finally:
                self.share.give_back(self.calls)
                for server, count in self.granted.items():
                    routing.put_back(server, count, clock.now())

    def _is_quick(self) -> bool:
        """Whether the next batch may be taken in hand: not to wait for a slow server, nor for tokens that
        this one gives back."""
        if self._flying is None or self._left >= AHEAD or self.share.buckets is not None:
            return False
        return clock.now() - self._began < QUICK

    def _take_turns(self, prepared: dict) -> None:
        """Route what may go, and keep back what is more than its server takes a minute."""
        by_server: dict = {}
        for row in self.rows:
            if not isinstance(prepared[row.id], Refusal):
                row.server = self.lines.router.server_of(row)
                by_server.setdefault((row.server and row.server.pk, row.origin), []).append(row)
        for rows in () if self.share.buckets is not None else by_server.values():
            waits = routing.take(rows[0].server, rows, clock.now())
            granted = len(rows) - len(waits)
            self.granted[rows[0].server] += granted
            self.later |= {row.id: wait for row, wait in zip(rows[granted:], waits, strict=True)}
            self.report.rated += sum(wait.reason == "rate" for wait in waits)

    def _one(self, row, prepared) -> None:
        if row.id in self.later:
            wait = self.later[row.id]
            row.state, row.reason = State.QUEUED, wait.reason
            row.not_before, row.attempts = clock.now() + wait.time, row.attempts - 1
            return
        if callable(prepared) and not self._is_down(row):
            prepared = prepared()  # written while the server still takes the one before
        if isinstance(prepared, Refusal):
            row.state, row.reason, row.detail = prepared.state, prepared.reason, prepared.detail
            if prepared.until is not None:  # only put off: nothing was tried
                row.not_before, row.attempts = prepared.until, row.attempts - 1
            return
        if self._flying is not None and self._flying[2] is self.lines.line(row.server):
            self._flying[2].announce(prepared.email)
        heard_at = self._land()
        if self._is_down(row):
            return  # stays in hand here; _write_results gives it back untried
        now = heard_at or clock.now()
        if not self._keep_lease(now):
            self.report.server_down = True
            return
        self._begun = row
        self.calls += 1
        self.granted[row.server] -= 1
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

    def _land(self) -> dt.datetime | None:
        """Hear what the server says about the message that is on its way; when, or None for none."""
        if self._flying is None:
            return None
        (row, prepared, line), self._flying = self._flying, None
        return self._answered(row, line.finish(), prepared)

    def _answered(self, row, outcome: Outcome, prepared) -> dt.datetime:
        if outcome.verdict is Verdict.SENT:
            failpoints.reach("data")
        now = clock.now()
        self._judge(row, outcome, prepared, now)
        self._begun = None
        return now

    def _keep_lease(self, now: dt.datetime) -> bool:
        """Lengthen the lease when half of it is gone; False when it was lost (the beat called us dead)."""
        if now < self._kept_until:
            return True
        until = now + dt.timedelta(seconds=conf.get("LEASE_SECONDS"))
        held = self.preparer.model.objects.held(self.token).update(lease_until=until)
        self._kept_until = _half_way(now, until)
        return held == len(self.rows)

    def _judge(self, row, outcome: Outcome, prepared, now: dt.datetime) -> None:
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
            if outcome.verdict is Verdict.RETRY:  # it never came so far as to count
                self.calls -= 1
                self.granted[row.server] += 1

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
            stopping.sent_back({row.origin for row in done if row.state == State.QUEUED})
            failpoints.reach("result")


def _half_way(now: dt.datetime, until: dt.datetime) -> dt.datetime:
    return now + (until - now) / 2


def _of_their_leads(sent: list[Message], settled: dict[int, int]) -> list[Message]:
    """The messages with the leads they belong to now, after a merge; without those deleted meanwhile."""
    unknown = [row.id for row in sent if row.id not in settled]
    if unknown:
        settled |= dict(Message.objects.filter(pk__anyof=unknown).values_list("pk", "lead_id"))
    found = [row for row in sent if row.id in settled]
    for row in found:
        row.lead_id = settled[row.id]
    return found
