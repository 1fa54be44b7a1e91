"""A strict, fast SMTP server on loopback that counts what it accepts, and can misbehave on purpose.

``python -m wagtail_automation.testing.smtp_sink --port 2525 [--slow MS] [--drop P] [--answer 421:P,450:P]``

Speaks ESMTP with PIPELINING and 8BITMIME; refuses a bare LF and lines over 998 octets (RFC 5321 §4.5.3.1.6).
``--log FILE`` gets a line for each accepted message: seconds, recipient, Message-ID, size; ``--keep FILE``
each message as it came, with a line ``.`` behind it. On SIGTERM it prints one line of JSON. Probabilities
are for each message; ``--drop`` closes the connection after DATA was received and before the answer: the
sender cannot know.
"""

import argparse
import asyncio
import json
import random
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

#: octets of a line with its end
LONGEST = 1000


class Sink:
    """One server: its mood, and what it has seen."""

    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)  # noqa: S311  a mood, no secret
        pairs = (part.split(":") for part in options.answer.split(",") if part)
        self.answers = [(int(code), float(share)) for code, share in pairs]
        self.counts = {"accepted": 0, "repeated": 0, "refused": 0, "dropped": 0, "bytes": 0}
        self.keys: set = set()
        self.times: list[float] = []
        # open as long as the process lives
        self.log = Path(options.log).open("a", buffering=1) if options.log else None  # noqa: SIM115
        self.kept = Path(options.keep).open("ab", buffering=0) if options.keep else None  # noqa: SIM115

    async def serve(self, reader, writer):
        """One connection."""
        try:
            await self._converse(reader, writer)
        except (ConnectionError, ValueError):
            pass
        finally:
            with suppress(ConnectionError):
                await writer.drain()
            writer.close()

    async def _converse(self, reader, writer):
        def say(line):
            writer.write(line.encode() + b"\r\n")

        say("220 sink ESMTP")
        recipients: list[str] = []
        while True:
            await writer.drain()
            line = await reader.readline()
            verb = line[:4].upper()
            if not line:
                return
            if not line.endswith(b"\r\n"):
                say("500 bare LF")
            elif verb == b"EHLO":
                say("250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 26214400")
            elif verb in (b"HELO", b"NOOP", b"RSET", b"MAIL"):
                recipients = [] if verb in (b"RSET", b"MAIL") else recipients
                say("250 ok")
            elif verb == b"RCPT":
                recipients.append(line.strip().decode("utf-8", "replace")[8:].strip("<> "))
                say("250 ok")
            elif verb == b"DATA":
                say("354 go")
                await writer.drain()
                answer = await self._take(reader, recipients)
                if answer:
                    say(answer)
                if not answer or answer.startswith("421"):
                    return
            else:
                say("221 bye" if verb == b"QUIT" else "502 no")
                if verb == b"QUIT":
                    return

    async def _take(self, reader, recipients) -> str:
        """Read a message; the answer to it, empty for none at all."""
        size, identity, in_head, problem, rows = 0, "", True, "", []
        while True:
            row = await reader.readline()
            if not row:
                return ""
            if row == b".\r\n":
                break
            size += len(row)
            if len(row) > LONGEST:
                problem = "500 line too long (RFC 5321 4.5.3.1.6)"
            elif not row.endswith(b"\r\n"):
                problem = "500 bare LF"
            in_head = in_head and row != b"\r\n"
            if in_head and row[:11].lower() == b"message-id:":
                identity = row[11:].strip().decode("ascii", "replace")
            if self.kept:
                rows.append(row[1:] if row.startswith(b"..") else row)
        if self.options.slow:
            await asyncio.sleep(self.options.slow / 1000)
        bad = next((code for code, share in self.answers if self.random.random() < share), None)
        if problem or bad:
            self.counts["refused"] += 1
            return problem or f"{bad} by request"
        self._accept((tuple(recipients), identity), size, rows)
        if self.random.random() < self.options.drop:
            self.counts["dropped"] += 1
            return ""
        return "250 accepted"

    def _accept(self, key, size: int, rows: list[bytes]) -> None:
        self.counts["repeated"] += key in self.keys
        self.counts["accepted"] += 1
        self.counts["bytes"] += size
        self.keys.add(key)
        self.times.append(time.monotonic())
        if self.log:
            self.log.write(f"{self.times[-1]:.3f} {','.join(key[0])} {key[1]} {size}\n")
        if self.kept:
            self.kept.write(b"".join(rows) + b".\r\n")

    def report(self) -> dict:
        """What it has seen so far."""
        seconds = round(self.times[-1] - self.times[0], 3) if len(self.times) > 1 else 0
        return {**self.counts, "distinct_keys": len(self.keys), "seconds": seconds}


class SinkProcess:
    """The server in a process of its own: ``port``, and ``stop()`` returns its report. Options are those of
    the command line."""

    def __init__(self, port: int = 0, **options):
        self.port = port or free_port()
        more = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter
            [sys.executable, "-m", __spec__.name, "--port", str(self.port), *more],
            stdout=subprocess.PIPE,
            text=True,
        )
        end = time.monotonic() + 20
        while not self._answers():
            if time.monotonic() > end or self._process.poll() is not None:
                raise RuntimeError("The SMTP sink did not start.")
            time.sleep(0.02)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> dict:
        """End it; what it has seen. A repeat raises ValueError."""
        self._process.terminate()
        said, _nothing = self._process.communicate(timeout=30)
        return json.loads(said)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def _run(sink: Sink, port: int) -> None:
    server = await asyncio.start_server(sink.serve, "127.0.0.1", port, limit=1 << 20)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with server:
        await stop.wait()
    sys.stdout.write(json.dumps(sink.report()) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=2525)
    parser.add_argument("--log")
    parser.add_argument("--keep")
    parser.add_argument("--slow", type=float, default=0)
    parser.add_argument("--drop", type=float, default=0)
    parser.add_argument("--answer", default="")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    asyncio.run(_run(Sink(options), options.port))


if __name__ == "__main__":
    main()
