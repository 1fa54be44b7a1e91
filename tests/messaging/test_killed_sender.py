"""A sender killed between the server's answer and its own commit: nobody gets the message a second time."""

import datetime as dt
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection

from wagtail_automation.messaging import sender
from wagtail_automation.messaging.models import Message
from wagtail_automation.outbox import State
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.testing import failpoints

ROOT = Path(__file__).resolve().parents[2]
CODE = (
    "import django; django.setup(); from wagtail_automation.messaging import sender; print(sender.send_due())"
)


@pytest.mark.django_db(transaction=True)
def test_killed_after_data(make_email, make_lead, queue, smtp, tmp_path, settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "JOBS": "queue"}
    queue(make_email(), *[make_lead() for _ in range(4)])
    (tmp_path / "data.hold").touch()
    child = subprocess.Popen(
        [sys.executable, "-c", CODE],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.messaging.child_settings",
            "CHILD_DB": str(connection.settings_dict["NAME"]),
            "CHILD_SMTP_PORT": str(smtp.port),
            failpoints.VARIABLE: str(tmp_path),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        end = time.monotonic() + 60
        while not (tmp_path / "data.reached").exists():
            assert child.poll() is None, child.communicate()[0]
            assert time.monotonic() < end
            time.sleep(0.02)
    finally:
        child.kill()
        child.wait()
    assert len(smtp.raw) == 1
    assert set(Message.objects.values_list("state", flat=True)) == {State.IN_HAND}
    assert str(sender.send_due()) == "nothing due", "what another worker has in hand is not ours"
    with test_clock.shift(dt.timedelta(minutes=10)):
        assert sender.expire_leases() == 4
        assert sender.expire_leases() == 0
        sender.send_due()
    assert len(smtp.raw) == 1, "never silently resent"
    doubtful = Message.objects.filter(state=State.DOUBTFUL, reason="worker_lost")
    assert doubtful.count() == 4
    assert smtp.messages[0]["Message-ID"].strip("<> ") in set(doubtful.values_list("message_id", flat=True))
