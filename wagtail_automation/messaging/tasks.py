"""What the worker runs for messaging; each may be repeated at any time."""

from wagtail_automation import clock, jobs

from . import sender
from .delivery import clicks, mailboxes, receiving, routing

#: minutes between two readings of the mailboxes
READ_EVERY = 5


def send_due() -> str:
    """Hand over what is due."""
    return str(sender.send_due())


def beat() -> str:
    """Once a minute: find what a dead worker left in hand, whatever is due, and what came back."""
    now = clock.now()
    doubtful = sender.expire_leases()
    settled = receiving.settle_early(now)
    clicked = clicks.settle(now)
    stopped = routing.stop_bad(now)
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
