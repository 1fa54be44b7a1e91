"""Background runs in a terminal: in whose name, and a progress bar while this process does the work."""

import time
from collections.abc import Callable, Iterator

from django.core.management.base import CommandError

from wagtail_automation.background import AbstractRun
from wagtail_automation.progress import track

SLICE = 1.0


def acting_user(users, name: str | None):
    """The account of that name, or the first active administrator. Raises CommandError."""
    found = users._default_manager.filter(is_active=True)
    if name:
        user = found.filter(**{users.USERNAME_FIELD: name}).first()
        if user is None:
            raise CommandError(f"There is no active account {name!r}.")
        return user
    user = found.filter(is_superuser=True).order_by("pk").first()
    if user is None:
        raise CommandError("There is no administrator; name an account with --user.")
    return user


def follow(run: AbstractRun, task: Callable, *, label: str, stream) -> None:
    """Work on the run in this process until it has ended. Raises CommandError when it failed.

    A worker may take over in between: then this only watches.
    """
    if run.is_active:
        task(run.pk, seconds=0, requeue=False)  # counts the rows
        run.refresh_from_db()
    for _row in track(_rows(run, task), total=run.total or 1, label=label[:28], stream=stream):
        pass
    run.refresh_from_db()
    if run.state != "done":
        raise CommandError(run.problem or str(run.get_state_display()))


def _rows(run, task) -> Iterator[int]:
    before = 0
    while run.is_active:
        if task(run.pk, seconds=SLICE, requeue=False) == "somebody else is at it":
            time.sleep(SLICE)
        run.refresh_from_db()
        yield from range(before, run.position)
        before = run.position
