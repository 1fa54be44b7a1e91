"""What is passed on stands in its conversation, and tells whether the sender was verified."""

from email import message_from_bytes

import pytest

from wagtail_automation.messaging import actions, sender
from wagtail_automation.messaging.delivery import mailboxes, receiving, reports, threads
from wagtail_automation.messaging.delivery.models import Mailbox
from wagtail_automation.messaging.models import DirectMessage

from .test_relaying import imap, mailbox, owner, reply, sent, text_of  # noqa: F401  (fixtures)

LONG = f"<{'A1B2' * 10}@{'VI1PR0801MB1234'}.eurprd08.prod.outlook.com>"


def mail(**headers):
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return message_from_bytes(f"{lines}\r\nx".encode("utf-8", "surrogateescape"))


# -- which conversation ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "references"),
    [
        ({}, ["<b@x>"]),
        ({"References": "<r@x> <a@x>"}, ["<r@x>", "<a@x>", "<b@x>"]),
        ({"References": "<r@x>\r\n\t<a@x>", "In_Reply_To": "<other@x>"}, ["<r@x>", "<a@x>", "<b@x>"]),
        ({"In_Reply_To": "<a@x>"}, ["<a@x>", "<b@x>"]),
        ({"In_Reply_To": "<a@x> <c@x>"}, ["<b@x>"]),  # RFC 5322: of several parents none
        ({"In_Reply_To": "Your letter of Monday <a@x>"}, ["<a@x>", "<b@x>"]),
        ({"References": "<a@x> <a@x> <b@x>"}, ["<a@x>", "<b@x>"]),
        ({"References": "rubbish <a b@x> <@x> <a@> <é@x> <a@x"}, ["<b@x>"]),
        ({"References": f"<{'a' * 400}@x> {LONG}"}, [LONG, "<b@x>"]),
    ],
)
def test_what_an_answer_follows(headers, references):
    found = threads.headers(mail(Message_ID="<b@x>", **headers))
    assert found == {"In-Reply-To": "<b@x>", "References": " ".join(references)}


@pytest.mark.parametrize("own", ["", "none", "<a b@x>", "<\x00@x>", "<é@x>", f"<{'a' * 999}@x>"])
def test_without_an_identity_nothing_is_said(own):
    assert threads.headers(mail(Message_ID=own, References="<a@x>")) == {}


def test_of_a_long_conversation_its_beginning_and_its_end():
    many = [f"<{number}@x>" for number in range(100)]
    found = threads.headers(mail(Message_ID="<b@x>", References=" ".join(many)))["References"].split()
    assert found == ["<0@x>", *many[-19:], "<b@x>"]


# -- whether the sender was verified -----------------------------------------------------------------------


def result(value, server="imap.infomaniak.com", authority=""):
    return threads.results(mail(Authentication_Results=value), server, authority)


@pytest.mark.parametrize(
    ("name", "server", "authority", "is_believed"),
    [
        ("mx.infomaniak.com", "imap.infomaniak.com", "", True),
        ("IMAP.Infomaniak.com 1", "imap.infomaniak.com", "", True),
        ("infomaniak.com", "imap.infomaniak.com", "", True),
        ("mx.google.com", "imap.gmail.com", "", False),
        ("mx.google.com", "imap.gmail.com", "MX.google.com", True),
        ("mx.infomaniak.com", "imap.infomaniak.com", "mx.google.com", False),
        ("evil.com", "infomaniak.com", "", False),
        ("evilinfomaniak.com", "imap.infomaniak.com", "", False),
        ("localhost", "localhost", "", True),
        ("(comment) mx.infomaniak.com (another)", "imap.infomaniak.com", "", True),
        ("", "imap.infomaniak.com", "", False),
        (";;;", "imap.infomaniak.com", "", False),
    ],
)
def test_only_the_mailboxs_own_server_is_believed(name, server, authority, is_believed):
    assert (result(f"{name}; dmarc=pass", server, authority) is not None) is is_believed


@pytest.mark.parametrize(
    ("told", "verified"),
    [
        ("dmarc=pass header.from=x", True),
        ("dmarc=fail (p=none) header.from=x; dkim=pass; spf=pass", False),
        ("spf=fail; dkim=pass header.d=x; DMARC = Pass", True),
        ("spf=pass; dkim=fail", True),
        ("spf=softfail; dkim=neutral", False),
        ("dmarc=none; spf=pass", True),
        ("dmarc=temperror; dkim=none; spf=temperror", None),
        ("none", None),
        ("spf=fail (dmarc=pass; in a comment)", False),
        ("dkim/1=pass", True),
        ("x" * 5000, None),
    ],
)
def test_what_was_found(told, verified):
    assert result(f"mx.infomaniak.com; {told}").is_verified is verified


def test_a_field_below_of_another_name_does_not_count_and_the_first_of_ours_does():
    letter = message_from_bytes(
        b"Authentication-Results: evil.example; dmarc=pass\r\n"
        b"Authentication-Results: mx.infomaniak.com; dmarc=fail\r\n"
        b"Authentication-Results: mx.infomaniak.com; dmarc=pass\r\n\r\n"
    )
    assert threads.results(letter, "imap.infomaniak.com").is_verified is False


# -- the way to the owner ----------------------------------------------------------------------------------

pytestmark = pytest.mark.django_db


def test_the_owners_mail_program_puts_it_into_the_conversation(mailbox, imap, sent, smtp):
    first = reply(sent, own=LONG)
    again = reply(sent, own="<2@example.com>").replace(b"References: <x@y>", f"References: {LONG}".encode())
    imap.mails = {1: first, 2: again}
    mailboxes.read(mailbox)
    sender.send_due()
    one, two = smtp.messages
    assert one["In-Reply-To"].split() == [LONG]
    assert one["References"].split() == ["<x@y>", f"<{sent.message_id}>", LONG]
    assert two["In-Reply-To"] == "<2@example.com>"
    assert two["References"].split() == [LONG, f"<{sent.message_id}>", "<2@example.com>"]
    own = {letter["Message-ID"] for letter in (one, two)}
    assert len(own) == 2 and not own & {LONG, "<2@example.com>", f"<{sent.message_id}>"}
    assert all(row.headers == {} for row in DirectMessage.objects.all()), "emptied once it is sent"


def test_a_relayed_letter_that_comes_back_is_no_answer(mailbox, imap, sent, smtp):
    """It names the letter that was answered, and is still what a program wrote."""
    imap.mails = {1: reply(sent)}
    mailboxes.read(mailbox)
    sender.send_due()
    imap.mails[2] = smtp.raw[0]
    assert str(mailboxes.read(mailbox)) == "auto_reply: 1"
    assert DirectMessage.objects.count() == 1


@pytest.mark.parametrize(
    ("told", "is_warned"),
    [("dmarc=pass", False), ("dmarc=fail (p=none)", True), ("spf=none", False)],
)
def test_what_the_server_found_is_told(mailbox, sent, smtp, told, is_warned):
    Mailbox.objects.update(authority="mx.google.com")
    field = f"Authentication-Results: mx.google.com; {told}\r\n"
    receiving.mail(reply(sent, more=field), mailbox=Mailbox.objects.get())
    sender.send_due()
    (relayed,) = smtp.messages
    assert relayed["X-Original-Authentication-Results"] == f"mx.google.com; {told}"
    assert relayed["Authentication-Results"] is None, "it would speak of our own letter"
    assert ("mx.google.com could not verify" in text_of(relayed)) is is_warned


def test_what_the_sender_wrote_about_themselves_is_not_told(mailbox, sent, smtp):
    field = "Authentication-Results: mx.google.com; dmarc=pass\r\n"
    receiving.mail(reply(sent, more=field), mailbox=mailbox)
    sender.send_due()
    assert smtp.messages[0]["X-Original-Authentication-Results"] is None


@pytest.mark.parametrize("name", ["Message-ID", "References", "In-Reply-To", "Authentication-Results"])
@pytest.mark.parametrize(
    "value",
    [
        "<a@x>\r\nBcc: eve@evil.example",
        "<a@x>\nBcc: e@x",
        "<a\x00@x>",
        "\ud83d <a@x>",
        "=?utf-8?q?=0D=0ABcc=3A?=",
    ],
)
def test_strangers_smuggle_no_header_in(mailbox, sent, smtp, name, value):
    raw = f"{name}: 127.0.0.1; {value}\r\n".encode("utf-8", "surrogatepass") + reply(sent, own="<z@x>")
    Mailbox.objects.update(authority="127.0.0.1")
    assert receiving.mail(raw, mailbox=Mailbox.objects.get()) == reports.REPLY
    sender.send_due()
    (relayed,) = smtp.messages
    assert relayed["Bcc"] is None and relayed.get_all("To") == ["theo@sales.example"]
    assert not {"e@x", "eve@evil.example"} & set(relayed["References"].split())


@pytest.mark.parametrize("headers", [{"Bcc": "e@x"}, {"References": "<a@x>\r\nBcc: e@x"}, {"From": "e@x"}])
def test_code_may_add_no_other_header(brand, headers):
    with pytest.raises(ValueError, match=r"header|bring along"):
        actions.queue_direct(to="a@example.com", subject="s", text="t", key="k", headers=headers)
