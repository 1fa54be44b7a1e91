"""Runs in a process of its own with the apps of one profile: check, migrate, say what is registered."""

import io
import json
import os
from contextlib import nullcontext

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.test.utils import setup_databases, setup_test_environment  # noqa: E402

from example_site.migrating import new_models_alone  # noqa: E402

setup_test_environment()
call_command("check")
with nullcontext() if os.environ.get("WA_TEST_PLAIN") else new_models_alone():
    setup_databases(verbosity=0, interactive=False)
out = io.StringIO()
call_command("automation_catalogue", format="json", stdout=out)
call_command("automation_tick")

from django.test import Client  # noqa: E402

from wagtail_automation import mailer  # noqa: E402

mailer.send(to="someone@example.com", subject="Hello", text="Text", key="profile-test")
status = Client().get("/admin/login/").status_code
print("REPORT", json.dumps({"keys": [row["key"] for row in json.loads(out.getvalue())], "login": status}))  # noqa: T201
