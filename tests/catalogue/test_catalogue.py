"""The catalogue of the design against what is registered, and the contract of every registered class."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command

from wagtail_automation import catalogue
from wagtail_automation.activities import activities
from wagtail_automation.flow import flow_steps
from wagtail_automation.rules import conditions
from wagtail_automation.testing import contracts
from wagtail_automation.triggers import triggers

#: Parts of the design that are built; a part is added here with the work that brings it.
BUILT = {"foundation", "audiences", "engine", "commerce", "content", "messaging"}

#: What commerce needs beside the rows of the design.
BEYOND = {
    ("condition", "average_basket"),
    ("condition", "first_order"),
    ("condition", "last_order"),
    ("activity", "coupon_give"),
}

DESIGN = json.loads((Path(__file__).parent / "catalogue.json").read_text())
EXPECTED = {(row["kind"], row["key"]): row for row in DESIGN if row["part"] in BUILT}


def registered() -> dict:
    out = io.StringIO()
    call_command("automation_catalogue", format="json", stdout=out)
    return {(row["kind"], row["key"]): row for row in json.loads(out.getvalue())}


def test_every_row_of_the_built_parts_is_registered():
    assert not set(EXPECTED) - set(registered())


def test_whatever_is_registered_is_as_the_design_says():
    known = {(row["kind"], row["key"]): row for row in DESIGN}
    rows = registered()
    assert set(rows) - set(known) == BEYOND
    for place in set(rows) & set(known):
        row = rows[place]
        for name in ("app", "counted_from", "waitable"):
            if name in known[place]:
                assert row[name] == known[place][name], f"{place}: {name}"


@pytest.mark.parametrize(
    "cls",
    [cls for registry in (triggers, conditions, activities, flow_steps) for cls in registry],
    ids=lambda cls: cls.key,
)
def test_every_class_can_present_itself(cls, db):
    contracts.check_registered(cls)


@pytest.mark.parametrize("cls", list(triggers), ids=lambda cls: cls.key)
def test_every_trigger_names_its_event(cls, db):
    contracts.check_trigger(cls)


def test_the_catalogue_as_a_page():
    page = catalogue.markdown()
    assert "## condition" in page and "`page_visited`" in page
