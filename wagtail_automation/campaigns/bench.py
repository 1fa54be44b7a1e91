"""The benchmark suite ``engine``: many people through ENGINE.md's tree, against a loop over people and
against the bare statements.

All three do the same: the same questions, the same rows in list, events, outbox and log, the same points with
their history; whoever depends on what changed (segments) is told.
The loop is the natural way to write it (one person, one step, one transaction) and is extrapolated from
2,000 people; the floor is one statement per kind of row for everybody at once, without claim, chunks,
re-check or recovery – nobody could stop and resume it.
"""

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.db import connections

from wagtail_automation import clock, jobs, sql
from wagtail_automation.bench import peak_memory_mb, register_suite, timed
from wagtail_automation.messaging.models import Email, Message
from wagtail_automation.outbox import State as Outbox

from . import engine, retention
from .bench_rivals import Run, make_email, make_people
from .models import Campaign, State, StepLog
from .nudge import walking

SCALE, NAIVE = 100_000, 2000
#: The cost of a person is measured at each of these that is smaller than the scale, and at the scale.
SIZES = (10_000, 100_000)
#: Entries of the log that are pruned to see how fast it goes.
PRUNED = 500_000
HOURS = 4 * 3600


def by_engine(run: Run, workers: int) -> dict:
    """Walk a run with so many processes; seconds from the first claim to the last commit."""
    Campaign.objects.filter(pk=run.campaign.pk).update(state=State.RUNNING)
    code = f"import django; django.setup(); from {__name__} import work; work()"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE}
    children = [
        subprocess.Popen(  # noqa: S603  our own interpreter
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for _worker in range(workers)
    ]
    at_rest = max(float(child.stdout.readline()) for child in children)
    with timed() as watch:
        for child in children:
            child.stdin.write("go\n")
            child.stdin.flush()
        said = [json.loads(child.stdout.readline()) for child in children]
    for child in children:
        child.communicate()
    memory = max(row["memory_mb"] for row in said)
    cpu = sum(row["cpu"] for row in said)
    return {"seconds": watch.wall, "cpu": cpu, "memory_mb": memory, "at_rest_mb": at_rest}


def memory_mb() -> float:
    """The most this process had so far. Linux: VmHWM, since ru_maxrss is inherited from the parent."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return peak_memory_mb()
    return round(int(status.split("VmHWM:")[1].split()[0]) / 1024, 1)


def work() -> None:
    """A worker process: says how much memory it has, waits for a line, walks, says the most it had.

    It leaves the queue out, as the loop and the statements do; the beat would find the mail to send.
    """
    jobs.enqueue = lambda *args, **options: None
    sys.stdout.write(f"{memory_mb()}\n")
    sys.stdout.flush()
    sys.stdin.readline()
    with walking(), timed() as watch:
        engine.run(HOURS)
    sys.stdout.write(json.dumps({"memory_mb": memory_mb(), "cpu": watch.cpu}) + "\n")
    sys.stdout.flush()


@register_suite("engine")
def suite(scale: int | None, say) -> dict:
    """``scale`` people (100,000) by the engine, 2,000 by the loop, ``scale`` by bare statements."""
    count = scale or SCALE
    postgresql = sql.is_postgresql()
    say(f"Making {count:,} people with three page views each …")
    make_people(count)
    email = make_email()
    figures: dict = {"scale": count, "chunk": engine.chunk_size()}
    naive = min(NAIVE, count)
    say(f"A loop over {naive:,} people …")
    loop = Run(email, naive).by_loop()
    figures["loop_per_second"] = round(naive / loop.wall)
    say(f"  {figures['loop_per_second']:,} people a second")
    for workers in (1, 2) if postgresql else (1,):
        run = Run(email, count)
        connections.close_all()
        say(f"The engine, {workers} process(es) …")
        result = by_engine(run, workers)
        if left := run.enrollments.inside().count():
            raise RuntimeError(f"{left} people are left inside: the figures would be false")
        name = "engine" if workers == 1 else "engine_2"
        figures[f"{name}_seconds"] = round(result["seconds"], 2)
        figures[f"{name}_cpu"] = round(result["cpu"], 2)
        figures[f"{name}_per_second"] = round(count / result["seconds"])
        figures[f"{name}_steps_per_second"] = round(run.visits() / result["seconds"])
        figures[f"{name}_memory_mb"] = result["memory_mb"]
        figures["memory_at_rest_mb"] = result["at_rest_mb"]
        say(f"  {figures[f'{name}_per_second']:,} people a second, {result['memory_mb']} MB")
    figures["microseconds_per_person"] = {
        **{str(size): _microseconds(email, size, say) for size in SIZES if size < count},
        str(count): round(figures["engine_seconds"] / count * 1e6, 1),
    }
    say("The bare statements …")
    floor = Run(email, count).by_statements()
    figures["floor_seconds"] = round(floor.wall, 2)
    figures["times_the_loop"] = round(figures["engine_per_second"] / figures["loop_per_second"])
    figures["times_the_floor"] = round(figures["engine_seconds"] / floor.wall, 2)
    if not postgresql:  # all of it runs in these processes: a figure that a busy machine does not blur
        figures["times_the_loop_cpu"] = round(loop.cpu / naive / (figures["engine_cpu"] / count))
        figures["times_the_floor_cpu"] = round(figures["engine_cpu"] / floor.cpu, 2)
    if postgresql:
        figures["second_worker"] = round(figures["engine_seconds"] / figures["engine_2_seconds"], 2)
    figures |= _log_figures(say)
    rows = Message.objects.filter(email_version__email=email)
    rows.update(state=Outbox.CANCELLED)  # nobody shall send them
    say(
        f"Engine: {figures['times_the_loop']} times the loop, {figures['times_the_floor']} times the floor's "
        "time."
    )
    return figures


def _microseconds(email: Email, size: int, say) -> float:
    """What a person costs one worker when so many walk."""
    run = Run(email, size)
    connections.close_all()
    seconds = by_engine(run, 1)["seconds"]
    say(f"  {size:,} people: {seconds / size * 1e6:.0f} µs each")
    return round(seconds / size * 1e6, 1)


def _log_figures(say) -> dict:
    """What an entry of the step log takes, and how fast entries are pruned."""
    rows, size = StepLog.objects.count(), sql.storage_bytes(StepLog)
    gone = 0
    with timed() as watch:
        for count in retention.prune_step_log(clock.now() + dt.timedelta(days=1)):
            gone += count
            if gone >= PRUNED:
                break
    say(f"  {rows:,} entries of the log; {gone:,} pruned in {watch.wall:.1f} s")
    return {
        "log_rows": rows,
        "log_bytes_per_row": round(size / rows, 1) if size else None,
        "pruned_per_second": round(gone / watch.wall),
    }
