"""The four profiles that a site may install each start, migrate and beat without the other apps."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

#: each profile migrates an SQLite database of its own, which takes half a minute: once is enough
pytestmark = pytest.mark.skipif(
    os.environ.get("WA_TEST_DB") == "postgres", reason="asks SQLite, beside the tests on SQLite"
)

ROOT = Path(__file__).resolve().parents[2]
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
    "automate, and what people buy": (
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
    done = run(apps, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout.split("REPORT ")[1])
    assert present <= set(report["keys"])
    assert not absent & set(report["keys"])
    assert report["login"] == 200


def test_a_missing_app_is_named(tmp_path):
    done = run("leads,messaging", tmp_path)
    assert done.returncode != 0
    assert "needs wagtail_automation.tracking" in done.stderr
