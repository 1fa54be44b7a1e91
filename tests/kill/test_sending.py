"""The storm of the sender in small, and a sender without the lease that must be found out.

In full: ``python -m tests.kill.sending --database postgres``.
"""

import os

import pytest

from tests import postgres

from .sending import POINTS, storm

pytestmark = pytest.mark.slow

DATABASE = os.environ.get("WA_TEST_DB", "sqlite")


@pytest.fixture
def url():
    """Of an empty PostgreSQL database; empty for SQLite."""
    if DATABASE != "postgres":
        yield ""
        return
    made = postgres.create_database("wa_kill")
    postgres.do_not_wait_for_disk(made)  # clients are killed here, never the server
    yield made
    postgres.drop_database(made)


def test_nobody_is_lost_and_nobody_is_written_to_twice(tmp_path, url):
    # more than the two batches that each kill may leave in doubt
    result = storm(tmp_path, DATABASE, 360, len(POINTS), url=url)
    assert result["wrong"] == {}, result
    assert set(result["points"]) == set(POINTS)
    assert result["states"]["sent"] > 180
    assert result["server"]["repeated"] == result["of them accepted twice"] <= result["resent by a person"]
    assert 0 < result["resent by a person"] <= 20 * (len(POINTS) + 2) * 2


def test_a_sender_without_the_lease_is_found_out(tmp_path, url):
    result = storm(tmp_path, DATABASE, 60, 2, mutant="send_without_lease", url=url)
    assert result["wrong"].get("twice, and nobody chose it"), result
