"""What the worker runs for messaging; each may be repeated at any time."""

import datetime as dt
import time

from wagtail_automation import clock, conf, jobs

from . import sender
from .delivery import clicks, mailboxes, receiving, routing

#: minutes between two readings of the mailboxes
READ_EVERY = 5
#: the right to send at a server's rate, for so many seconds at most, and how long a worker sleeps for it
RATE, RATE_SECONDS, PAUSE = "sender_rate", 60, 1.0
#: without a sign for so long nobody sends at the rate
SILENCE = dt.timedelta(seconds=15)


def send_due() -> str:
    """Hand over what is due; what a server's rate keeps back follows second by second."""
    report = sender.send_due()
    if report.rated and conf.get("JOBS") == "queue":
        seen = jobs.last_heartbeat(RATE)
        if seen is None or clock.now() - seen > SILENCE:
            jobs.heartbeat(RATE)
            jobs.enqueue(send_at_rate)
    return str(report)


def send_at_rate() -> str:
    """Hand over what a rate lets go, and queue itself again while more waits for it.

    Without it such messages would go once a minute with the beat, no more than the bucket holds. One worker
    sleeps at most a second at a time, so that other jobs come between.
    """
    with jobs.lease(RATE, RATE_SECONDS) as held:
        if not held:
            return "somebody else does"
        time.sleep(PAUSE)
        report = sender.send_due(PAUSE * 5)
    jobs.heartbeat(RATE)
    if not report.server_down and (sender.has_due() or sender.waits_for_rate(SILENCE * 4)):
        jobs.enqueue(send_at_rate)
    return str(report)


def beat() -> str:
    """Once a minute: find what a dead worker left in hand, whatever is due, and what came back."""
    now = clock.now()
    doubtful = sender.expire_leases()
    settled = receiving.settle_early(now)
    clicked = clicks.settle(now)
    stopped = routing.stop_bad(now)
    routing.forget_lines(now)
    if sender.has_due():
        jobs.enqueue(send_due)
    if mailboxes.is_due(now, READ_EVERY):
        jobs.enqueue(read_mailboxes)
    return f"doubtful: {doubtful}, reports: {settled}, clicks: {clicked}, stopped: {len(stopped)}"


def read_mailboxes() -> str:
    """Read what mail servers and people answered; once more at once where a mailbox holds more."""
    readings = mailboxes.read_all()
    if any(reading.is_full for reading in readings.values()):
        jobs.enqueue(read_mailboxes)
    return "; ".join(f"{name}: {reading}" for name, reading in readings.items()) or "no mailbox"
