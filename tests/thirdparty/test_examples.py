"""The tiny apps of the documentation, installed as a site would install them."""

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import prepare
from tests import settings as test_settings

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"
NAMES = ("acme_birthdays", "acme_club", "acme_letters")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """What happened in a new process with all of them; tests running side by side read one report."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if run is None:
        return use_them(tmp_path_factory)
    kept = Path(test_settings.RUN_DIR, f"thirdparty-{run}.json")
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_text(json.dumps(use_them(tmp_path_factory)))
    return json.loads(kept.read_text())


def use_them(tmp_path_factory) -> dict:
    """Install them into a folder and use them in a new process."""
    target = tmp_path_factory.mktemp("installed")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check",
         "--target", target, *(EXAMPLES / name for name in NAMES)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")  # the database is called after the folder
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(target)]),
        "DJANGO_SETTINGS_MODULE": "tests.thirdparty.settings",
        "WA_TEST_DIR": str(tmp_path_factory.mktemp(f"thirdparty-{worker}-")),
        "WA_TEST_DB": os.environ.get("WA_TEST_DB", "sqlite"),
        "WA_TEST_BASE": prepare.master() or "",
    }
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "thirdparty" / "inside.py")],
        env=environment, capture_output=True, text=True, timeout=480,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("REPORT "))
    return json.loads(line.removeprefix("REPORT "))


def test_no_migration_anywhere(report):
    assert report["migrations"] == ""


def test_the_condition_keeps_the_contract_and_finds_the_right_people(report):
    assert report["born_in_may"] == 2


def test_the_activity_acts_on_the_whole_cohort_in_one_statement(report):
    assert report["letters"] == 8


def test_the_scenario_is_installed_and_prints_a_letter_a_day_later(report):
    assert (report["letters_at_once"], report["letters_a_day_later"]) == (0, 1)


def test_they_are_in_the_catalogue(report):
    assert sorted(report["catalogue"]) == [
        "acme_born_in_month",
        "acme_club_joined",
        "acme_home_or_abroad",
        "acme_print_letter",
        "acme_wait_next_month",
    ]


def test_a_trigger_starts_a_campaign_with_a_fact_of_its_own(report):
    assert report["joined"] == {"gold": 1, "silver": 0, "twice": 1}


def test_a_wait_of_ones_own_ends_where_people_live(report):
    assert report["next_month"] == {
        "Europe/Paris": "2026-04-01T07:00:00+00:00",
        "America/New_York": "2026-04-01T13:00:00+00:00",
    }


def test_a_division_of_ones_own_has_its_branches(report):
    assert report["branches"] == {"FR": "home", "": "home", "NO": "abroad"}
    assert report["branch_words"] == ["At home", "Abroad"]


def test_texts_name_an_object_and_a_filter_of_ones_own(report):
    assert report["club"] == "0000-0017 of &lt;Lyon&gt;"
    assert report["club_error"] == "“club.oops” is not known. Choose a value from the list."


def test_the_classes_shown_on_pages_are_registered_and_work(report):
    assert report["pages"] == {
        "colour": ["#00ff00", "Enter a valid value."],
        "loyalty": ["1234567890", "A card has ten digits."],
        "map": True,
        "orders": ["OrdersPanel"],
        "ribbon": "Ribbon at the side",
        "yes_no": [[0, "No"], [1, "Yes"]],
    }


def test_the_system_checks_have_nothing_to_say_about_any_of_them(report):
    assert report["checks"] == []


PAGES = {
    "write_a_trigger": "acme_club/triggers.py",
    "write_a_flow_step": "acme_club/flow_steps.py",
    "write_for_texts": "acme_club/automation.py",
    "write_a_condition": "acme_birthdays/conditions.py",
    "write_an_activity": "acme_letters/activities.py",
    "write_emails": "acme_letters/email_blocks.py",
    "scenarios": "acme_letters/scenarios.py",
}


@pytest.mark.parametrize("page", PAGES)
def test_each_page_shows_the_file_that_ran(page):
    text = (ROOT / "docs" / "howto" / f"{page}.md").read_text()
    app, file = PAGES[page].split("/")
    assert f"examples/{app}/{app}/{file}" in text
    assert (EXAMPLES / app / app / file).exists()


def test_an_email_block_is_one_class_in_one_file(report):
    assert report["stamp"].endswith(">To &lt;b&gt; &lt;Zoé&gt;</span>")
    assert report["stamp_text"] == "[To <b> {{ lead.first_name }}]"
    assert report["stamp_error"] == ["words"]


def test_a_step_brings_its_icon_form_and_card_from_python_alone(report):
    assert report["picker"] == {
        "label": "Print a letter",
        "icon": "acme-envelope",
        "group": "Acme",
        "tone": "amber",
        "keywords": "post paper",
    }
    assert report["sprite"], "the icon is in the admin's sprite"
    assert report["form"] == "wagtail.blocks.StructBlock"
    assert report["card"] == "Dear you"
    assert report["question"], "the condition is offered as a decision"
    scripts = [path for path in (EXAMPLES / "acme_letters").rglob("*.js") if "build" not in path.parts]
    assert not scripts


def test_a_channel_is_one_class_and_the_rest_is_the_package(report):
    assert report["channel_errors"] == ["country", "per_minute"]
    assert report["channel"] == ["letter", {"country": "FR"}]
    assert report["printed"] == [["Zoé", "Dear Zoé"]]
    assert report["why"] == {"Zoé": "", "Kim": "no_number", "Ann": "consent_missing"}
    assert report["media"] == ["letter"]


def test_the_page_of_the_documentation_shows_the_channel_that_ran():
    page = (ROOT / "docs" / "howto" / "channels.md").read_text()
    code = (EXAMPLES / "acme_letters" / "acme_letters" / "automation.py").read_text()
    assert f"```python\n{code}```" in page


def test_the_test_project_itself_does_not_know_them():
    assert not [app for app in test_settings.INSTALLED_APPS if app.startswith("acme")]
