"""Reading a mailbox over IMAP: each mail once, a broken one stops nobody, secrets stay in the settings."""

import datetime as dt

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from tests.messaging.imap_server import MailServer
from tests.messaging.mails import answer, bounce_of
from wagtail_automation import clock
from wagtail_automation.messaging.delivery import admin_views, mailboxes, receiving, reports
from wagtail_automation.messaging.delivery.models import Mailbox
from wagtail_automation.messaging.models import Message
from wagtail_automation.messaging.tasks import beat
from wagtail_automation.testing import clock as test_clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def server():
    with MailServer() as running:
        yield running


@pytest.fixture
def mailbox(db, server, settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "SECRETS": {"bounces": lambda: "pa ss"}}
    return Mailbox.objects.create(
        name="Bounces", host="127.0.0.1", port=server.port, use_ssl=False, username="b", secret="bounces"
    )


def test_each_mail_once_and_left_as_it_was(mailbox, server, three_sent):
    server.mails = {4: bounce_of(three_sent[0]), 9: b"garbage", 12: answer(three_sent[1].message_id)}
    assert str(mailboxes.read(mailbox)) == "bounce: 1, nothing: 1, reply: 1"
    mailbox.refresh_from_db()
    assert (mailbox.last_uid, mailbox.uid_validity, mailbox.error) == (12, 7, "") and mailbox.read_at
    assert str(mailboxes.read(mailbox)) == "nothing new"
    server.mails[13] = bounce_of(three_sent[2])
    assert str(mailboxes.read(mailbox)) == "bounce: 1"
    assert Message.objects.filter(bounce_kind="hard").count() == 2
    assert all("BODY.PEEK" in c for c in server.commands if "FETCH" in c)
    assert not [c for c in server.commands if c.split()[0] in ("STORE", "EXPUNGE", "SELECT")]


def test_a_line_that_breaks_loses_nothing(mailbox, server, three_sent):
    server.mails = {n + 1: bounce_of(message) for n, message in enumerate(three_sent)}
    server.hang_up_after = 2
    assert mailboxes.read(mailbox).error
    mailbox.refresh_from_db()
    assert mailbox.error and mailbox.last_uid == 1
    server.hang_up_after = 0
    mailboxes.read(mailbox)
    assert Message.objects.filter(bounce_kind="hard").count() == 3


def test_a_folder_numbered_anew_is_read_again_and_changes_nothing(mailbox, server, three_sent):
    server.mails = {50: bounce_of(three_sent[0])}
    mailboxes.read(mailbox)
    server.mails, server.validity = {1: bounce_of(three_sent[0]), 2: bounce_of(three_sent[1])}, 8
    mailboxes.read(mailbox)
    mailbox.refresh_from_db()
    assert mailbox.last_uid == 2
    assert Message.objects.filter(bounce_kind="hard").count() == 2


def test_a_mail_that_nobody_foresaw_does_not_stop_the_others(mailbox, server, three_sent, monkeypatch):
    server.mails = {1: b"one", 2: bounce_of(three_sent[0])}
    judged = receiving.mail
    monkeypatch.setattr(receiving, "mail", lambda raw: 1 / 0 if raw == b"one" else judged(raw))
    assert str(mailboxes.read(mailbox)) == "bounce: 1, failed: 1"


def test_no_more_than_a_part_of_a_large_mail_is_fetched(mailbox, server, three_sent):
    server.mails = {1: bounce_of(three_sent[0]) + b"x" * 3_000_000}
    assert str(mailboxes.read(mailbox)) == "bounce: 1"
    assert f"<0.{reports.MAX_BYTES}>" in server.commands[-2]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"secret": "nobody"}, "SECRETS"),
        ({"port": 1}, "refused"),
        ({"folder": "Nowhere"}, "Nowhere"),
    ],
)
def test_what_is_wrong_is_told_and_keeps_nobody_else_from_being_read(
    mailbox, server, three_sent, change, words
):
    server.mails = {1: bounce_of(three_sent[0])}
    values = {
        "host": "127.0.0.1",
        "port": server.port,
        "use_ssl": False,
        "username": "b",
        "secret": "bounces",
    }
    bad = Mailbox.objects.create(name="A bad one", **{**values, **change})
    with pytest.raises(CommandError):
        call_command("automation_read_mail")
    bad.refresh_from_db()
    assert words in bad.error and "pa ss" not in bad.error
    assert Message.objects.filter(bounce_kind="hard").count() == 1


def test_the_beat_reads_every_few_minutes(mailbox, server, three_sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        beat()
    assert len([c for c in server.commands if c.startswith("LOGIN")]) == 1
    for minutes, due in ((0, False), (4, False), (6, True)):
        with test_clock.shift(dt.timedelta(minutes=minutes)):
            assert mailboxes.is_due(clock.now(), 5) is due
    Mailbox.objects.update(is_active=False)
    assert not mailboxes.is_due(clock.now() + dt.timedelta(days=1), 5)


def test_mails_from_files(three_sent, tmp_path, capsys):
    path = tmp_path / "mail"
    path.write_bytes(bounce_of(three_sent[0]))
    call_command("automation_read_mail", str(path))
    assert capsys.readouterr().out.strip().endswith("bounce")
    with pytest.raises(CommandError):
        call_command("automation_read_mail", str(tmp_path / "absent"))


@pytest.mark.parametrize(
    ("folder", "written"),
    [
        ("INBOX", "INBOX"),
        ("Boîte de réception", "Bo&AO4-te de r&AOk-ception"),
        ("A&B", "A&-B"),
        ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),  # the example of RFC 3501
    ],
)
def test_a_folder_with_accents(mailbox, server, three_sent, folder, written):
    assert mailboxes.in_imap(folder) == written
    server.folder, server.mails = written, {1: bounce_of(three_sent[0])}
    Mailbox.objects.update(folder=folder)
    mailbox.refresh_from_db()
    assert str(mailboxes.read(mailbox)) == "bounce: 1"


def test_every_kind_of_mail_has_words(admin_client, mailbox, server, three_sent):
    names = "BOUNCE DELAYED DELIVERED COMPLAINT AUTO_REPLY REPLY UNSUBSCRIBE NOTHING UNREADABLE"
    assert {getattr(reports, name) for name in names.split()} < set(admin_views.SAID)
    server.mails = {1: bounce_of(three_sent[0]), 2: b"garbage"}
    url = reverse(admin_views.MAILBOX_READ, args=[mailbox.pk])
    for said in ("Bounces: bounces: 1, about something else: 1", "Bounces: nothing new"):
        assert said in admin_client.post(url, follow=True).content.decode()
