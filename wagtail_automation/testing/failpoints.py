"""Places where a test may hold a worker, with its transaction open, to kill it there.

Nothing happens unless the environment names a directory in ``WAGTAIL_AUTOMATION_FAILPOINTS``. Then
``reach("claim")`` looks for ``<directory>/claim.hold``; if it is there, it is taken away (one process
gets it), ``claim.reached`` is written with the process number, and the process waits to be killed.
"""

import os
import signal
from pathlib import Path

VARIABLE = "WAGTAIL_AUTOMATION_FAILPOINTS"
POINTS = ("claim", "act", "log", "commit", "data")


def reach(name: str) -> None:
    """Pass the point ``name``; hold there if a test asked for it."""
    directory = os.environ.get(VARIABLE)
    if not directory:
        return
    hold = Path(directory) / f"{name}.hold"
    try:
        hold.unlink()
    except FileNotFoundError:
        return
    draft = Path(directory) / f"{name}.{os.getpid()}"
    draft.write_text(str(os.getpid()))
    draft.replace(Path(directory) / f"{name}.reached")
    while True:  # until killed
        signal.pause()
