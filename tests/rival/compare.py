"""Run the comparison: install wagtail-personalisation beside us, ask the three kinds of site, one table."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
THEIRS = "wagtail-personalisation==1.0.0"
#: what it needs beyond what the benchmarks have installed; Wagtail and Django are those of all three kinds
NEEDS = (
    "pycountry",
    "ua-parser",
    "ua-parser-builtins",
    "user-agents",
    "wagtail-font-awesome-svg",
)
KINDS = ("bare", "theirs", "ours")


def install(folder: Path) -> None:
    """Into a folder of its own, once. Raises CalledProcessError where it cannot be had."""
    if (folder / "wagtail_personalisation").is_dir():
        return
    pip = [sys.executable, "-m", "pip", "install", "-qq", "--no-deps", "--target", str(folder)]
    subprocess.run([*pip, THEIRS, *NEEDS], check=True)


def ask(kind: str, environment: dict, url: str, folder: Path) -> dict:
    """The figures of one kind, from a process of its own on an empty database."""
    said = subprocess.run(
        [sys.executable, "-m", "tests.rival.measure"],
        cwd=ROOT,
        env={**environment, "WA_RIVAL": kind, "WA_DB_URL": url, "WA_DATA_DIR": str(folder)},
        check=True,
        text=True,
        stdout=subprocess.PIPE,
    ).stdout
    return json.loads(said)


def run(databases: dict[str, str], folder: Path, rounds: str) -> dict:
    """``databases``: an empty one for each kind, as URL ("" for SQLite in ``folder``)."""
    library = ROOT / "var" / "bench" / "personalisation"
    library.mkdir(parents=True, exist_ok=True)
    install(library)
    paths = [str(ROOT), str(library), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.rival.settings",
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        **({"WA_ROUNDS": rounds} if rounds else {}),
    }
    return {kind: ask(kind, environment, databases[kind], folder) for kind in KINDS}


def rows(figures: dict) -> list[list[str]]:
    """A row for each number of segments, page and request, as the documentation shows them."""
    found = []
    for kind in KINDS:
        for segments, pages in figures[kind]["segments"].items():
            for page, asked in pages.items():
                crawled = asked["rows_after_50_crawler_hits"]
                for who, cost in asked.items():
                    if who == "rows_after_50_crawler_hits":
                        continue
                    said = (who, cost["queries"], cost["writes"], cost["cpu_ms"])
                    headers = [cost[name] or "–" for name in ("set_cookie", "vary", "cache_control")]
                    left = sum(crawled.values())
                    found.append([kind, segments, page, *map(str, said), *headers, str(left)])
    return found


HEADINGS = ["site", "segments", "page", "request", "queries", "writes", "CPU ms", "Set-Cookie", "Vary",
            "Cache-Control", "rows after 50 crawler hits"]  # fmt: skip


def table(figures: dict) -> str:
    """The rows as a table in Markdown."""
    lines = [HEADINGS, ["---"] * len(HEADINGS), *rows(figures)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
