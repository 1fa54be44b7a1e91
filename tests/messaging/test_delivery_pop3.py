"""Reading a mailbox over POP3: each mail once, nothing deleted, a broken line or mail stops nobody."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from tests.messaging.mails import answer, bounce_of
from tests.messaging.pop3_server import PopServer
from wagtail_automation.messaging.delivery import mailboxes, pop3, receiving
from wagtail_automation.messaging.delivery.models import Mailbox
from wagtail_automation.messaging.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def server():
    with PopServer() as running:
        yield running


@pytest.fixture
def mailbox(db, server, settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "SECRETS": {"bounces": lambda: "pa ss"}}
    return Mailbox.objects.create(
        name="Bounces",
        protocol="pop3",
        host="127.0.0.1",
        port=server.port,
        use_ssl=False,
        username="b",
        secret="bounces",
    )


def hard() -> int:
    return Message.objects.filter(bounce_kind="hard").count()


def test_each_mail_once_and_left_as_it_was(mailbox, server, three_sent):
    server.mails = {"a": bounce_of(three_sent[0]), "b": b"garbage", "c": answer(three_sent[1].message_id)}
    assert str(mailboxes.read(mailbox)) == "bounce: 1, nothing: 1, reply: 1"
    mailbox.refresh_from_db()
    assert mailbox.error == "" and mailbox.read_at and len(mailbox.seen) == 3
    assert str(mailboxes.read(mailbox)) == "nothing new"
    del server.mails["a"]  # somebody tidied up: numbers change, names stay
    server.mails["d"] = bounce_of(three_sent[2])
    assert str(mailboxes.read(mailbox)) == "bounce: 1" and hard() == 2
    mailbox.refresh_from_db()
    assert len(mailbox.seen) == 3, "what has left the server is forgotten"
    assert not [command for command in server.commands if command.startswith("DELE")]


def test_a_line_that_breaks_loses_nothing(mailbox, server, three_sent):
    server.mails = {f"m{n}": bounce_of(message) for n, message in enumerate(three_sent)}
    server.hang_up_at = "m1"
    assert mailboxes.read(mailbox).error
    mailbox.refresh_from_db()
    assert mailbox.error and len(mailbox.seen) == 1 and hard() == 1
    server.hang_up_at = ""
    assert str(mailboxes.read(mailbox)) == "bounce: 2" and hard() == 3


def test_more_than_one_reading_and_a_mail_that_nobody_foresaw(mailbox, server, three_sent, monkeypatch):
    monkeypatch.setattr(mailboxes, "BATCH", 2)
    server.mails = {"a": b"one", "b": bounce_of(three_sent[0]), "c": bounce_of(three_sent[1])}
    judged = receiving.mail
    monkeypatch.setattr(receiving, "mail", lambda raw: 1 / 0 if raw.startswith(b"one") else judged(raw))
    first = mailboxes.read(mailbox)
    assert first.is_full and str(first) == "bounce: 1, failed: 1"
    second = mailboxes.read(mailbox)
    assert not second.is_full and str(second) == "bounce: 1"


def test_no_more_than_a_part_of_a_large_mail_is_asked_for(mailbox, server, three_sent):
    bomb = b"\r\n".join([b"x" * 70] * 20_000)
    server.mails = {"a": bounce_of(three_sent[0]) + b"\r\n" + bomb}
    assert str(mailboxes.read(mailbox)) == "bounce: 1"
    assert f"TOP 1 {pop3.LINES}" in server.commands and "RETR 1" not in server.commands


def test_a_very_long_line_keeps_no_mail_behind_it_waiting(mailbox, server, three_sent):
    """RFC 5322 §2.1.1 allows 998 octets; what programs write is another matter, and poplib stops at 2,048."""
    long = bounce_of(three_sent[0]) + b"\r\n<p>" + b"y" * (pop3.LONGEST * 2 + 5) + b"</p>\r\nend"
    server.mails = {"a": long, "b": b"z" * 3_000, "c": bounce_of(three_sent[1])}
    assert str(mailboxes.read(mailbox)) == "bounce: 2, nothing: 1" and hard() == 2
    assert str(mailboxes.read(mailbox)) == "nothing new"


@pytest.mark.parametrize(
    ("change", "words"), [({"secret": "nobody"}, "SECRETS"), ({"port": 1}, "refused"), ({}, "wrong password")]
)
def test_what_is_wrong_is_told_without_the_secret(mailbox, server, three_sent, change, words):
    if not change:
        server.password = "another"
    server.mails = {"a": bounce_of(three_sent[0])}
    Mailbox.objects.filter(pk=mailbox.pk).update(**change)
    reading = mailboxes.read(Mailbox.objects.get(pk=mailbox.pk))
    mailbox.refresh_from_db()
    assert words in reading.error == mailbox.error and "pa ss" not in mailbox.error and hard() == 0


@pytest.mark.parametrize("protocol", ["pop3", "imap", "pop2", ""])
def test_the_form_asks_for_the_protocol(client, mailbox, protocol):
    client.force_login(User.objects.create_superuser("boss"))
    edit = reverse("wagtail_automation_mailbox:edit", args=[mailbox.pk])
    assert "POP3" in client.get(edit).content.decode()
    form = {"name": "B", "protocol": protocol, "host": "h", "port": "995", "username": "u",
            "secret": "bounces", "folder": "INBOX"}  # fmt: skip
    answer = client.post(edit, form)
    mailbox.refresh_from_db()
    if protocol in ("pop3", "imap"):
        assert answer.status_code == 302 and mailbox.protocol == protocol
    else:
        assert list(answer.context["form"].errors) == ["protocol"] and mailbox.name == "Bounces"
