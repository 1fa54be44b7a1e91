"""Starts the clusters, watches how far they have come, kills them at a point, starts them again."""

import datetime as dt
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
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path

from aiosmtpd.controller import Controller

from wagtail_automation.testing import failpoints

ROOT = Path(__file__).resolve().parents[2]
LOG = "wagtail_automation_campaigns_steplog"
ENROLLMENT = "wagtail_automation_campaigns_enrollment"
MESSAGE = "wagtail_automation_messaging_message"
QUEUE = "django_q_ormq"
#: Seconds without progress after which somebody looks again, as the beat of the next minute would.
IMPATIENCE = 1
#: What is killed: the process that was held; the cluster it belongs to; all clusters at once; the connections
#: to the database, all of them, as when its server is started again.
WORKER, CLUSTER, EVERYTHING, CONNECTION = "worker", "cluster", "everything", "connection"


class Sink:
    """An SMTP server that keeps id and recipient of every message it accepts."""

    def __init__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.accepted: list[tuple[str, str]] = []
        self._server = Controller(self, hostname="127.0.0.1", port=self.port)
        self._server.start()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        key = message_from_bytes(envelope.content)["Message-ID"].strip().strip("<>")
        self.accepted.append((key, envelope.rcpt_tos[0]))
        return "250 OK"

    def stop(self):
        self._server.stop()


@dataclass(frozen=True)
class Landing:
    """Where a kill landed: entries of the log and messages accepted until then, transactions open then."""

    point: str
    how: str
    rows: int
    accepted: int
    open: int

    def __str__(self):
        return f"{self.point:7} {self.how:10} {self.rows:8} {self.accepted:8} {self.open:3}"


class Site:
    """One database with its people, and the processes that work on it."""

    def __init__(self, folder: Path, *, url: str = "", mutant: str = "", clusters: int = 1, workers: int = 3):
        self.folder, self.url, self.mutant, self.wanted = folder, url, mutant, clusters
        self.points = folder / "points"
        self.points.mkdir(exist_ok=True)
        self.sink = Sink()
        self.nursery: subprocess.Popen | None = None
        self.clusters: list[int] = []
        self.landings: list[Landing] = []
        self.offset = self.deeds = 0
        self.moved = self.since = time.monotonic()
        self.progress = -1
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "tests.kill.settings",
            "KILL_FOLDER": str(folder),
            "KILL_DB_URL": url,
            "KILL_MUTANT": mutant,
            "KILL_WORKERS": str(workers),
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
            timeout=1200,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _fork(self, line: str) -> int:
        """A child of the nursery that leads a process group of its own; its number."""
        if self.nursery is None:
            self.nursery = subprocess.Popen(
                [sys.executable, "-m", "tests.kill.nursery"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        self.nursery.stdin.write(f"{line}\n")
        self.nursery.stdin.flush()
        return int(self.nursery.stdout.readline())

    def start(self) -> None:
        """As many clusters as there should be, each in a process group of its own."""
        self.clusters = [pid for pid in self.clusters if is_alive(pid)]
        while len(self.clusters) < self.wanted:
            self.clusters.append(self._fork(f"start {self.folder / 'cluster.log'}"))

    def begin(self, name: str, *arguments) -> Path:
        """Let somebody do a deed (``deeds``) in a process of its own; the file of its result to be."""
        self.deeds += 1
        result = self.folder / f"deed-{self.deeds}.json"
        words = " ".join(map(str, (result, name, *arguments)))
        self._fork(f"do {self.folder / 'cluster.log'} {words}")
        return result

    def do(self, name: str, *arguments, seconds: float = 90) -> dict:
        """A deed until it is done; its result. AssertionError if it failed."""
        result, end = self.begin(name, *arguments), time.monotonic() + seconds
        while not result.exists():
            assert time.monotonic() < end, f"{name} {arguments} after {seconds} s\n{self.tail()}"
            time.sleep(0.02)
        said = json.loads(result.read_text())
        assert "failed" not in said, f"{name} {arguments}: {said['failed']}\n{self.tail()}"
        return said

    def kill(self, groups: list[int] | None = None) -> None:
        """SIGKILL to whole process groups (all clusters); returns when none of them is left."""
        groups = self.clusters if groups is None else groups
        for pid in groups:
            os.killpg(pid, signal.SIGKILL)
        end = time.monotonic() + 20
        while any(map(is_alive, groups)):
            assert time.monotonic() < end, "processes of the cluster survived SIGKILL"
            time.sleep(0.01)
        self.clusters = [pid for pid in self.clusters if pid not in groups]

    def close(self) -> None:
        self.kill([pid for pid in self.clusters if is_alive(pid)])
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
            connection = sqlite3.connect(self.folder / "db.sqlite3", timeout=20, isolation_level=None)
            try:
                yield connection
            finally:
                connection.close()

    def count(self, sql: str) -> int:
        with self.database() as connection:
            return connection.execute(sql).fetchone()[0]

    def rows(self) -> int:
        return self.count(f"SELECT count(*) FROM {LOG}")

    def due(self) -> str:
        """SQL: how many people the engine should look at now."""
        now = (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=self.offset)).replace(tzinfo=None)
        moment = f"'{now:%Y-%m-%d %H:%M:%S.%f}{'+00' if self.url else ''}'"
        return f"SELECT count(*) FROM {ENROLLMENT} WHERE step_id IS NOT NULL AND due_at <= {moment}"

    def until(self, sql, enough, *, seconds: float = 120, what: str = "") -> int:
        """Poll a count until ``enough(count)``. ``sql``: text, or a function that gives it. AssertionError
        when for so many seconds nothing has been written or sent: a slow machine may take its time."""
        self.since = time.monotonic()
        while True:
            text = sql() if callable(sql) else sql
            count = self.count(text)
            if enough(count):
                return count
            idle = time.monotonic() - self.since
            assert idle < seconds, f"{what or text}: {count} after {seconds} s\n{self.tail()}"
            self.look_again()
            time.sleep(0.02)

    def look_again(self) -> None:
        """A beat, if nothing has moved for a while: a job that was lost costs a minute, here a moment."""
        assert all(map(is_alive, self.clusters)), f"a cluster died\n{self.tail()}"
        progress = self.rows() + len(self.sink.accepted)
        if progress != self.progress:
            self.moved = self.since = time.monotonic()
            self.progress = progress
        elif time.monotonic() - self.moved > IMPATIENCE:
            self.moved = time.monotonic()
            self.begin("beat", 1)

    def tail(self) -> str:
        return (self.folder / "cluster.log").read_text()[-3000:]

    # -- killing ----------------------------------------------------------------------------------
    def hold(self, point: str, *, begin=None, possible=None, seconds: float = 60) -> int | None:
        """The process that is held at a point: the next that comes there. ``begin``: who shall come.
        None when ``possible()`` no longer holds: nobody will come any more."""
        reached, hold = self.points / f"{point}.reached", self.points / f"{point}.hold"
        reached.unlink(missing_ok=True)
        (self.points / f"{point}.go").unlink(missing_ok=True)
        hold.touch()
        if begin:
            begin()
        end = time.monotonic() + seconds
        while not reached.exists():
            assert time.monotonic() < end, f"nobody reached {point!r}\n{self.tail()}"
            if possible and not possible():
                try:
                    hold.unlink()
                    return None
                except FileNotFoundError:
                    continue  # somebody came at this very moment
            self.look_again()
            time.sleep(0.01)
        return int(reached.read_text())

    def strike(self, pid: int, point: str, how: str) -> None:
        """Kill what ``how`` names, with the process held at the point in it; start what is missing."""
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        opened = int(point not in ("lease", "data"))  # SQLite lets one write at a time
        if self.url:
            opened = self.count(f"SELECT count(*) {others} AND state LIKE 'idle in transaction%'")
        self.landings.append(Landing(point, how, self.rows(), len(self.sink.accepted), opened))
        if how == WORKER:
            os.kill(pid, signal.SIGKILL)
        elif how == CLUSTER:
            self.kill([os.getpgid(pid)])
        elif how == EVERYTHING:
            if (group := os.getpgid(pid)) not in self.clusters:
                os.killpg(group, signal.SIGKILL)
            self.kill()
        else:
            assert self.count(f"SELECT count(pg_terminate_backend(pid)) {others}")
            (self.points / f"{point}.go").touch()
        self.start()

    # -- the queue and the clock ------------------------------------------------------------------
    def double_queue(self) -> int:
        """Every job that waits is delivered twice."""
        columns = "key, payload, lock"
        return self._write(f"INSERT INTO {QUEUE} ({columns}) SELECT {columns} FROM {QUEUE}")

    def lose_queue(self) -> int:
        """Every job that waits is lost."""
        return self._write(f"DELETE FROM {QUEUE}")

    def _write(self, sql: str) -> int:
        with self.database() as connection:
            return connection.execute(sql).rowcount

    def move_clock(self, seconds: int) -> None:
        """For every process at once, forward or back."""
        self.offset += seconds
        draft = self.folder / "clock.draft"
        draft.write_text(str(self.offset))
        draft.replace(self.folder / "clock")

    # -- judging ----------------------------------------------------------------------------------
    def verdict(self, erased: list[int]) -> dict:
        known = self.folder / "known.json"
        known.write_text(json.dumps({"handed over": self.sink.accepted, "erased": erased}))
        return self.do("judge", known, seconds=600)

    def where(self) -> Counter:
        return Counter(landing.point for landing in self.landings)


def is_alive(group: int) -> bool:
    """Something of this process group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
