"""Starts clusters from a process that has imported everything, so that fifty restarts stay within minutes.

``start LOG`` on stdin forks a child that leads a process group of its own and runs the management command
``qcluster``; ``do FILE NAME ARGUMENT …`` one that calls ``deeds.NAME`` and leaves the result in FILE as JSON.
The child's number is printed. The dead are buried here, workers of a killed cluster included, so that their
numbers are free at once.
"""

import ctypes
import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connections

PR_SET_CHILD_SUBREAPER = 36


def bury(*args) -> None:
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return
        except ChildProcessError:
            return


def fork(log: str, work) -> int:
    """The number of a child that leads a group of its own and does ``work``."""
    sys.stdout.flush()
    if pid := os.fork():
        while os.getpgid(pid) != pid:  # until it leads its own group
            time.sleep(0.001)
        return pid
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    output, nothing = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    try:
        work()
    except Exception:  # noqa: BLE001  the child ends here whatever it was
        traceback.print_exc()
    finally:
        os._exit(1)


def do(file: str, name: str, *arguments: str) -> None:
    """Call a deed; what it returns, or how it failed, appears in the file at once and whole."""
    from . import deeds

    try:
        result = getattr(deeds, name)(*arguments)
    except Exception as error:  # noqa: BLE001  told to whoever asked
        traceback.print_exc()
        result = {"failed": f"{type(error).__name__}: {error}"}
    draft = Path(f"{file}.draft")
    draft.write_text(json.dumps(result))
    draft.replace(file)


def main() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    django.setup()
    import django_q.cluster  # noqa: F401  (what the command would import)

    from . import deeds  # noqa: F401

    connections.close_all()
    signal.signal(signal.SIGCHLD, bury)
    for line in sys.stdin:
        command, log, *words = line.split()
        if command == "start":
            pid = fork(log, lambda: call_command("qcluster"))
        else:
            pid = fork(log, lambda words=words: do(*words))
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
