"""What the worker runs for channels; each may be repeated at any time."""

from wagtail_automation import jobs

from . import sender


def send_due() -> str:
    """Hand over what is due."""
    return str(sender.send_due())


def beat() -> str:
    """Once a minute: find what a dead worker left in hand, and whatever is due."""
    doubtful = sender.expire_leases()
    if sender.has_due():
        jobs.enqueue(send_due)
    return f"doubtful: {doubtful}"
