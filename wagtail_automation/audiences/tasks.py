"""What django-q2 runs for audiences; thin and repeatable."""

from . import refreshing


def refresh() -> str:
    """Beat and job: bring stored membership up to date."""
    return refreshing.refresh_pending()
