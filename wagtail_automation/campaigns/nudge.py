"""Telling the engine to look now. Losing a nudge costs a minute: the beat looks anyway."""

import threading
from contextlib import contextmanager

from wagtail_automation import jobs

WALK = "wagtail_automation.campaigns.tasks.walk"

_here = threading.local()


def nudge() -> None:
    """Walk soon after the commit. The walker itself needs no nudge: it looks again before it ends."""
    if not is_walking():
        jobs.enqueue(WALK)


def is_walking() -> bool:
    """True inside the walker, which must not start another in its own thread."""
    return getattr(_here, "walking", False)


@contextmanager
def walking():
    _here.walking = True
    try:
        yield
    finally:
        _here.walking = False
