"""Starts clusters from a process that has imported everything, so that twenty restarts stay within minutes.

Each line "start" on stdin forks a child that leads a process group of its own and runs the management
command ``qcluster``; its number is printed. The dead are buried here, workers of a killed cluster
included, so that their numbers are free at once.
"""

import ctypes
import os
import signal
import sys
import time

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


def start(log: str) -> int:
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
        call_command("qcluster")
    finally:
        os._exit(1)


def main() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    django.setup()
    import django_q.cluster  # noqa: F401  (what the command would import)

    connections.close_all()
    signal.signal(signal.SIGCHLD, bury)
    for line in sys.stdin:
        command, _space, log = line.strip().partition(" ")
        if command == "start":
            sys.stdout.write(f"{start(log)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
