"""``python -m tests.kill.sending --database postgres``: the sender killed 20 times over 5,000 messages.

The mail server (``testing.smtp_sink``) is slow, drops connections after DATA and answers 421, 450 and 550 at
random. Each kill -9 waits for its share of the messages and then for a failpoint – taken in hand, accepted,
results not committed – or comes at any moment. In the end a person resends half of what is doubtful. Ends
with status 1 when anybody is lost, written to twice without a person's choice, or has a wrong reason.
"""

import argparse
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests import postgres
from wagtail_automation.testing import failpoints
from wagtail_automation.testing.smtp_sink import SinkProcess

ROOT = Path(__file__).resolve().parents[2]
MOODS = {"slow": 1, "drop": 0.01, "answer": "421:0.002,450:0.03,550:0.02"}
POINTS = (*failpoints.SENDING, "any")
HOUR = 3600
#: seconds in which something must happen
PATIENCE = 120
WORLD = "import django; django.setup(); from tests.kill import sending_world as world; "


class SenderStorm:
    """A site with so many messages, senders that are killed, and the verdict."""

    def __init__(self, folder: Path, *, url: str = "", mutant: str = "", senders: int = 1, seed: int = 1):
        self.folder, self.senders, self.rng = folder, senders, random.Random(seed)
        self.points, self.log = folder / "points", folder / "accepted.log"
        self.points.mkdir()
        self.log.touch()
        self.sink = SinkProcess(log=self.log, seed=seed, **MOODS)
        self.children: list[subprocess.Popen] = []
        self.landings: list[str] = []
        self.offset = 0
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "tests.kill.settings",
            "KILL_FOLDER": str(folder),
            "KILL_DB_URL": url,
            "KILL_SMTP_PORT": str(self.sink.port),
            "KILL_MUTANT": mutant,
            failpoints.VARIABLE: str(self.points),
        }

    def run(self, messages: int, kills: int) -> dict:
        """Everything from the empty database to the verdict."""
        self.say("make", messages)
        turns = itertools.cycle(POINTS)
        for number in range(kills):
            self.until_accepted(messages * 0.9 * number / kills)
            self.strike(next(turns))
        self.until_done()
        resent = self.say("resend")["resent"]
        self.until_done()
        self.close()
        report = self.sink.stop()
        accepted = [line.split()[2].strip("<>") for line in self.log.read_text().splitlines()]
        (self.folder / "known.json").write_text(json.dumps({"accepted": accepted, "resent": resent}))
        return {**self.say("judge", messages), "server": report, "points": dict(Counter(self.landings))}

    def say(self, name: str, *arguments) -> dict:
        """A function of ``sending_world`` in a process of its own, without failpoints; its result."""
        words = ", ".join(map(repr, arguments))
        code = f"{WORLD}import json; print(json.dumps(world.{name}({words})))"
        environment = {**self.environment, failpoints.VARIABLE: "", "KILL_MUTANT": ""}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    # -- senders ----------------------------------------------------------------------------------
    def start(self) -> None:
        """As many senders as there should be."""
        self.children = [child for child in self.children if child.poll() is None]
        with (self.folder / "senders.log").open("a") as log:
            while len(self.children) < self.senders:
                command = [sys.executable, "-c", f"{WORLD}world.work()"]
                self.children.append(
                    subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
                )

    def kill(self, pid: int) -> None:
        child = next(one for one in self.children if one.pid == pid)
        child.kill()
        child.wait()

    def close(self) -> None:
        for child in self.children:
            child.kill()
            child.wait()
        self.children = []

    def strike(self, point: str) -> None:
        """Kill -9 of a sender: at a point, or at any moment."""
        self.start()
        if point == "any":
            self.until_accepted(self.accepted() + 1)
            time.sleep(self.rng.random() / 20)
            self.kill(self.rng.choice([one.pid for one in self.children if one.poll() is None]))
        else:
            reached = self.points / f"{point}.reached"
            reached.unlink(missing_ok=True)
            (self.points / f"{point}.hold").touch()
            self.wait(reached.exists, f"nobody reached {point}")
            self.kill(int(reached.read_text()))
        self.landings.append(point)

    # -- waiting ----------------------------------------------------------------------------------
    def accepted(self) -> int:
        return self.log.read_bytes().count(b"\n")

    def until_accepted(self, count: float) -> None:
        self.wait(lambda: self.accepted() >= count, f"fewer than {count} accepted")

    def until_done(self) -> None:
        """Until nothing waits and nothing is in hand."""
        self.wait(lambda: self.told() == "done", "not all sent")

    def wait(self, enough, what: str) -> None:
        """Until ``enough()``; senders that ended are started again, and where all wait the clock moves on."""
        end, last = time.monotonic() + PATIENCE, self.accepted()
        while not enough():
            self.start()
            if self.accepted() != last:
                end, last = time.monotonic() + PATIENCE, self.accepted()
            if self.idle():
                self.move_clock(HOUR)
                end = max(end, time.monotonic() + PATIENCE / 2) if self.offset < 2000 * HOUR else end
            assert time.monotonic() < end, f"{what}\n{(self.folder / 'senders.log').read_text()[-3000:]}"
            time.sleep(0.02)

    def idle(self) -> bool:
        """A sender said that nothing is due, nothing in hand, and something waits for its hour."""
        return self.told() == f"waiting {self.offset}"

    def told(self) -> str:
        """The last word of a sender; empty before the first, which may be killed before it says any."""
        try:
            return (self.folder / "idle").read_text()
        except FileNotFoundError:
            return ""

    def move_clock(self, seconds: int) -> None:
        self.offset += seconds
        draft = self.folder / "clock.draft"
        draft.write_text(str(self.offset))
        draft.replace(self.folder / "clock")


def storm(folder: Path, database: str, messages: int, kills: int, *, mutant: str = "", url: str = "") -> dict:
    """The verdict of one storm on a fresh database; ``url``: of an empty one with tables."""
    made = SenderStorm(folder, url=url, mutant=mutant, senders=2 if database == "postgres" else 1)
    try:
        return made.run(messages, kills)
    finally:
        made.close()
        made.sink.__exit__()


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["postgres", "sqlite"], default="postgres")
    parser.add_argument("--messages", type=int, default=5_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument(
        "--mutant", default="", help="a wrong sender (tests/kill/mutants.py), to be found out"
    )
    options = parser.parse_args()
    began, url = time.monotonic(), ""
    with tempfile.TemporaryDirectory(prefix="wa-kill-") as folder:
        os.environ.setdefault("WA_TEST_DIR", folder)
        if options.database == "postgres":
            url = postgres.create_database("wa_kill")
            postgres.do_not_wait_for_disk(url)  # clients are killed here, never the server
        try:
            result = storm(
                Path(folder), options.database, options.messages, options.kills,
                mutant=options.mutant, url=url,
            )  # fmt: skip
        finally:
            if url:
                postgres.drop_database(url)
    sys.stdout.write("".join(f"{name}: {value}\n" for name, value in result.items()))
    sys.stdout.write(f"{time.monotonic() - began:.0f} s\n")
    if result["wrong"]:
        sys.stdout.write("FAILED\n")
        return 1
    sys.stdout.write("Nobody was lost, nobody got it twice but by a person's choice.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
