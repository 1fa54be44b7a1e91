"""The table of ``docs/reference/time.md``, row by row through a published campaign and the real engine."""

import datetime as dt
import json
from pathlib import Path

import pytest

from wagtail_automation.campaigns import actions
from wagtail_automation.campaigns.models import Enrollment
from wagtail_automation.testing import clock as test_clock

from .pieces import Tree

pytestmark = pytest.mark.django_db

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "time.md"
BORN = dt.date(1990, 2, 28)


def table() -> list[tuple]:
    rows = []
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 6 and cells[0] != "what":
            rows.append(tuple(cells))
    return rows


def moment(text: str) -> dt.datetime:
    return dt.datetime.strptime(f"{text} +0000", "%Y-%m-%d %H:%M %z")


def test_the_page_has_its_table():
    assert len(table()) >= 40
    assert {row[1] for row in table()} >= {"wait_days", "wait_minutes", "wait_weekday", "wait_after_date"}


@pytest.mark.parametrize("row", table(), ids=lambda row: row[0])
def test_the_table(campaign, people, walk, row):
    _what, step, config, zone, comes, goes_on = row
    (lead,) = people(1, time_zone="" if zone == "–" else zone, birth_date=BORN)
    with test_clock.freeze(moment(comes)):
        made = campaign(Tree().add(step, json.loads(config), name="step").do(1, name="after").json)
        actions.enroll(campaign=made, leads=[lead.pk])
        walk()
    rest = Enrollment.objects.get()
    lead.refresh_from_db()
    if goes_on == "leaves":
        assert (rest.left_reason in ("date_over", "no_date"), lead.score) == (True, 0)
        return
    if goes_on == "at once":
        assert (rest.left_reason, lead.score) == ("finished", 1)
        return
    assert rest.due_at == moment(goes_on)
    with test_clock.freeze(moment(goes_on) - dt.timedelta(seconds=1)):
        walk()
    assert Enrollment.objects.get().step_id
    with test_clock.freeze(moment(goes_on)):
        walk()
    lead.refresh_from_db()
    assert lead.score == 1


def test_a_window_that_closed_while_nobody_walked_is_waited_for_again(campaign, people, walk):
    """The campaign was paused over the weekend's eve: nobody goes on at night."""
    (lead,) = people(1, time_zone="Europe/Paris")
    window = {"weekdays": ["0", "1", "2", "3", "4"], "begin": "09:00", "end": "17:00"}
    with test_clock.freeze(moment("2026-03-09 20:00")):
        made = campaign(Tree().add("wait_weekday", window).do(1).json)
        actions.enroll(campaign=made, leads=[lead.pk])
        walk()
    assert Enrollment.objects.get().due_at == moment("2026-03-10 08:00")
    with test_clock.freeze(moment("2026-03-13 22:00")):
        walk()
    assert Enrollment.objects.get().due_at == moment("2026-03-16 08:00")
    with test_clock.freeze(moment("2026-03-16 10:00")):
        walk()
    assert Enrollment.objects.get().left_reason == "finished"
