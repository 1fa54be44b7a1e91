"""The storm in small – twenty kills with -9, at every point – and mutants that must be found out.

The unique keys of step log and outbox are dropped during the run, so that nothing but the engine's
transactions can keep anybody from being treated twice. In full: ``python -m tests.kill --database postgres``.
"""

import os
import shutil

import pytest

from tests import postgres
from wagtail_automation.testing.failpoints import POINTS

from .__main__ import report
from .harness import Site
from .storm import Storm

pytestmark = pytest.mark.slow

#: Each run of the tests kills on its own database.
DATABASE = os.environ.get("WA_TEST_DB", "sqlite")
PEOPLE, KILLS, STORMS = 1000, 20, 3


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
        folder = tmp_path / f"site{len(made)}"
        folder.mkdir()
        if database == "postgres":
            url = postgres.copy_database(request.getfixturevalue("migrated_url"))
            postgres.do_not_wait_for_disk(url)
            urls.append(url)
            site = Site(folder, url=url, **options)
        else:
            shutil.copy(request.getfixturevalue("migrated_file"), folder / "db.sqlite3")
            site = Site(folder, **options)
        made.append(site)
        return site

    yield make
    for site in made:
        site.close()
    for url in urls:
        postgres.drop_database(url)


@pytest.mark.parametrize("database", [DATABASE])
def test_nobody_is_lost_and_nobody_treated_twice(make_site, database, capsys):
    """A machine may be done before the last kills of a storm have found their point: then another is made."""
    landed, points = 0, set()
    for _storm in range(STORMS):
        site = make_site(database, **({"clusters": 3, "workers": 2} if database == "postgres" else {}))
        storm = Storm(site, PEOPLE, KILLS)
        result = storm.run()
        with capsys.disabled():
            print(f"\n{database}\n{report(storm, result)}")  # noqa: T201
        assert result["wrong"] == {}
        assert result["merged"] >= 20 and len(storm.erased) == 20
        # who was merged before it was its turn to enter is not among them
        assert 0 <= PEOPLE - len(storm.erased) - result["enrollments"] <= result["merged"]
        assert result["versions"] >= 3 and result["moved"] > 0
        # at most a batch of messages is in doubt for each sender that was killed, or whose clock jumped
        assert result["doubtful"] <= 20 * 6 * (KILLS + 6)
        assert result["doubtful and handed over"] >= 2
        landed += len(site.landings)
        points |= set(site.where())
        if landed >= KILLS and points == set(POINTS):
            break
    assert landed >= KILLS
    assert points == set(POINTS)


COMMITS = {"kills": 2, "walking": ("commit",), "sending": (), "waves": 1}
MUTANTS = [
    ("commit_between", "sqlite", COMMITS, "twice at a step"),
    ("commit_between", "postgres", COMMITS, "twice at a step"),
    ("claim_without_lock", "postgres", {"kills": 0, "waves": 1}, "twice at a step"),
    (
        "send_without_lease",
        "sqlite",
        {"kills": 2, "walking": (), "sending": ("data",), "waves": 1},
        "handed over twice",
    ),
]


@pytest.mark.parametrize(
    ("mutant", "database", "kills", "fault"), [mutant for mutant in MUTANTS if mutant[1] == DATABASE]
)
def test_mutants_are_found_out(make_site, mutant, database, kills, fault):
    result = Storm(make_site(database, mutant=mutant), 300, calm=True, **kills).run()
    assert fault in result["wrong"], result
