"""Kill -9, twenty times, at every point; and three mutants that must be found out.

The unique keys of step log and outbox are dropped during the run, so that nothing but the engine's
transactions can keep anybody from being treated twice. The engine does thousands of people a second, far
too fast for random kills: each kill waits for a share of the work, then for a failpoint.
"""

import os
import shutil

import pytest

from tests import postgres

from .harness import Site

pytestmark = pytest.mark.slow

#: Each run of the tests kills on its own database.
DATABASE = os.environ.get("WA_TEST_DB", "sqlite")
PEOPLE = 3000
#: Twenty kills; before and after the wait. "data" is between the SMTP server's yes and our note of it: last
#: in each half, since meanwhile the engine would run out of people to be killed with.
BEFORE_WAIT = ("claim", "act", "log", "commit", "claim", "act", "log", "commit", "data", "data")
AFTER_WAIT = ("commit", "log", "act", "claim", "act", "commit", "claim", "log", "data", "data")
#: Rows of the log per person before the wait (question and jump, or question, list, email) and in all.
ROWS_BEFORE, ROWS_IN_ALL = 2.3, 5.5


@pytest.fixture(scope="module")
def migrated_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("migrated")
    site = Site(folder)
    site.manage("migrate", "--run-syncdb", "-v0")
    site.close()
    return folder / "db.sqlite3"


@pytest.fixture(scope="module")
def migrated_url(tmp_path_factory):
    url = postgres.create_database("wa_kill")
    postgres.do_not_wait_for_disk(url)  # clients are killed here, never the server
    site = Site(tmp_path_factory.mktemp("migrated"), url=url)
    site.manage("migrate", "--run-syncdb", "-v0")
    site.close()
    yield url
    postgres.drop_database(url)


@pytest.fixture
def make_site(tmp_path, request):
    """A migrated site of its own on one of the databases."""
    made, urls = [], []

    def make(database: str, **options) -> Site:
        if database == "postgres":
            url = postgres.copy_database(request.getfixturevalue("migrated_url"))
            postgres.do_not_wait_for_disk(url)
            urls.append(url)
            site = Site(tmp_path, url=url, **options)
        else:
            shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "db.sqlite3")
            site = Site(tmp_path, **options)
        made.append(site)
        return site

    yield make
    for site in made:
        site.close()
    for url in urls:
        postgres.drop_database(url)


def run(site: Site, people: int, before: tuple, after: tuple) -> dict:
    """Kill before the wait, let everybody come to it, move the clock, kill after it, finish, judge."""
    assert site.world("people", str(people)) == {"entered": people}
    for number, point in enumerate(before):
        site.kill_at(point, int(people * ROWS_BEFORE * number / (len(before) + 1)))
    site.finish_wave(last=False)
    site.move_clock(600)
    rest = ROWS_IN_ALL - ROWS_BEFORE
    for number, point in enumerate(after):
        site.kill_at(point, int(people * (ROWS_BEFORE + rest * number / (len(after) + 1))))
    site.finish_wave(last=True)
    return site.verdict()


@pytest.mark.parametrize("database", [DATABASE])
def test_nobody_is_lost_and_nobody_treated_twice(make_site, database, capsys):
    site = make_site(database)
    result = run(site, PEOPLE, BEFORE_WAIT, AFTER_WAIT)
    with capsys.disabled():
        print(f"\n{database}: killed at (rows of the log committed then):")  # noqa: T201
        print("  " + ", ".join(f"{point} ({rows})" for point, rows in site.killed_at))  # noqa: T201
        print(f"  {dict(site.where())}\n  {result}")  # noqa: T201
    assert sum(site.where().values()) == 20
    assert min(site.where().values()) >= 2 and len(site.where()) == 5
    assert result["wrong"] == {}
    assert result["enrollments"] == PEOPLE
    # at most a batch of messages is in doubt for each kill, whichever point it landed on
    assert result["doubtful"] <= 20 * 3 * 20
    assert result["doubtful and handed over"] >= 4


MUTANTS = [
    ("commit_between", "sqlite", ("commit", "commit"), "twice at a step"),
    ("commit_between", "postgres", ("commit", "commit"), "twice at a step"),
    ("claim_without_lock", "postgres", (), "twice at a step"),
    ("send_without_lease", "sqlite", ("data", "data"), "handed over twice"),
]


@pytest.mark.parametrize(
    ("mutant", "database", "kills", "fault"), [mutant for mutant in MUTANTS if mutant[1] == DATABASE]
)
def test_mutants_are_found_out(make_site, mutant, database, kills, fault):
    site = make_site(database, mutant=mutant)
    result = run(site, 400, kills, ())
    assert fault in result["wrong"], result
