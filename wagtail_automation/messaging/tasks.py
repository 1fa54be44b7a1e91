"""What the worker runs for messaging; each may be repeated at any time."""

from . import sender


def send_due() -> str:
    """Hand over what is due."""
    return str(sender.send_due())


def beat() -> str:
    """Once a minute: find what a dead worker left in hand, and whatever is due."""
    doubtful = sender.expire_leases()
    if sender.has_due():
        from wagtail_automation import jobs

        jobs.enqueue(send_due)
    return f"doubtful: {doubtful}"
