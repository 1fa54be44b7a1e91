"""The example site as ``make run`` starts it: web server, qcluster and SMTP server as real processes."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import browsers

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class RunningSite:
    """A started example site. ``clock``: file whose seconds are added to the clock of all its processes."""

    url: str
    clock: Path
    log: Path
    environment: dict

    def manage(self, *arguments: str) -> str:
        """Run a management command of the site in a process of its own; its output."""
        done = subprocess.run(
            [sys.executable, "-m", "example_site.manage", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def move_clock(self, seconds: int) -> None:
        draft = self.clock.with_suffix(".new")
        draft.write_text(str(seconds))
        draft.replace(self.clock)


@pytest.fixture
def running_site(tmp_path, request):
    """The example site with its demo data, on the database of this test run."""
    port, smtp_port = free_port(), free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "example_site.settings",
        "WA_PORT": str(port),
        "WA_SMTP_PORT": str(smtp_port),
        "WA_DATA_DIR": str(tmp_path / "data"),
        "WA_CLOCK_FILE": str(tmp_path / "clock"),
        "WA_DB_URL": "",
    }
    if os.environ.get("WA_TEST_DB") == "postgres":
        environment["WA_DB_URL"] = request.getfixturevalue("postgres_url")
    log = tmp_path / "site.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "example_site.run"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    site = RunningSite(f"http://localhost:{port}", tmp_path / "clock", log, environment)
    try:
        wait_until_up(site, process)
        yield site
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def wait_until_up(site: RunningSite, process, seconds: int = 900) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert process.poll() is None, site.log.read_text()
        try:
            with urllib.request.urlopen(site.url + "/", timeout=5) as answer:  # noqa: S310  localhost
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.5)
    raise AssertionError("the example site did not start:\n" + site.log.read_text())


@pytest.fixture
def browser(chromium_path):
    """A real Chromium."""
    browser = browsers.shared(chromium_path)
    yield browser
    browsers.close_contexts()
