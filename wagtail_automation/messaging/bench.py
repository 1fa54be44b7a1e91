"""The benchmark suite ``sending``: one worker hands emails over to an SMTP server that only counts, beside
Django's own way of doing it and the least that any Python process needs.

All three speak to the same strict server (``testing.smtp_sink``) in the same run. *Stock* does the same work
in the database – claim, checks, results, events, in the same statements – and writes each message with the
same templates as an ``EmailMultiAlternatives`` that Django's SMTP backend sends over one connection. The
*floor* knows finished bytes and one socket, and no database at all.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

from django.conf import settings
from django.db import connections

from wagtail_automation import jobs, sql
from wagtail_automation.bench import peak_memory_mb, register_suite, timed
from wagtail_automation.outbox import State
from wagtail_automation.testing.smtp_sink import SinkProcess

from . import bench_people, rendering, sender
from .models import Message
from .preparing import MessagePreparer

#: messages: at most by one worker of each round, and of the floor
SCALE, FIRST, FLOOR, ROUNDS = 20_000, 10_000, 3000, 3
FOREVER = 10**8


def by_floor(port: int, count: int, size: int) -> dict:
    """Finished bytes over one socket, each message in one piece."""
    line = b"x" * 76 + b"\r\n"
    body = line * (size // len(line))
    with socket.create_connection(("127.0.0.1", port)) as made, made.makefile("rb") as answers:
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def replies(*expected):
            for code in expected:
                while (line := answers.readline())[3:4] == b"-":
                    pass
                if int(line[:3]) != code:
                    raise RuntimeError(f"The server said {line!r}.")

        replies(220)
        made.sendall(b"EHLO floor\r\n")
        replies(250)
        with timed() as watch:
            for number in range(count):
                made.sendall(b"MAIL FROM:<n@example.com>\r\nRCPT TO:<u%d@example.com>\r\nDATA\r\n" % number)
                replies(250, 250, 354)
                made.sendall(
                    b"From: n@example.com\r\nTo: u%d@example.com\r\nMessage-ID: <%d@floor>\r\n"
                    b"Subject: floor\r\n\r\n%s.\r\n" % (number, number, body)
                )
                replies(250)
        made.sendall(b"QUIT\r\n")
    return {"wall": watch.wall, "cpu": watch.cpu, "count": count}


def work(way: str) -> None:
    """A worker process: waits for a line, sends what is due, says what it took and the most memory it had.

    It leaves the queue out: nobody else is to send what it has not reached yet.
    """
    jobs.enqueue = lambda *args, **options: None
    if way == "stock":
        MessagePreparer.fast = False
    rendering.message_urls(0, (), None)  # the site's addresses are read once in a worker's life
    sender.has_due()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    with timed() as watch:
        report = sender.send_due(FOREVER)
    said = {"wall": watch.wall, "cpu": watch.cpu, "sent": report.counts[State.SENT], "memory_mb": memory_mb()}
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def memory_mb() -> float:
    """The most this process had so far. Linux: VmHWM, since ru_maxrss is inherited from the parent."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return peak_memory_mb()
    return round(int(status.split("VmHWM:")[1].split()[0]) / 1024, 1)


def by_workers(count: int, email, *, way: str = "fast", workers: int = 1) -> dict:
    """Queue an email for so many people and have so many processes send it."""
    bench_people.queue(email, count)
    connections.close_all()
    with SinkProcess(settings.SMTP_PORT) as sink:
        code = f"import django; django.setup(); from {__name__} import work; work({way!r})"
        children = [
            subprocess.Popen(  # noqa: S603  our own interpreter
                [sys.executable, "-c", code],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE},
            )
            for _worker in range(workers)
        ]
        for child in children:
            child.stdout.readline()
        began = time.perf_counter()
        for child in children:
            child.stdin.write("go\n")
            child.stdin.flush()
        said = [json.loads(child.stdout.readline()) for child in children]
        wall = time.perf_counter() - began
        for child in children:
            child.communicate()
        seen = sink.stop()
    if seen["accepted"] != count or seen["repeated"] or sum(one["sent"] for one in said) != count:
        raise RuntimeError(f"Not each of {count} messages was sent once: {seen}, {said}")
    if Message.objects.filter(origin=bench_people.ORIGIN).exclude(state=State.SENT).exists():
        raise RuntimeError("A message that was sent does not say so.")
    return {
        "wall": wall if workers > 1 else said[0]["wall"],
        "cpu": sum(one["cpu"] for one in said),
        "memory_mb": max(one["memory_mb"] for one in said),
        "bytes": seen["bytes"] // count,
        "count": count,
    }


def _figures(name: str, result: dict) -> dict:
    return {
        f"{name}_per_second": round(result["count"] / result["wall"]),
        f"{name}_cpu_ms": round(result["cpu"] / result["count"] * 1000, 3),
    }


def _round(email, count: int) -> dict:
    """Stock, the worker and the floor, one right after the other: shared machines change from minute to
    minute, so that only neighbours are compared."""
    stock = by_workers(max(count // 5, 1), email, way="stock")
    fast = by_workers(count, email)
    with SinkProcess() as sink:
        floor = by_floor(sink.port, FLOOR, fast["bytes"])
    figures = {
        **_figures("stock", stock),
        **_figures("worker", fast),
        **_figures("floor", floor),
        "bytes": fast["bytes"],
        "memory_mb": fast["memory_mb"],
    }
    return figures | {
        "stock_cpu_times": round(figures["stock_cpu_ms"] / figures["worker_cpu_ms"], 2),
        "stock_wall_times": round(figures["worker_per_second"] / figures["stock_per_second"], 2),
        "floor_cpu_times": round(figures["worker_cpu_ms"] / figures["floor_cpu_ms"], 2),
    }


@register_suite("sending")
def suite(scale: int | None, say) -> dict:
    """``scale`` people (20,000). Three rounds of stock, one worker and the floor, of which the medians are
    told; then two workers; then one worker with them all."""
    count = scale or SCALE
    each = min(FIRST, count) // ROUNDS or 1
    say(f"Making {count:,} people …")
    bench_people.make_people(count)
    email = bench_people.make_email()
    figures: dict = {"scale": count, "load": os.getloadavg()[0], "links": bench_people.LINKS, "values": 3}
    rounds = []
    for number in range(ROUNDS):
        say(f"Stock, the worker and the floor, {each:,} messages, {number + 1} of {ROUNDS} …")
        rounds.append(_round(email, each))
    figures |= {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
    say("One worker and two …")
    one, two = by_workers(each, email), by_workers(2 * each, email, workers=2)
    say(f"The worker, {count:,} messages …")
    whole = by_workers(count, email)
    figures |= {
        **_figures("two_workers", two),
        "two_workers_times": round((two["count"] / two["wall"]) / (one["count"] / one["wall"]), 2),
        f"memory_mb_at_{count}": whole["memory_mb"],
        **_figures("worker_whole", whole),
        "rounds": rounds,
        "load_after": os.getloadavg()[0],
    }
    say(
        f"Sending: {figures['stock_cpu_times']} times less processor time than stock, "
        f"{figures['stock_wall_times']} times as fast; {figures['floor_cpu_times']} times the floor's."
    )
    sql.analyze(Message)
    return figures
