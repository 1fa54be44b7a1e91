"""What django-q2 runs for audiences; thin and repeatable."""

from . import refreshing


def refresh() -> str:
    """Beat and job: bring stored membership up to date."""
    return refreshing.refresh_pending()


def fill_lists() -> str:
    """Job: put people on the lists that wait to be filled."""
    from .lists import filling

    return filling.fill_waiting()
