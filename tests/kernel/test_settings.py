"""The one setting: read when used, wrong values told in words."""

import datetime as dt
import os
import subprocess
import sys

import pytest
from django.apps import apps
from django.conf import settings
from django.core.checks import run_checks
from django.test import override_settings

from wagtail_automation import checks, clock, conf, jobs, place_checks
from wagtail_automation.testing import clock as test_clock


def ids():
    return {message.id for message in run_checks(tags=["wagtail_automation"])}


def test_defaults_and_override():
    with override_settings(WAGTAIL_AUTOMATION={"SEND_BATCH": 3}):
        assert conf.get("SEND_BATCH") == 3
        assert conf.get("PAGE_VIEWS") == "script"
    with pytest.raises(KeyError):
        conf.get("NO_SUCH_THING")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"TYPO": 1}, "wagtail_automation.E002"),
        ({"PAGE_VIEWS": "both"}, "wagtail_automation.E003"),
        ({"SEND_BATCH": 0}, "wagtail_automation.E004"),
        ({"LEASE_SECONDS": "60"}, "wagtail_automation.E004"),
        (["SEND_BATCH"], "wagtail_automation.E001"),
        ({"TESTS_PER_HOUR": -1}, "wagtail_automation.E008"),
        ({"SCAN_SECONDS": "10"}, "wagtail_automation.E008"),
        ({"STOP_RATES": (50, 0.1)}, "wagtail_automation.E008"),
        ({"SOFT_BOUNCES": 5}, "wagtail_automation.E008"),
        ({"FORM_RATE": ("30", 600)}, "wagtail_automation.E008"),
        ({"SECRETS": "abc"}, "wagtail_automation.E008"),
        ({"IDENTIFY_KEYS": ["shop"]}, "wagtail_automation.E008"),
        ({"EMBED_ORIGINS": "https://www.example.org"}, "wagtail_automation.E008"),
        ({"SEARCH_PARAMETERS": "q"}, "wagtail_automation.E008"),
        ({"PUSH_SERVICES": (443,)}, "wagtail_automation.E008"),
        ({"COOKIE_NAME": ""}, "wagtail_automation.E008"),
        ({"PAGE_TYPES": "no"}, "wagtail_automation.E008"),
        ({"ENGINE_CHUNK": 0}, "wagtail_automation.E008"),
        ({"PRIVATE_ROOT": 7}, "wagtail_automation.E008"),
        ({"GEO_DATABASE": ["a.mmdb"]}, "wagtail_automation.E008"),
        ({"CLOCK_FILE": True}, "wagtail_automation.E008"),
        ({"PRIVATE_ROOT": "private"}, "wagtail_automation.E010"),
        ({"GEO_DATABASE": "./city.mmdb"}, "wagtail_automation.E010"),
        ({"BASE_URL": 7}, "wagtail_automation.E011"),
        ({"BASE_URL": "www.example.org"}, "wagtail_automation.E011"),
        ({"BASE_URL": "ftp://www.example.org"}, "wagtail_automation.E011"),
        ({"BASE_URL": "https://www.example.org/shop"}, "wagtail_automation.E011"),
        ({"BASE_URL": "https://me:secret@www.example.org"}, "wagtail_automation.E011"),
        ({"BASE_URL": "https://www.example.org:port"}, "wagtail_automation.E011"),
        ({"BASE_URL": "https://"}, "wagtail_automation.E011"),
        ({"IMPORT_MAX_BYTES": "1 GB"}, "wagtail_automation.E004"),
        ({"CART_HOURS": (0, 24)}, "wagtail_automation.E030"),
        ({"CART_HOURS": 24}, "wagtail_automation.E030"),
        ({"CART_HOURS": ()}, "wagtail_automation.E030"),
        ({"CURRENCY": "EURO"}, "wagtail_automation.E031"),
        ({"CURRENCY": ["EUR"]}, "wagtail_automation.E031"),
    ],
)
def test_wrong_settings_are_told(value, expected):
    with override_settings(WAGTAIL_AUTOMATION=value):
        assert expected in ids()


def test_right_settings_are_silent():
    assert not ids()
    right = {
        "EMBED_ORIGINS": ["https://www.example.org"],
        "SUPPRESSION_KEYS": (b"key",),
        "SEARCH_PARAMETERS": (),
        "STOP_RATES": [0, 0, 0],
        "SECRETS": {"one": lambda: "x"},
        "ENGINE_CHUNK": 500,
    }
    with override_settings(WAGTAIL_AUTOMATION=right):
        assert not ids()


def test_a_secret_is_not_shown_by_the_check_that_refuses_it():
    with override_settings(WAGTAIL_AUTOMATION={"SECRETS": "hunter2", "IDENTIFY_KEYS": ["hunter2"]}):
        messages = run_checks(tags=["wagtail_automation"])
    assert len(messages) == 2
    assert "hunter2" not in repr(messages)


@pytest.mark.parametrize(
    "url", [None, "", "https://www.example.org", "http://localhost:8000/", "https://[2001:db8::1]:8443"]
)
def test_an_address_of_the_site_is_scheme_and_host(url):
    with override_settings(WAGTAIL_AUTOMATION={"BASE_URL": url}):
        assert not ids()


def test_the_folder_of_private_files_must_be_one(tmp_path):
    (tmp_path / "file").write_text("")
    for folder, expected in (
        (tmp_path / "new" / "private", set()),
        (tmp_path / "file", {"wagtail_automation.E012"}),
        (tmp_path / "file" / "private", {"wagtail_automation.W014"}),
    ):
        with override_settings(WAGTAIL_AUTOMATION={"PRIVATE_ROOT": folder}):
            assert ids() == expected


def test_without_media_root_the_folder_of_private_files_must_be_said(tmp_path):
    with override_settings(MEDIA_ROOT="", WAGTAIL_AUTOMATION={}):
        assert ids() == {"wagtail_automation.W013"}
    with override_settings(MEDIA_ROOT="", WAGTAIL_AUTOMATION={"PRIVATE_ROOT": str(tmp_path)}):
        assert not ids()


def test_a_folder_that_nobody_may_write_to_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with override_settings(WAGTAIL_AUTOMATION={"PRIVATE_ROOT": tmp_path / "private"}):
        assert ids() == {"wagtail_automation.W014"}


def test_a_geo_database_that_is_missing_or_cannot_be_read_is_told(tmp_path, monkeypatch):
    database = tmp_path / "city.mmdb"
    with override_settings(WAGTAIL_AUTOMATION={"GEO_DATABASE": database}):
        assert ids() == {"wagtail_automation.W015"}
        database.write_bytes(b"")
        monkeypatch.setattr(place_checks, "find_spec", lambda name: object())
        assert not ids()
        monkeypatch.setattr(place_checks, "find_spec", lambda name: None)
        assert [message.hint for message in run_checks(tags=["wagtail_automation"])] == [
            'pip install "wagtail-automation[geo]"'
        ]


def test_a_clock_file_holds_seconds_and_is_no_part_of_a_site_that_people_use(tmp_path):
    file = tmp_path / "clock"
    with override_settings(WAGTAIL_AUTOMATION={"CLOCK_FILE": str(file)}):
        assert not ids()
        assert "wagtail_automation.W016" in {
            message.id for message in run_checks(tags=["wagtail_automation"], include_deployment_checks=True)
        }
        file.write_text("60.5")
        assert not ids()
        file.write_text("tomorrow")
        assert ids() == {"wagtail_automation.E013"}


def test_without_q_cluster_one_is_told_where_the_queue_would_be():
    with override_settings(Q_CLUSTER=None):
        assert ids() == {"wagtail_automation.W011"}


@pytest.mark.parametrize(
    "name", ["wagtail_automation", "wagtail_modeladmin", "wagtail.contrib.settings", "django_q"]
)
def test_an_app_that_is_needed_and_not_installed_is_named(name, monkeypatch):
    monkeypatch.setattr(apps, "is_installed", lambda app: app in settings.INSTALLED_APPS and app != name)
    messages = [message for message in checks.check_apps() if message.id == "wagtail_automation.E005"]
    assert [message.hint for message in messages] == [f"Add {name!r} to INSTALLED_APPS."]


@pytest.mark.parametrize(
    ("chosen", "missing"), [("tracking", "leads"), ("leads,tracking,messaging", "audiences")]
)
def test_a_missing_app_of_the_package_stops_the_start_in_words(chosen, missing):
    done = subprocess.run(
        [sys.executable, "-m", "django", "check"],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "WA_TEST_APPS": chosen},
        capture_output=True,
        text=True,
        timeout=120,
    )
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode
    assert last.endswith(f"needs wagtail_automation.{missing}: add it to INSTALLED_APPS.")


class NoServerError(Exception):
    """What a broker raises that is not there: no OSError, as with Redis."""


@pytest.mark.parametrize("error", [NoServerError, ImportError])
def test_a_queue_that_is_away_costs_the_request_nothing(error, monkeypatch, caplog, db):
    def refuse(*args, **kwargs):
        raise error("no server")

    monkeypatch.setattr("django_q.tasks.async_task", refuse)
    with override_settings(WAGTAIL_AUTOMATION={"JOBS": "queue"}):
        jobs._Call(jobs.TICK, (), None)()
    assert "could not queue wagtail_automation.jobs.tick" in caplog.text


def test_the_clock_is_moved_here_and_in_other_processes(tmp_path, settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "CLOCK_FILE": str(tmp_path / "clock")}
    real = clock.now()
    assert real.tzinfo is dt.UTC
    with test_clock.shift(dt.timedelta(days=2)):
        assert clock.now() - real > dt.timedelta(days=1)
    test_clock.set_shared(dt.timedelta(hours=5))
    assert clock.now() - real > dt.timedelta(hours=4)
    with test_clock.freeze(dt.datetime(2027, 1, 1, tzinfo=dt.UTC)) as moment:
        assert clock.now() == moment
    with pytest.raises(ValueError, match="aware"), test_clock.freeze(dt.datetime(2027, 1, 1)):  # noqa: DTZ001
        pass
