"""`python -m example_site.run`: the whole example site – database, example data, web server, worker, mail.

One process supervises three children. It starts again whatever exits, and a cluster that is alive but makes
no progress: the cluster is asked for a sign of life through the queue itself. Ctrl-C or SIGTERM stops all.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "example_site.settings")

ROOT = Path(__file__).resolve().parent.parent
HOST = os.environ.get("WA_BIND", "127.0.0.1")
#: seconds a cluster may leave a question unanswered; its tasks last at most 20
PATIENCE = 90
ASK_EVERY = 20
STOP_WITHIN = 12
SIGN_OF_LIFE = "example"


def say(text: str = "") -> None:
    """Tell the person at the terminal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class Child:
    """One process of the site, in a group of its own so that Ctrl-C reaches the supervisor alone."""

    def __init__(self, name: str, *command: str):
        self.name, self.command = name, command
        self.process: subprocess.Popen | None = None
        self.failures = 0
        self.start_at = 0.0

    def start(self, logs: Path) -> None:
        """Start it; what it says goes into a file."""
        with (logs / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603  (our own management commands)
                [sys.executable, "-u", str(ROOT / "example_site" / "manage.py"), *self.command],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.start_at = time.monotonic()

    @property
    def is_running(self) -> bool:
        """Whether the process is there; it may still do nothing."""
        return self.process is not None and self.process.poll() is None

    def signal(self, number: int) -> None:
        """Send a signal to the whole group; a group that has gone is no error."""
        with contextlib.suppress(ProcessLookupError, AttributeError):
            os.killpg(self.process.pid, number)

    def stop(self, within: float = STOP_WITHIN) -> None:
        """Ask politely, then end the whole group."""
        if self.is_running:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(within)
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()


class SignOfLife:
    """Judges the cluster by progress: a job that notes "now" must be run within PATIENCE."""

    def __init__(self):
        self.asked_at: float | None = None
        self.before = None
        self.next_question = time.monotonic() + ASK_EVERY

    def _last(self):
        from django.apps import apps

        lease = apps.get_model("wagtail_automation_leads", "Lease")
        return (
            lease.objects.filter(name=f"heartbeat:{SIGN_OF_LIFE}").values_list("beat_at", flat=True).first()
        )

    def is_lost(self) -> bool:
        """True when the last question has been waiting too long. Asks a new one from time to time."""
        from django.db import DatabaseError, close_old_connections

        from wagtail_automation import jobs

        now = time.monotonic()
        try:
            close_old_connections()
            if self.asked_at is not None and self._last() != self.before:
                self.asked_at, self.next_question = None, now + ASK_EVERY
            if self.asked_at is None and now >= self.next_question:
                self.before = self._last()
                jobs.enqueue("wagtail_automation.jobs.heartbeat", SIGN_OF_LIFE)
                self.asked_at = now
        except DatabaseError as error:
            say(f"The database does not answer: {error}")
            return False
        return self.asked_at is not None and now - self.asked_at > PATIENCE

    def forget(self) -> None:
        """A new cluster gets its own time."""
        self.asked_at, self.next_question = None, time.monotonic() + ASK_EVERY


def require_free(port: int, variable: str, what: str) -> None:
    """Ends the program with a clear message when somebody else listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            sys.exit(
                f"Port {port} ({what}) is taken, perhaps by another run of this site.\n"
                f"Stop that one, or choose another port: {variable}={port + 1} make run"
            )


def prepare() -> None:
    """Database and example data; a second start changes nothing."""
    import django

    django.setup()
    from django.core.management import call_command

    from example_site.migrating import new_models_alone

    say("Preparing the database …")
    with whole_database():
        with new_models_alone():
            call_command("migrate", verbosity=0, interactive=False)
        call_command("automation_demo", verbosity=1)


@contextlib.contextmanager
def whole_database():
    """A new SQLite database gets its name only when all is in it: who is interrupted begins again.

    (Half a migration cannot be taken up: SQLite does not roll back all of them.)
    """
    from django.db import connection

    final = connection.settings_dict["NAME"]
    if connection.vendor != "sqlite" or Path(final).exists():
        yield
        connection.close()
        return
    unfinished = Path(f"{final}.unfinished")
    for rest in unfinished.parent.glob(f"{unfinished.name}*"):
        rest.unlink()
    connection.settings_dict["NAME"] = unfinished
    yield
    connection.close()  # the last one: its log is written back
    unfinished.rename(final)
    connection.settings_dict["NAME"] = final


def wait_for_web(port: int, child: Child, seconds: float = 60) -> bool:
    """Whether the web server answers in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and child.is_running:
        try:
            urllib.request.urlopen(f"http://{HOST}:{port}/mailbox/", timeout=5).close()
            return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(0.3)
    return False


def greet(port: int, smtp_port: int) -> None:
    """Where everything is."""
    from example_site.demo.accounts import ACCOUNTS

    base = f"http://localhost:{port}"
    say()
    say(f"  The site          {base}/  ·  en français {base}/fr/")
    say(f"  Landing page      {base}/guide/")
    say(f"  Mailbox           {base}/mailbox/   (SMTP on port {smtp_port})")
    say(f"  Administration    {base}/admin/")
    for account in ACCOUNTS:
        say(f"      {account.role:<14} {account.username:<12} password  {account.password}")
    say()
    say("  Ctrl-C stops everything. Logs and data are in the folder var/ (or WA_DATA_DIR).")
    say()


def supervise(children: list[Child], logs: Path) -> None:
    """Until a signal comes: whatever exits or sleeps is started again, slower each time it fails at once."""
    cluster = next(child for child in children if child.name == "cluster")
    life = SignOfLife()
    while True:
        time.sleep(1)
        for child in children:
            if child.is_running:
                continue
            lived = time.monotonic() - child.start_at
            child.failures = child.failures + 1 if lived < 10 else 0
            code = child.process.returncode
            say(f"{child.name} ended (code {code}); starting it again. See {logs / child.name}.log")
            child.signal(signal.SIGKILL)  # what is left of its group
            time.sleep(min(2 ** max(child.failures - 1, 0) - 1, 30))
            child.start(logs)
            if child is cluster:
                life.forget()
        if life.is_lost():
            say("The cluster makes no progress; starting it again.")
            cluster.stop(within=3)
            cluster.start(logs)
            life.forget()


def _on_signal(number, frame):
    raise KeyboardInterrupt


def main() -> int:
    """Returns the exit code."""
    from django.conf import settings

    port, smtp_port = settings.PORT, settings.SMTP_PORT
    require_free(port, "WA_PORT", "web server")
    require_free(smtp_port, "WA_SMTP_PORT", "mail server")
    logs = settings.DATA_DIR / "log"
    logs.mkdir(exist_ok=True)
    signal.signal(signal.SIGTERM, _on_signal)
    children = [
        Child("mailbox", "mailbox_server"),
        Child("cluster", "qcluster"),
        Child("web", "runserver", "--noreload", "--insecure", "--skip-checks", f"{HOST}:{port}"),
    ]
    try:
        prepare()
        for child in children:
            child.start(logs)
        if not wait_for_web(port, children[-1]):
            say(f"The web server does not start. The reason is in {logs / 'web.log'}")
            return 1
        greet(port, smtp_port)
        supervise(children, logs)
    except KeyboardInterrupt:
        say("Stopping …")
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for child in children:
            if child.is_running:
                child.process.terminate()
        for child in children:
            child.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
