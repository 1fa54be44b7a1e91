"""A row of the matrix repeats what another version may break, and leaves out what it cannot."""

import pytest

from tests import rows


@pytest.mark.parametrize(
    ("place", "fixtures", "repeated"),
    [
        ("tree/test_wagtail_contracts.py", [], True),
        ("catalogue/test_cases.py", ["answered"], True),
        ("architecture/test_foreign_leads.py", ["db"], True),
        ("leads/test_identify.py", ["db", "client"], True),  # whoever makes a request, wherever
        ("leads/test_identify.py", ["db", "admin_user"], True),
        ("messaging/test_blocks.py", ["db"], True),  # imports Wagtail's blocks
        ("leads/test_identify.py", ["db"], False),
        ("leads/test_comparisons.py", ["db"], False),
        ("architecture/test_source.py", [], False),
        ("audiences/test_membership_property.py", ["db"], False),
    ],
)
def test_what_a_row_repeats(place, fixtures, repeated):
    assert rows.is_repeated(rows.TESTS / place, fixtures) is repeated


def test_every_folder_of_the_list_is_there():
    assert all((rows.TESTS / name).is_dir() for name in rows.WHOLE)
    assert all((rows.TESTS / name).is_file() for name in rows.ALWAYS | rows.ELSEWHERE)
