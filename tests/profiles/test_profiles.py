"""The four profiles that a site may install each start, migrate and beat without the other apps."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests import prepare

#: each profile migrates an SQLite database of its own, which takes a while: once is enough
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        os.environ.get("WA_TEST_DB") == "postgres", reason="asks SQLite, beside the tests on SQLite"
    ),
]

ROOT = Path(__file__).resolve().parents[2]
#: the apps of the test project; migrated as a site migrates, the others as `tests.prepare` does
WHOLE = "automate, and what people buy"
#: name -> apps, keys that must be registered, keys that must not
PROFILES = {
    "personalise": (
        "leads,tracking,audiences,content",
        {"form_submitted", "page_visited"},
        {"email_send", "decision"},
    ),
    "newsletter": (
        "leads,tracking,audiences,messaging",
        {"email_send", "email_clicked"},
        {"form_submitted", "decision"},
    ),
    # "automate" is both of them and campaigns; commerce may be added to any that has audiences
    "automate": (
        "leads,tracking,audiences,messaging,content,campaigns",
        {"form_submitted", "email_send", "decision"},
        {"order_paid"},
    ),
    WHOLE: (
        "leads,tracking,audiences,messaging,content,commerce,campaigns",
        {"form_submitted", "email_send", "decision"},
        set(),
    ),
}


def run(apps: str, tmp_path, **environment):
    return subprocess.run(
        [sys.executable, str(ROOT / "tests" / "profiles" / "inside.py")],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "WA_TEST_APPS": apps,
            "WA_TEST_DIR": str(tmp_path),
            "WA_TEST_DB": "sqlite",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=480,
    )


@pytest.mark.parametrize("name", PROFILES)
def test_profile(name, tmp_path):
    apps, present, absent = PROFILES[name]
    whole = name == WHOLE
    done = run(apps, tmp_path, WA_TEST_PLAIN="yes" if whole else "")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout.split("REPORT ")[1])
    assert present <= set(report["keys"])
    assert not absent & set(report["keys"])
    assert report["login"] == 200
    if whole:
        plain, quick = tmp_path / "test.sqlite3", tmp_path / "quick.sqlite3"
        prepare.copy(prepare.master() or made_quickly(tmp_path / "again"), str(quick))
        assert schema(quick) == schema(plain), "new_models_alone() made another schema than Django alone"


def made_quickly(folder) -> str:
    """The master that `tests.run` would have made before."""
    folder.mkdir()
    environment = {**os.environ, "WA_TEST_DIR": str(folder), "WA_TEST_DB": "sqlite"}
    subprocess.run([sys.executable, "-m", "tests.prepare"], cwd=ROOT, env=environment, check=True)
    return str(folder / "test.sqlite3_master")


def schema(file) -> list[tuple]:
    """Tables and indexes as SQLite keeps them, and what migrations write into some."""
    with closing(sqlite3.connect(file)) as database:
        made = database.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
        assert len(made) > 500
        made += database.execute("SELECT app_label, model FROM django_content_type").fetchall()
        made += database.execute("SELECT app, name FROM django_migrations").fetchall()
        return sorted(made, key=repr)


def test_a_missing_app_is_named(tmp_path):
    done = run("leads,messaging", tmp_path)
    assert done.returncode != 0
    assert "needs wagtail_automation.tracking" in done.stderr
