"""Runs in a process of its own, with the example apps installed: prints what happened as JSON."""

import datetime as dt
import io
import json

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.test.utils import (  # noqa: E402
    get_runner,  # noqa: F401
    setup_databases,
    setup_test_environment,
)

setup_test_environment()
setup_databases(verbosity=0, interactive=False)

from acme_letters.models import Letter  # noqa: E402

from wagtail_automation import clock  # noqa: E402
from wagtail_automation.activities import activities  # noqa: E402
from wagtail_automation.leads.cohorts import LeadsCohort  # noqa: E402
from wagtail_automation.leads.models import Lead  # noqa: E402
from wagtail_automation.rules import conditions  # noqa: E402
from wagtail_automation.testing import contracts  # noqa: E402

report = {}

# Installing the apps asks for no migration, neither of ours nor of the site's.
out = io.StringIO()
try:
    call_command("makemigrations", check_changes=True, dry_run=True, stdout=out, verbosity=1)
    report["migrations"] = ""
except SystemExit:
    report["migrations"] = out.getvalue()

for month in (1, 5, 5, 12):
    Lead.objects.create(birth_date=dt.date(1990, month, 3))
Lead.objects.create(birth_date=None)
matching = contracts.check_condition(conditions["acme_born_in_month"], value={"month": "5"}, model=Lead)
report["born_in_may"] = len(matching)


def cohort_of(size):
    leads = [Lead.objects.create(first_name=f"N{number}") for number in range(size)]
    return LeadsCohort(
        Lead.objects.filter(pk__in=[lead.pk for lead in leads]),
        key=f"test:{size}",
        origin="test",
        now=clock.now(),
    )


contracts.check_activity(activities["acme_print_letter"], value={"text": "Dear =1+1"}, cohort_of=cohort_of)
report["letters"] = Letter.objects.count()

catalogue = io.StringIO()
call_command("automation_catalogue", format="json", stdout=catalogue)
ours = [row for row in json.loads(catalogue.getvalue()) if row["app"].startswith("acme")]
report["catalogue"] = [row["key"] for row in ours]
print("REPORT", json.dumps(report))  # noqa: T201
