"""`make bench`: every benchmark suite on a fresh SQLite and a fresh PostgreSQL database of the example site.

The figures are printed and kept as JSON in `var/bench/`. `make bench SUITES="page" SCALE=1000
DATABASES=postgres` narrows it. The suite `personalisation` runs only when it is named: it installs another
package to compare with.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import postgres
from tests.rival import compare

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "var" / "bench"
RIVAL = "personalisation"


def say(text: str) -> None:
    """Tell the person at the terminal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def manage(environment: dict, *arguments: str, capture: bool = False) -> str:
    """Run a management command of the example site; its output if captured. Raises CalledProcessError."""
    done = subprocess.run(
        [sys.executable, "-m", "example_site.manage", *arguments],
        cwd=ROOT,
        env=environment,
        check=True,
        text=True,
        stdout=subprocess.PIPE if capture else None,
    )
    return done.stdout or ""


def measure(database: str, url: str, suites: list[str], scale: str) -> None:
    """All suites on one database."""
    with tempfile.TemporaryDirectory(prefix="wa-bench-") as folder:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "example_site.settings",
            "WA_DATA_DIR": folder,
            "WA_DB_URL": url,
            "WA_SMTP_PORT": str(free_port()),
        }
        say(f"\n=== {database}: making the database")
        manage(environment, "migrate", "--verbosity", "0")
        manage(environment, "automation_demo", "--leads", "0", "--verbosity", "0")
        if not suites:
            listed = manage(environment, "automation_bench", capture=True)
            suites = [name.strip() for name in listed.split(":", 1)[1].split(",")]
        for suite in suites:
            say(f"\n=== {database}: {suite}")
            more = ["--scale", scale] if scale else []
            output = manage(environment, "automation_bench", suite, *more, capture=True)
            say(output.strip())
            keep(suite, database, figures_in(output))


def figures_in(output: str) -> dict:
    """The JSON at the end of what a suite printed, which may have printed lines of JSON before."""
    return json.loads(output[f"\n{output}".rindex("\n{\n") :])


def keep(suite: str, database: str, figures: dict) -> None:
    """Write them down."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{suite}-{database}.json").write_text(json.dumps(figures, indent=1) + "\n")


def measure_rival(database: str, rounds: str) -> None:
    """Another package and this one on the same page, each on a database of its own."""
    urls = dict.fromkeys(compare.KINDS, "")
    if database == "postgres":
        urls = {kind: postgres.create_database("bench") for kind in compare.KINDS}
    say(f"\n=== {database}: {RIVAL}")
    try:
        with tempfile.TemporaryDirectory(prefix="wa-bench-") as folder:
            figures = compare.run(urls, Path(folder), rounds)
    finally:
        for url in filter(None, urls.values()):
            postgres.drop_database(url)
    say(compare.table(figures))
    keep(RIVAL, database, figures)


def main() -> None:
    """SQLite, then PostgreSQL."""
    suites, scale = os.environ.get("SUITES", "").split(), os.environ.get("SCALE", "")
    databases = os.environ.get("DATABASES", "sqlite postgres").split()
    if unknown := set(databases) - {"sqlite", "postgres"}:
        sys.exit(f"DATABASES may name sqlite and postgres, not {', '.join(sorted(unknown))}.")
    if RIVAL in suites:
        suites.remove(RIVAL)
        for database in databases:
            measure_rival(database, scale)
        if not suites:
            return
    if "sqlite" in databases:
        measure("sqlite", "", suites, scale)
    if "postgres" not in databases:
        return
    url = postgres.create_database("bench")
    try:
        measure("postgres", url, suites, scale)
    finally:
        postgres.drop_database(url)
    say(f"\nThe figures are in {RESULTS.relative_to(ROOT)}/.")


if __name__ == "__main__":
    main()
