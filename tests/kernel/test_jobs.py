"""Jobs: after the commit, once; leases that one process holds; beats that do not stop each other."""

import datetime as dt
import os
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from wagtail_automation import clock, doctor, jobs
from wagtail_automation.leads.models import Lease
from wagtail_automation.testing import clock as test_clock

ran = []


def note(*args):
    ran.append(args)


def explode():
    raise ValueError("no")


@pytest.fixture(autouse=True)
def forget():
    ran.clear()


@pytest.mark.django_db(transaction=True)
def test_a_job_runs_once_after_the_commit_and_never_after_a_rollback(settings):
    with transaction.atomic():
        jobs.enqueue(note, 1)
        jobs.enqueue(note, 1)
        jobs.enqueue(note, 2)
        assert ran == []
    assert ran == [(1,), (2,)]
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        jobs.enqueue(note, 3)
        raise ZeroDivisionError
    assert ran == [(1,), (2,)]


@pytest.mark.django_db(transaction=True)
def test_a_failing_job_does_not_break_the_request_that_asked_for_it():
    with transaction.atomic():
        jobs.enqueue(explode)
        jobs.enqueue(note)
    assert ran == [()]


@pytest.mark.django_db(transaction=True)
def test_with_the_queue_the_job_waits_for_a_worker(settings):
    from django_q.models import OrmQ

    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "JOBS": "queue"}
    with transaction.atomic():
        jobs.enqueue(note, 5)
    assert ran == []
    (queued,) = OrmQ.objects.all()
    assert queued.task["func"].endswith("test_jobs.note")
    assert jobs.pending() == 1
    OrmQ.objects.all().delete()


@pytest.mark.django_db
def test_only_one_holds_a_lease_and_a_dead_holder_loses_it_with_time():
    with jobs.lease("walk", 30) as mine:
        assert mine
        with jobs.lease("walk", 30) as second:
            assert not second
        with test_clock.shift(dt.timedelta(seconds=31)), jobs.lease("walk", 30) as later:
            assert later
    with jobs.lease("walk", 30) as again:
        assert again


@pytest.mark.django_db
def test_the_lease_of_a_process_that_was_killed_is_freed_at_the_next_start():
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    host = jobs.holder().split(":")[0]
    until = clock.now() + dt.timedelta(hours=1)
    Lease.objects.create(name="walk", holder=f"{host}:{child.pid}:x", expires_at=until, beat_at=clock.now())
    Lease.objects.create(name="mine", holder=f"{host}:{os.getpid()}:x", expires_at=until, beat_at=clock.now())
    assert jobs.release_dead_leases() == 1
    with jobs.lease("walk", 30) as mine:
        assert mine
    with jobs.lease("mine", 30) as other:
        assert not other


@pytest.mark.django_db
def test_one_failing_beat_does_not_stop_the_others(monkeypatch):
    monkeypatch.setattr(jobs, "_beats", [jobs.path_of(explode), jobs.path_of(note)])
    results = jobs.tick()
    assert results[jobs.path_of(explode)] == "failed: no"
    assert ran == [()]
    with pytest.raises(CommandError, match="explode"):
        call_command("automation_tick")


@pytest.mark.django_db
def test_the_doctor_judges_by_progress(monkeypatch, capsys):
    monkeypatch.setattr(jobs, "_beats", [])
    beat = next(finding for finding in doctor.examine() if finding.subject == "Beat")
    assert beat.level == "error" and "qcluster" in beat.advice
    jobs.tick()
    assert [f.level for f in doctor.examine() if f.subject == "Beat"] == ["ok"]
    with test_clock.shift(dt.timedelta(minutes=10)):
        assert [f.level for f in doctor.examine() if f.subject == "Beat"] == ["error"]
        with pytest.raises(SystemExit):
            call_command("automation_doctor")
    call_command("automation_doctor", json=True)
    assert '"level": "ok"' in capsys.readouterr().out
