"""A worker killed while it fixes who gets a newsletter, and while it queues: nobody twice, nobody missing."""

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection

from wagtail_automation import clock, jobs
from wagtail_automation.audiences.models import LeadList, ListMembership
from wagtail_automation.leads.models import ConsentState, Lead
from wagtail_automation.messaging.models import Message
from wagtail_automation.messaging.newsletters import actions
from wagtail_automation.messaging.newsletters.models import Newsletter
from wagtail_automation.testing import failpoints

ROOT = Path(__file__).resolve().parents[2]
#: chunks small enough that several are killed
CODE = (
    "import django; django.setup(); from wagtail_automation.messaging.newsletters import actions; "
    "actions.CHUNK = 70; print(actions.run())"
)
PEOPLE = 250


@pytest.fixture
def newsletter(transactional_db, make_email, settings):
    """To two lists that share a hundred people; nobody but the killed workers looks after it."""
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "JOBS": "queue"}
    Lead.objects.bulk_create([Lead(email=f"n{n}@example.com", status="known") for n in range(PEOPLE)])
    people = list(Lead.objects.order_by("pk"))
    now = clock.now()
    ConsentState.objects.bulk_create(
        ConsentState(lead=lead, subject="email", granted=True, at=now) for lead in people
    )
    lists = [LeadList.objects.create(name=name) for name in ("A", "B")]
    for one, some in zip(lists, (people[:175], people[75:]), strict=True):
        ListMembership.objects.bulk_create(ListMembership(list=one, lead=lead, added_at=now) for lead in some)
    made = Newsletter.objects.create(name="July", email=make_email())
    actions.set_audience(newsletter=made, lists=lists)
    actions.order(newsletter=made, now=now)
    return made


def killed_at(point: str, folder: Path) -> None:
    """A worker that comes to the point, with its transaction open, and no further."""
    (folder / f"{point}.hold").touch()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.messaging.child_settings",
        "CHILD_DB": str(connection.settings_dict["NAME"]),
        "CHILD_SMTP_PORT": "1",
        failpoints.VARIABLE: str(folder),
    }
    child = subprocess.Popen([sys.executable, "-c", CODE], cwd=ROOT, env=environment)
    try:
        end = time.monotonic() + 120
        while not (folder / f"{point}.reached").exists():
            assert child.poll() is None and time.monotonic() < end, f"nobody reached {point}"
            time.sleep(0.02)
    finally:
        child.kill()
        child.wait()
    jobs.release_dead_leases()


def test_nobody_twice_and_nobody_missing(newsletter, tmp_path, monkeypatch):
    killed_at("audience", tmp_path)
    newsletter.refresh_from_db()
    assert newsletter.state == "planned" and not newsletter.recipients.exists(), "all or nothing"
    assert actions.start(newsletter=newsletter, now=clock.now())
    newsletter.refresh_from_db()
    assert newsletter.total == newsletter.recipients.count() == PEOPLE
    monkeypatch.setattr(actions, "CHUNK", 70)
    assert actions.queue_chunk(newsletter=newsletter, now=clock.now()) == 70
    killed_at("queued", tmp_path)
    assert newsletter.recipients.count() == PEOPLE - 70, "a chunk is queued and forgotten, or neither"
    actions.run()
    times = Counter(Message.objects.filter(origin=newsletter.origin).values_list("lead_id", flat=True))
    assert len(times) == PEOPLE and set(times.values()) == {1}
    assert not newsletter.recipients.exists()
