"""Starts the cluster, watches how far it has come, kills it at a point, starts it again."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from email import message_from_bytes
from pathlib import Path

from aiosmtpd.controller import Controller

from wagtail_automation.testing import failpoints

ROOT = Path(__file__).resolve().parents[2]
LOG = "wagtail_automation_campaigns_steplog"
ENROLLMENT = "wagtail_automation_campaigns_enrollment"
MESSAGE = "wagtail_automation_messaging_message"


class Sink:
    """An SMTP server that keeps the id of every message it accepts."""

    def __init__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.accepted: list[str] = []
        self._server = Controller(self, hostname="127.0.0.1", port=self.port)
        self._server.start()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.accepted.append(message_from_bytes(envelope.content)["Message-ID"].strip().strip("<>"))
        return "250 OK"

    def stop(self):
        self._server.stop()


class Site:
    """One database with its people, and the processes that work on it."""

    def __init__(self, folder: Path, *, url: str = "", mutant: str = ""):
        self.folder, self.url, self.mutant = folder, url, mutant
        self.points = folder / "points"
        self.points.mkdir(exist_ok=True)
        self.sink = Sink()
        self.nursery: subprocess.Popen | None = None
        self.cluster: int | None = None
        self.killed_at: list[tuple[str, int]] = []
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "tests.kill.settings",
            "KILL_FOLDER": str(folder),
            "KILL_DB_URL": url,
            "KILL_MUTANT": mutant,
            "KILL_SMTP_PORT": str(self.sink.port),
            failpoints.VARIABLE: str(self.points),
        }

    # -- processes --------------------------------------------------------------------------------
    def manage(self, *arguments: str) -> str:
        """Run a management command in a process of its own, without mutant and failpoints; its output."""
        done = subprocess.run(
            [sys.executable, "-m", "django", *arguments],
            cwd=ROOT,
            env={**self.environment, "KILL_MUTANT": "", failpoints.VARIABLE: ""},
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def world(self, *arguments: str) -> dict:
        return json.loads(self.manage("kill_world", *arguments).splitlines()[-1])

    def start(self) -> None:
        """A cluster in a process group of its own."""
        if self.nursery is None:
            self.nursery = subprocess.Popen(
                [sys.executable, "-m", "tests.kill.nursery"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        self.nursery.stdin.write(f"start {self.folder / 'cluster.log'}\n")
        self.nursery.stdin.flush()
        self.cluster = int(self.nursery.stdout.readline())

    def is_alive(self) -> bool:
        try:
            os.killpg(self.cluster, 0)
        except ProcessLookupError:
            return False
        return True

    def kill(self) -> None:
        """SIGKILL to the whole process group; returns when none of it is left."""
        os.killpg(self.cluster, signal.SIGKILL)
        end = time.monotonic() + 20
        while self.is_alive():
            assert time.monotonic() < end, "processes of the cluster survived SIGKILL"
            time.sleep(0.01)
        self.cluster = None

    def close(self) -> None:
        if self.cluster and self.is_alive():
            self.kill()
        if self.nursery:
            self.nursery.stdin.close()
            self.nursery.wait(20)
            self.nursery.stdout.close()
        self.sink.stop()

    # -- watching ---------------------------------------------------------------------------------
    @contextmanager
    def database(self):
        if self.url:
            import psycopg

            with psycopg.connect(self.url, autocommit=True) as connection:
                yield connection
        else:
            connection = sqlite3.connect(self.folder / "db.sqlite3", timeout=20)
            try:
                yield connection
            finally:
                connection.close()

    def until(self, sql: str, enough, *, seconds: float = 60, what: str = "") -> int:
        """Poll a count until ``enough(count)``."""
        end = time.monotonic() + seconds
        with self.database() as connection:
            while True:
                (count,) = connection.execute(sql).fetchone()
                if enough(count):
                    return count
                assert time.monotonic() < end, f"{what or sql}: {count} after {seconds} s\n{self.tail()}"
                assert self.is_alive(), f"the cluster died\n{self.tail()}"
                time.sleep(0.01)

    def tail(self) -> str:
        return (self.folder / "cluster.log").read_text()[-3000:]

    # -- killing ----------------------------------------------------------------------------------
    def kill_at(self, point: str, log_rows: int) -> None:
        """Start, wait for progress, hold the next process that reaches ``point``, kill the whole group."""
        self.start()
        if point == "data":
            self.until(
                f"SELECT count(*) FROM {MESSAGE} WHERE state = 'queued'",
                lambda n: n > 0,
                what="a message to send",
            )
        else:
            self.until(f"SELECT count(*) FROM {LOG}", lambda n: n >= log_rows, what="progress")
        reached = self.points / f"{point}.reached"
        reached.unlink(missing_ok=True)
        (self.points / f"{point}.hold").touch()
        end = time.monotonic() + 60
        while not reached.exists():
            assert time.monotonic() < end, f"nobody reached {point!r}\n{self.tail()}"
            time.sleep(0.01)
        self.kill()
        with self.database() as connection:
            (rows,) = connection.execute(f"SELECT count(*) FROM {LOG}").fetchone()
        self.killed_at.append((point, rows))

    def finish_wave(self, *, last: bool) -> None:
        """Go on until all are at the wait (or out) and nothing is left to send; then end the cluster."""
        self.start()
        waiting = f"SELECT count(*) FROM {ENROLLMENT} WHERE step_id IS NOT NULL"
        if not last:
            waiting += " AND deadline_at IS NULL"
        self.until(waiting, lambda n: n == 0, seconds=120, what="people who should have moved")
        queued = f"SELECT count(*) FROM {MESSAGE} WHERE state = 'queued'"
        self.until(queued, lambda n: n == 0, seconds=120, what="messages that should have been sent")
        time.sleep(0.5)  # the last batch writes its results
        self.kill()

    def move_clock(self, seconds: int) -> None:
        (self.folder / "clock").write_text(str(seconds))

    def verdict(self) -> dict:
        accepted = self.folder / "accepted.json"
        accepted.write_text(json.dumps(self.sink.accepted))
        return self.world("verdict", str(accepted))

    def where(self) -> Counter:
        return Counter(point for point, _rows in self.killed_at)
