"""What the worker runs for channels; each may be repeated at any time."""

from wagtail_automation import conf, jobs

from . import sender

#: which of the workers waits for channels that take only so many a minute
LEASE, LEASE_SECONDS = "channels_rate", 60


def send_due() -> str:
    """Hand over what is due. One worker waits for slow channels; the others leave those alone."""
    if conf.get("JOBS") != "queue":
        return str(sender.send_due())
    with jobs.lease(LEASE, LEASE_SECONDS) as held:
        return str(sender.send_due(patient=bool(held)))


def beat() -> str:
    """Once a minute: find what a dead worker left in hand, and whatever is due."""
    doubtful = sender.expire_leases()
    if sender.has_due():
        jobs.enqueue(send_due)
    return f"doubtful: {doubtful}"
