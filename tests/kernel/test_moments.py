"""Moments as people read them in the admin."""

import datetime as dt
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.utils import translation

import wagtail_automation
from wagtail_automation import clock
from wagtail_automation.admin.tables import ChangedColumn, MomentColumn
from wagtail_automation.templatetags.automation_admin import ago
from wagtail_automation.testing import clock as test_clock

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("before", "parts", "english", "french"),
    [
        (dt.timedelta(seconds=-5), 2, "just now", "à l’instant"),
        (dt.timedelta(seconds=59), 2, "just now", "à l’instant"),
        (dt.timedelta(minutes=1), 2, "1 minute ago", "il y a 1 minute"),
        (dt.timedelta(hours=2, minutes=5), 2, "2 hours, 5 minutes ago", "il y a 2 heures, 5 minutes"),
        (dt.timedelta(hours=2, minutes=5), 1, "2 hours ago", "il y a 2 heures"),
    ],
)
def test_how_long_ago(before, parts, english, french):
    with test_clock.freeze(NOW):
        for language, words in (("en", english), ("fr", french)):
            with translation.override(language):
                assert ago(clock.now() - before, parts).replace("\xa0", " ") == words


@pytest.mark.parametrize(
    ("column", "name"), [(MomentColumn("at"), "at"), (ChangedColumn(label="Updated"), "_updated_at")]
)
@pytest.mark.parametrize(
    ("before", "english", "french"),
    [
        (dt.timedelta(seconds=5), "Just now", "À l’instant"),
        (dt.timedelta(hours=2), "2 hours ago", "Il y a 2 heures"),
        (dt.timedelta(days=-3), "03/04/2026", "04/03/2026"),
        (None, "", ""),
    ],
)
def test_a_cell_says_it_in_the_language_of_the_reader(column, name, before, english, french):
    """Wagtail's own says « Il y a 0 minute » of the last minute, and “just now” of what is to come."""
    with test_clock.freeze(NOW):
        row = SimpleNamespace(**{name: None if before is None else clock.now() - before})
        for language, words in (("en", english), ("fr", french)):
            with translation.override(language):
                cell = column.get_cell(row).render_html({"request": None, "table": None, "row": {}})
            said = re.sub(r"<[^>]*>|\s+", " ", cell.replace("\xa0", " "))
            assert " ".join(said.split()).startswith(words) and (words or not said.strip())


def test_lists_use_the_columns_that_say_it_so():
    root = Path(wagtail_automation.__file__).parent
    used = re.compile(r"\b(?:DateColumn|UpdatedAtColumn)\(")
    assert not [
        path.name for path in root.rglob("*.py") if path.name != "tables.py" and used.search(path.read_text())
    ]
