"""The benchmark of sending: what it measures is what it says, and its server is as strict as it says."""

import datetime as dt
import smtplib
import uuid

import pytest
from django.db import connection

from wagtail_automation import clock
from wagtail_automation.messaging import bench, bench_people, sender
from wagtail_automation.messaging.models import DirectMessage, EmailVersion, Message
from wagtail_automation.outbox import State
from wagtail_automation.testing.smtp_sink import SinkProcess


@pytest.fixture
def sink(settings):
    with SinkProcess() as process:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", process.port
        yield process


@pytest.mark.django_db
def test_the_email_that_is_measured(sink, brand, english):
    bench_people.make_people(3)
    email = bench_people.make_email()
    version = EmailVersion.objects.get(email=email)
    assert 32_500 < len(version.html.encode()) < 34_500
    assert len(version.links) == bench_people.LINKS == 12
    bench_people.queue(email, 3)
    assert sender.send_due().counts == {State.SENT: 3}
    assert set(Message.objects.first().variables["lead"]) == {"first_name", "company", "city"}
    report = sink.stop()
    assert (report["accepted"], report["distinct_keys"], report["repeated"]) == (3, 3, 0)


def test_the_floor_and_what_the_server_refuses(sink):
    assert bench.by_floor(sink.port, 5, 1000)["count"] == 5
    with smtplib.SMTP("127.0.0.1", sink.port) as smtp:
        smtp.sendmail("a@example.com", ["b@example.com"], b"Subject: x\r\n\r\n" + b"x" * 998)
        with pytest.raises(smtplib.SMTPDataError, match="line too long"):
            smtp.sendmail("a@example.com", ["b@example.com"], b"Subject: x\r\n\r\n" + b"x" * 999)
    report = sink.stop()
    assert (report["accepted"], report["refused"]) == (6, 1)


# -- the two statements that carry it ------------------------------------------------------------------------
@pytest.fixture
def rows(db):
    now = clock.now()
    return [
        DirectMessage.objects.create(
            key=str(n), to="a@example.com", not_before=now - dt.timedelta(minutes=9 - n), created_at=now
        )
        for n in range(5)
    ]


def test_rows_in_hand_are_whole_and_in_order(rows):
    taken = DirectMessage.objects.lease(3, clock.now())
    assert [row.key for row in taken] == ["0", "1", "2"]
    assert {row.lease_token for row in taken} == {taken[0].lease_token} != {None}
    for row in taken:
        stored = DirectMessage.objects.get(pk=row.pk)
        for field in row._meta.concrete_fields:
            assert getattr(stored, field.attname) == getattr(row, field.attname)
        assert (stored.state, stored.attempts) == (State.IN_HAND, 1)
    assert [row.key for row in DirectMessage.objects.lease(9, clock.now())] == ["3", "4"]
    assert DirectMessage.objects.lease(9, clock.now()) == []


def test_results_are_written_whole_and_only_under_the_token(rows):
    first, second = DirectMessage.objects.lease(2, clock.now())
    moment = dt.datetime(2026, 7, 14, 12, 30, 1, 123457, tzinfo=dt.UTC)
    odd = 'é "quoted" \\ ☃\n'
    results = [
        {"pk": first.pk, "state": State.SENT, "detail": odd, "sent_at": moment, "attempts": 1},
        {"pk": second.pk, "state": State.QUEUED, "detail": "", "sent_at": None, "attempts": 0},
    ]
    assert DirectMessage.objects.settle(uuid.uuid4(), results) == []
    assert DirectMessage.objects.settle(first.lease_token, results, ("id", "key")) == [
        (first.pk, "0"),
        (second.pk, "1"),
    ]
    assert DirectMessage.objects.settle(first.lease_token, results) == []
    for row in (first, second):
        row.refresh_from_db()
    assert (first.state, first.detail, first.sent_at) == (State.SENT, odd, moment)
    assert (second.state, second.sent_at, second.attempts) == (State.QUEUED, None, 0)
    assert first.lease_token is first.lease_until is second.lease_token is None


@pytest.mark.django_db
def test_results_find_their_rows_by_key(make_lead, make_email, queue, django_assert_num_queries):
    """SQLite took the index of the tokens, and read the whole parameter again for each row."""
    queue(make_email(), *[make_lead() for _ in range(3)])
    rows = Message.objects.lease(3, clock.now())
    with django_assert_num_queries(1) as seen:
        Message.objects.settle(rows[0].lease_token, [{"pk": row.pk, "state": State.SENT} for row in rows])
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {seen[0]['sql']}")
            plan = " / ".join(row[-1] for row in cursor.fetchall())
        assert "USING INTEGER PRIMARY KEY" in plan and "USING INDEX" not in plan, plan
    assert Message.objects.filter(state=State.SENT, lease_token=None).count() == 3
