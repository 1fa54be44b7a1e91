"""The first start of the example site may be interrupted."""

import os
import subprocess
import sys

from .conftest import ROOT

BUILD = """
import os, sys
import django
django.setup()
from django.db import connection
from example_site.run import whole_database
with whole_database():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE half (a int)")
        if sys.argv[1] == "killed":
            os._exit(9)
        cursor.execute("CREATE TABLE other_half (a int)")
with connection.cursor() as cursor:
    print(sorted(connection.introspection.table_names(cursor)), connection.settings_dict["NAME"])
"""


def start(folder, how):
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "example_site.settings",
        "WA_DATA_DIR": str(folder),
        "WA_DB_URL": "",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-c", BUILD, how]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_who_is_interrupted_begins_again(tmp_path):
    assert start(tmp_path, "killed").returncode == 9
    assert not (tmp_path / "site.sqlite3").exists()
    again = start(tmp_path, "whole")
    assert again.stdout.strip() == f"['half', 'other_half'] {tmp_path / 'site.sqlite3'}", again.stderr
    assert not list(tmp_path.glob("*.unfinished*"))
