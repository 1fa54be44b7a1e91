"""``automation_bench import``: rows a second and memory, beside a loop over rows and bare inserts."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connections, transaction

from wagtail_automation import clock, jobs, sql
from wagtail_automation.bench import peak_memory_mb, register_suite, timed

from . import actions
from .files import storage
from .imports import querysets
from .imports.runner import run_import
from .models import CustomField, Identifier, ImportRun, Lead

SCALE = 100_000
NAIVE = 1000
HEADER = ["email", "first_name", "last_name", "company", "city", "bench_plan", "newsletter"]
TARGETS = [
    "id.email", "field.first_name", "field.last_name", "field.company", "field.city", "field.bench_plan",
    "consents.email",
]  # fmt: skip
CITIES = ("Lyon", "Nîmes", "Orléans", "Besançon", "Châlons", "Metz")


def row(mark: str, number: int) -> list[str]:
    """One made-up person; accents in half of the values, as in life."""
    return [
        f"{mark}.{number}@bench.example", f"Zoé{number % 997}", f"Dupré-{number}", f"Société {number % 5000}",
        CITIES[number % len(CITIES)], "Pro" if number % 3 else "Basic", "yes" if number % 4 else "no",
    ]  # fmt: skip


def make_run(mark: str, count: int) -> ImportRun:
    """An import of so many new people, ready to begin."""
    lines = (",".join(row(mark, number)) + "\n" for number in range(count))
    head = (",".join(HEADER) + "\n",)
    upload = storage.create("bench.csv", (line.encode() for part in (head, lines) for line in part))
    user = get_user_model()._default_manager.filter(is_superuser=True).first()
    if user is None:
        user = get_user_model()._default_manager.create_superuser(
            **{get_user_model().USERNAME_FIELD: "bench"}, password=uuid.uuid4().hex
        )
    return ImportRun.objects.create(
        user=user,
        kind="people",
        name="bench.csv",
        upload=upload,
        format={"kind": "csv", "encoding": "utf-8", "separator": ",", "skip": 0, "has_header": True},
        header=HEADER,
        columns=[{"target": target, "policy": ""} for target in TARGETS],
        options={"policy": "overwrite", "who": "all", "on_error": "refuse", "consents_text": "bench"},
        state="queued",
    )


def measure(run: ImportRun) -> dict:
    """Import in a process of its own; seconds, processor seconds and the most memory it had."""
    code = f"import django; django.setup(); from {__name__} import child; child({run.pk})"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE}
    connections.close_all()
    done = subprocess.run(  # noqa: S603  our own interpreter
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    run.refresh_from_db()
    if run.state != "done":
        raise RuntimeError(f"The import ended as {run.state}: {run.problem}")
    return json.loads(done.stdout.strip().splitlines()[-1]) | {"counts": run.counts}


def child(pk: int) -> None:
    """What the process does. It leaves the queue out, as the loop and the bare inserts do."""
    jobs.enqueue = lambda *args, **options: None
    with timed() as watch:
        run_import(pk, seconds=10**9)
    try:  # Linux: ru_maxrss is inherited from the parent
        memory = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024
    except OSError:
        memory = peak_memory_mb()
    sys.stdout.write(
        json.dumps({"seconds": watch.wall, "cpu": watch.cpu, "memory_mb": round(memory, 1)}) + "\n"
    )


def by_loop(mark: str, count: int):
    """One row, one transaction, as a form would do it."""
    now = clock.now()
    with timed() as watch:
        for number in range(count):
            email, first, last, company, city, plan, consent = row(mark, number)
            lead = actions.create_known(
                identifiers={"email": email},
                fields={
                    "first_name": first, "last_name": last, "company": company, "city": city,
                    "bench_plan": plan,
                },
                source="bench",
                now=now,
            )  # fmt: skip
            actions.record_consent(
                lead=lead, subject="email", granted=consent == "yes", how="import", now=now
            )
    return watch


def bare(mark: str, count: int):
    """The same leads, identifiers and consents by the fastest way in that the database has, then undone."""
    with timed() as watch, transaction.atomic():
        querysets.bare_insert([row(mark, number) for number in range(count)], clock.now())
        transaction.set_rollback(True)
    return watch


@register_suite("import")
def suite(scale: int | None, say) -> dict:
    """``scale`` rows (100,000) and a tenth of them, again (all known), 1,000 by a loop, ``scale`` bare."""
    count = scale or SCALE
    mark = uuid.uuid4().hex[:8]
    CustomField.objects.get_or_create(
        key="bench_plan", defaults={"label": "Plan", "type": "choice", "choices": ["Basic", "Pro"]}
    )
    figures: dict = {"scale": count}
    naive = min(NAIVE, count)
    say(f"A loop over {naive:,} rows …")
    loop = by_loop(f"l{mark}", naive)
    figures["loop_rows_per_second"] = round(naive / loop.wall)
    say(f"  {figures['loop_rows_per_second']:,} rows a second")
    for name, number in (("tenth", max(1, count // 10)), ("whole", count)):
        say(f"Importing {number:,} rows …")
        result = measure(make_run(f"{name}{mark}", number))
        figures[f"{name}_rows_per_second"] = round(number / result["seconds"])
        figures[f"{name}_memory_mb"] = result["memory_mb"]
        figures[f"{name}_cpu"] = round(result["cpu"], 2)
        say(f"  {figures[f'{name}_rows_per_second']:,} rows a second, {result['memory_mb']} MB")
    say("The same file again …")
    again = measure(make_run(f"whole{mark}", count))
    if again["counts"]["unchanged"] != count:
        raise RuntimeError(f"Not everybody was known: {again['counts']}")
    figures["again_rows_per_second"] = round(count / again["seconds"])
    say(f"  {figures['again_rows_per_second']:,} rows a second")
    say("Bare inserts …")
    floor = bare(f"f{mark}", count)
    figures["floor_rows_per_second"] = round(count / floor.wall)
    figures["times_the_loop"] = round(figures["whole_rows_per_second"] / figures["loop_rows_per_second"], 1)
    figures["times_the_floor"] = round(figures["floor_rows_per_second"] / figures["whole_rows_per_second"], 1)
    figures["memory_growth_mb"] = round(figures["whole_memory_mb"] - figures["tenth_memory_mb"], 1)
    sql.analyze(Lead, Identifier)
    say(
        f"Import: {figures['times_the_loop']} times the loop, {figures['times_the_floor']} times the floor's "
        "time."
    )
    return figures
