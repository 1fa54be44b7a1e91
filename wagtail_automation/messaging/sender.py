"""The sender: whose messages are taken in hand next, batch after batch (``batches``)."""

import datetime as dt
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing

from wagtail_automation import clock, conf, jobs
from wagtail_automation.outbox import State
from wagtail_automation.testing import failpoints

from . import transport
from .batches import Batch, Lines, Report
from .delivery import routing
from .models import DirectMessage, Message
from .preparing import DirectPreparer, MessagePreparer

#: A task runs about this long and then queues itself again, so that a worker is never held.
TASK_SECONDS = 20
#: A run goes round the same campaigns for so long before it asks again whose messages are due, and held back.
LOOK = dt.timedelta(seconds=1)


def send_due(seconds: float = TASK_SECONDS) -> Report:
    """Hand over what is due, for about ``seconds``; safe in any number of processes at once.

    Queues itself again when more is due than it could do. Call it outside a transaction.
    """
    report = Report()
    with Lines(report) as lines:
        _Run(clock.now() + dt.timedelta(seconds=seconds), report, lines).send()
    jobs.heartbeat("sender")
    if not report.server_down and has_due(lines.router):
        jobs.enqueue("wagtail_automation.messaging.tasks.send_due")
    return report


class _Run:
    """Batch after batch until time is over: answers to people's acts first and between any two others, then
    one batch of each campaign in turn, so that a large one keeps no small one waiting."""

    def __init__(self, until: dt.datetime, report: Report, lines: "Lines"):
        self.until, self.report, self.lines = until, report, lines
        self.direct = DirectPreparer()
        self.marketing = MessagePreparer(by_smtp=transport.speaks_smtp())

    def is_over(self) -> bool:
        return self.report.server_down or clock.now() >= self.until

    def send(self) -> None:
        self._answer()
        while True:
            with closing(Ahead(self._batches())) as ahead:
                while (batch := ahead.take()) is not None:
                    self._answer()
                    batch.hand_over(ahead)
            if not self._answer():  # what people did meanwhile may have made more due
                return

    def _answer(self) -> int:
        """Hand over the answers to people's acts; returns how many batches."""
        count = 0
        while not self.is_over() and routing.has_direct(clock.now()):
            if taken := DirectMessage.objects.lease(conf.get("SEND_BATCH"), clock.now()):
                count += 1
                self.report.batches += 1
                Batch(self.direct, taken, self.lines, self.report).hand_over()
        return count

    def _batches(self) -> Iterator["Batch | None"]:
        """The batches of campaigns, ready to be handed over, and None after each step on the way to one."""
        router = self.lines.router
        origins, taken, empty, looked_at = None, 0, 0, clock.now()
        while True:
            if not taken or taken < len(origins) or clock.now() - looked_at > LOOK:
                # a round in which others took everything is the last, unless a rate ended it for some
                if origins is not None and not taken and router.empty_count == empty:
                    return
                looked_at = clock.now()
                origins = router.shuffled(router.due_origins(looked_at))
            taken, empty = 0, router.empty_count
            for origin in origins:
                if self.is_over():
                    return
                taken += yield from self._batch_of(origin, len(origins))

    def _batch_of(self, origin: str, others: int) -> Generator["Batch | None", None, bool]:
        """The next batch of an origin; returns whether there was one."""
        share = self.lines.router.share(origin, conf.get("SEND_BATCH"), others, clock.now())
        if not share.size:
            self.report.rated += 1
            return False
        with ExitStack() as undo:
            undo.callback(share.give_back, 0)
            taken = Message.objects.lease(share.size, clock.now(), origin=origin)
            if not taken:
                return False
            undo.pop_all()
            self.report.batches += 1
            batch = Batch(self.marketing, taken, self.lines, self.report, share)
            undo.callback(batch.close)
            failpoints.reach("lease")
            yield None
            batch.prepared = yield from self.marketing.steps(taken)
            undo.pop_all()
        yield batch
        return True


class Ahead:
    """The batches of a run, of which one may be prepared before its turn. Close it: messages that are in hand
    and were not taken from here go back."""

    def __init__(self, found: Generator["Batch | None"]):
        self._found, self._ready = found, None

    def step(self) -> None:
        """One step towards the next batch, if it is not ready."""
        if self._ready is None:
            self._ready = next(self._found, None)

    def take(self) -> "Batch | None":
        """The next batch, None when there is no more."""
        ready, self._ready = self._ready, None
        return ready or next(filter(None, self._found), None)

    def close(self) -> None:
        try:
            if self._ready is not None:
                self._ready.close()
        finally:
            self._found.close()


def has_due(router: routing.Router | None = None) -> bool:
    """Whether anything is due that could go; ``router``: of a run, which knows what waits for a rate."""
    now = clock.now()
    return routing.has_direct(now) or (router or routing.Router()).has_due(now)


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
