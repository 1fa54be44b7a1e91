"""``python -m tests.kill --database postgres``: the storm in full – 50 kills over 20,000 people.

PostgreSQL has three clusters, SQLite one. Ends with status 1 when anybody was lost or treated twice.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests import postgres
from wagtail_automation.testing.failpoints import POINTS

from .harness import Site
from .storm import Storm


def make_site(folder: Path, database: str, **options) -> Site:
    """A migrated site of its own on one of the databases."""
    if database == "sqlite":
        site = Site(folder, **options)
    else:
        url = postgres.create_database("wa_kill")
        postgres.do_not_wait_for_disk(url)  # clients are killed here, never the server
        site = Site(folder, url=url, clusters=3, workers=2, **options)
    site.manage("migrate", "--run-syncdb", "-v0")
    return site


def report(storm: Storm, result: dict) -> str:
    """Where each kill landed, what else happened, the verdict."""
    site = storm.site
    lines = ["    point   killed     log rows accepted open"]
    lines += [f"{number:3} {landing}" for number, landing in enumerate(site.landings, 1)]
    lines += [f"points: {dict(site.where())}", f"killed: {dict(Counter(x.how for x in site.landings))}"]
    lines += [f"meanwhile: {' '.join(map(str, said))}" for said in storm.said]
    lines += [f"{name}: {value}" for name, value in result.items()]
    return "\n".join(lines)


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["postgres", "sqlite"], default="postgres")
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument(
        "--mutant", default="", help="a wrong engine (tests/kill/mutants.py), to be found out"
    )
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="wa-kill-") as folder:
        os.environ.setdefault("WA_TEST_DIR", folder)
        site = make_site(Path(folder), options.database, mutant=options.mutant)
        storm = Storm(site, options.people, options.kills)
        try:
            result = storm.run()
        finally:
            site.close()
            if site.url:
                postgres.drop_database(site.url)
    sys.stdout.write(report(storm, result) + f"\n{time.monotonic() - began:.0f} s\n")
    missed = set(POINTS) - set(site.where())
    if missed or len(site.landings) < options.kills or result["wrong"]:
        sys.stdout.write(
            f"FAILED: {len(site.landings)} kills, never at {sorted(missed)}, {result['wrong']}\n"
        )
        return 1
    sys.stdout.write("Nobody was lost, nobody treated twice.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
