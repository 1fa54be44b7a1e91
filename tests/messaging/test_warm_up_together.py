"""The allowance of a day holds over all processes that send, really at once."""

import datetime as dt
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from wagtail_automation import clock
from wagtail_automation.leads.days import site_day
from wagtail_automation.messaging.delivery import warming
from wagtail_automation.messaging.delivery.models import MailServer
from wagtail_automation.messaging.models import Message
from wagtail_automation.testing import clock as test_clock

ROOT = Path(__file__).resolve().parents[2]
SENDERS, PEOPLE, LIMIT = 2, 40, 30
#: begins with the others, sends three times and tells how many went each time
CODE = """
import django, json, pathlib, sys, time
django.setup()
from wagtail_automation.messaging import sender
{mutation}
me, go = map(pathlib.Path, sys.argv[1:])
me.touch()
while not go.exists():
    time.sleep(0.005)
print(json.dumps([sender.send_due().counts.get("sent", 0) for _n in range(3)]))
"""
#: counts what went by reading first and writing later, as one process alone could
CARELESS = """
from wagtail_automation.messaging.delivery import warming
from wagtail_automation.messaging.delivery.models import SendBucket
def take(server, wanted, now, *, is_held=True):
    name = warming.bucket_of(server, warming.site_day(now))
    row = SendBucket.objects.filter(name=name).first()
    tokens = row.tokens if row else 0
    granted = max(min(wanted, warming.limit_of(server, warming.site_day(now)) + int(tokens)), 0)
    time.sleep(0.5)
    SendBucket.objects.update_or_create(name=name, defaults={"tokens": tokens - granted, "at": now})
    return granted
warming.take = take
"""


@pytest.fixture(autouse=True)
def noon():
    """It is noon of the site's zone in every process: no day of a plan ends meanwhile."""
    now = timezone.localtime(clock.now(), timezone.get_default_timezone())
    there = now.replace(hour=12, minute=0, second=0, microsecond=0)
    test_clock.set_shared((there if there > now else there + warming.ONE_DAY) - now)
    yield
    test_clock.set_shared(dt.timedelta(0))


@pytest.fixture
def waiting(make_email, make_lead, queue, brand, smtp, settings):
    """Two campaigns, each with more due messages than may go today."""
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "JOBS": "queue"}
    email = make_email()
    for number in range(2):
        people = [make_lead() for _n in range(PEOPLE)]
        keys = [row.pk for row in queue(email, *people, key=f"due:{number}")]
        Message.objects.filter(pk__in=keys).update(origin=f"campaign:{number + 1}")


@pytest.fixture
def server(smtp):
    def make(**fields):
        first = site_day(clock.now())
        return MailServer.objects.create(
            name="New", host="127.0.0.1", port=smtp.port, security="none",
            warm_up_from=first, warm_up_plan=str(LIMIT), **fields,
        )  # fmt: skip

    return make


def run_together(smtp, folder, mutation="") -> list[list[int]]:
    """What each of the processes sent, run after run."""
    go, marks = folder / "go", [folder / str(number) for number in range(SENDERS)]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.messaging.child_settings",
        "CHILD_DB": str(connection.settings_dict["NAME"]),
        "CHILD_SMTP_PORT": str(smtp.port),
    }
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CODE.format(mutation=mutation), mark, go],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for mark in marks
    ]
    try:
        end = time.monotonic() + 60
        while not all(mark.exists() for mark in marks):
            assert time.monotonic() < end and all(child.poll() is None for child in children)
            time.sleep(0.02)
        go.touch()
        said = [child.communicate(timeout=60) for child in children]
    finally:
        for child in children:
            child.kill()
            child.wait()
    assert all(child.returncode == 0 for child in children), said
    return [json.loads(out.splitlines()[-1]) for out, _err in said]


ALL = {"warm_up_begin": None, "warm_up_end": None}
BY_DOMAIN = {**ALL, "domains": "example.com"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fields", [ALL, BY_DOMAIN], ids=["one server", "recipients choose"])
def test_two_senders_together_send_what_the_day_allows_and_no_more(waiting, server, smtp, tmp_path, fields):
    new = server(**fields)
    went = run_together(smtp, tmp_path)
    assert sum(map(sum, went)) == LIMIT == Message.objects.filter(state="sent").count() == len(smtp.raw)
    assert warming.progress(new, clock.now()).today.sent == LIMIT
    assert set(Message.objects.exclude(state="sent").values_list("state", "attempts")) == {("queued", 0)}


@pytest.mark.django_db(transaction=True)
def test_two_senders_together_spread_no_more_than_one_would(waiting, server, smtp, tmp_path):
    now = clock.now()
    new = server(warm_up_begin=dt.time(8), warm_up_end=dt.time(23, 59))
    run_together(smtp, tmp_path)
    sent = Message.objects.filter(state="sent").count()
    here = warming.day_of(new, LIMIT, site_day(now))
    assert sent == len(smtp.raw) == warming.progress(new, clock.now()).today.sent
    assert sent <= here.may(0, here.begin, clock.now()) + 1 < LIMIT


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_two_senders_together_send_too_many(waiting, server, smtp, tmp_path):
    server(**ALL)
    run_together(smtp, tmp_path, CARELESS)
    assert len(smtp.raw) > LIMIT
