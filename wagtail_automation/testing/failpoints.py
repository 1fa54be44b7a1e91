"""Places where a test may hold a worker, with its transaction open, to kill it there.

Nothing happens unless the environment names a directory in ``WAGTAIL_AUTOMATION_FAILPOINTS``. Then
``reach("claim")`` looks for ``<directory>/claim.hold``; if it is there, it is taken away (one process
gets it), ``claim.reached`` is written with the process number, and the process waits to be killed, or for
``claim.go`` – after its database connection was cut, say.
"""

import os
import time
from pathlib import Path

VARIABLE = "WAGTAIL_AUTOMATION_FAILPOINTS"
#: In a walk: people claimed, an activity done, an entry written, about to commit.
WALKING = ("claim", "act", "log", "commit")
#: Beside it: decisions woken, people let in, moved from a removed step, merged.
BESIDE = ("settle", "enter", "move", "merge")
#: At hand-over: taken in hand, accepted by the server, results written but not committed.
SENDING = ("lease", "data", "result")
#: In a newsletter: its people written down and not committed, some of them queued and not committed.
NEWSLETTER = ("audience", "queued")
POINTS = (*WALKING, *BESIDE, *SENDING)
#: read once: each message passes a point
_DIRECTORY = os.environ.get(VARIABLE)


def reach(name: str) -> None:
    """Pass the point ``name``; hold there if a test asked for it."""
    if not _DIRECTORY:
        return
    directory = Path(_DIRECTORY)
    hold = directory / f"{name}.hold"
    try:
        hold.unlink()
    except FileNotFoundError:
        return
    draft = directory / f"{name}.{os.getpid()}"
    draft.write_text(str(os.getpid()))
    draft.replace(directory / f"{name}.reached")
    go = directory / f"{name}.go"
    while not go.exists():  # until killed, or told to
        time.sleep(0.01)
    go.unlink()
