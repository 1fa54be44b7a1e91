"""What a person answers goes to the colleague who looks after them, and nothing else does."""

import base64
import datetime as dt
import time

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from tests.messaging.imap_server import MailServer
from tests.messaging.mails import BASE, answer, bounce_of, dsn
from tests.messaging.pop3_server import PopServer
from wagtail_automation.leads import erasure
from wagtail_automation.leads.models import Identifier
from wagtail_automation.messaging import actions, sender
from wagtail_automation.messaging.delivery import answers, mailboxes, receiving, relaying, reports, verp
from wagtail_automation.messaging.delivery.models import Mailbox
from wagtail_automation.messaging.models import DirectMessage
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(db):
    return User.objects.create_user("theo", "theo@sales.example", "x", first_name="Théo", last_name="Aulne")


@pytest.fixture
def sent(make_email, make_lead, queue, brand, smtp, owner):
    """One message to Ada, whom Théo looks after."""
    brand.return_path = BASE
    brand.save()
    lead = make_lead("ada@example.com", first_name="Ada", last_name="Byron", owner=owner)
    (message,) = queue(make_email(name="Spring"), lead)
    sender.send_due()
    smtp.raw.clear()
    message.refresh_from_db()
    return message


@pytest.fixture
def imap():
    with MailServer() as running:
        yield running


@pytest.fixture
def mailbox(imap, settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "SECRETS": {"answers": "pa ss"}}
    return Mailbox.objects.create(
        name="Answers", host="127.0.0.1", port=imap.port, use_ssl=False, username="reponse@atelier.example",
        secret="answers", relays_replies=True,
    )  # fmt: skip


def reply(message, *, own="<1@example.com>", **kwargs) -> bytes:
    return answer(message.message_id, more=f"Message-ID: {own}\r\n" + kwargs.pop("more", ""), **kwargs)


def with_files(message, *files, text="See the files.") -> bytes:
    """``files``: (name, kind, content)."""
    parts = [f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"]
    parts += [
        f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="{name}"\r\n\r\n'
        + base64.encodebytes(content).decode().replace("\n", "\r\n")
        for name, kind, content in files
    ]
    return (
        f"From: Ada <ada@example.com>\r\nTo: x@atelier.example\r\nSubject: Re: Hi\r\nMessage-ID: <f@x>\r\n"
        f"In-Reply-To: <{message.message_id}>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="AA"\r\n\r\n--AA\r\n' + "--AA\r\n".join(parts) + "--AA--\r\n"
    ).encode()


def text_of(mail) -> str:
    return mail.get_body(("plain",)).get_content()


# -- the way to the owner ----------------------------------------------------------------------------------


def test_an_answer_in_the_mailbox_reaches_the_owner_and_theirs_the_person(mailbox, imap, sent, smtp, owner):
    imap.mails = {1: reply(sent, subject="=?utf-8?q?Re=3A_Un_devis_=C3=A9crit=3F?=")}
    assert str(mailboxes.read(mailbox)) == "reply: 1"
    assert str(mailboxes.read(mailbox)) == "nothing new"
    sender.send_due()
    (mail,) = smtp.messages
    assert (mail["To"], mail["Reply-To"]) == ("theo@sales.example", "ada@example.com")
    assert mail["From"] == "Atelier Sève <bonjour@atelier.example>", "another domain in From breaks DMARC"
    assert mail["Auto-Submitted"] == "auto-generated" and "Un devis écrit?" in mail["Subject"]
    text = text_of(mail)
    assert "Ada Byron answered the email “Spring”." in text and "Thank you!" in text and "Careful" not in text
    assert reverse("wagtail_automation_lead:inspect", args=[sent.lead_id]) in text
    row = DirectMessage.objects.get()
    assert (row.subject, row.text, row.reply_to, row.attachments) == ("", "", "", [])
    sent.refresh_from_db()
    event = Event.objects.get(name="email_passed_on")
    assert sent.replied_at and (event.lead_id, event.data["to"]) == (sent.lead_id, "Théo Aulne")


def test_by_pop3_too(mailbox, sent, smtp):
    with PopServer() as pop:
        pop.mails = {"a": reply(sent), "b": reply(sent)}
        Mailbox.objects.update(protocol="pop3", port=pop.port)
        assert str(mailboxes.read(Mailbox.objects.get())) == "reply: 2"
    sender.send_due()
    assert len(smtp.raw) == 1


def test_the_switch_is_off_at_first_and_stands_in_the_form(mailbox, imap, sent, client):
    assert Mailbox().relays_replies is False
    client.force_login(User.objects.create_superuser("boss"))
    edit = reverse("wagtail_automation_mailbox:edit", args=[mailbox.pk])
    assert "Pass answers on" in client.get(edit).content.decode()
    form = {"name": "B", "protocol": "imap", "host": "127.0.0.1", "port": imap.port, "is_active": "on",
            "username": "u", "secret": "answers", "folder": "INBOX"}  # fmt: skip
    assert client.post(edit, form).status_code == 302
    mailbox.refresh_from_db()
    imap.mails = {1: reply(sent)}
    assert mailbox.relays_replies is False and str(mailboxes.read(mailbox)) == "reply: 1"
    assert not DirectMessage.objects.exists()
    client.post(edit, {**form, "relays_replies": "on"})
    assert Mailbox.objects.get().relays_replies is True


def test_in_the_language_of_the_owner(mailbox, sent, owner):
    from wagtail.users.models import UserProfile

    UserProfile.objects.create(user=owner, preferred_language="fr")
    receiving.mail(reply(sent), mailbox=mailbox)
    assert "a répondu à l’e-mail" in DirectMessage.objects.get().text


def test_the_timeline_tells_it(mailbox, sent, client):
    receiving.mail(reply(sent), mailbox=mailbox)
    client.force_login(User.objects.create_superuser("boss"))
    page = client.get(reverse("wagtail_automation_lead:inspect", args=[sent.lead_id])).content.decode()
    assert "Answer passed on" in page and "to Théo Aulne" in page


def test_each_answer_once_also_when_the_folder_is_numbered_anew(mailbox, imap, sent):
    imap.mails = {1: reply(sent), 2: reply(sent, own="<2@example.com>"), 3: answer(sent.message_id)}
    mailboxes.read(mailbox)
    imap.validity = 9
    mailboxes.read(mailbox)
    with test_clock.shift(dt.timedelta(days=100)):
        DirectMessage.objects.all().delete()  # retention
        imap.validity = 10
        mailboxes.read(mailbox)
    assert not DirectMessage.objects.exists() and Event.objects.filter(name="email_passed_on").count() == 3


# -- who gets none -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["nobody", "left", "no address", "bad address"])
def test_without_somebody_who_can_get_it(mailbox, sent, owner, change):
    if change == "nobody":
        sent.lead.owner = None
        sent.lead.save()
    else:
        values = {"left": {"is_active": False}, "no address": {"email": ""}, "bad address": {"email": "x y"}}
        User.objects.filter(pk=owner.pk).update(**values[change])
    assert receiving.mail(reply(sent), mailbox=mailbox) == reports.REPLY
    assert not DirectMessage.objects.exists() and not Event.objects.filter(name="email_passed_on").exists()


@pytest.mark.parametrize(
    "more",
    [
        "Auto-Submitted: auto-replied\r\n",
        "Auto-Submitted: auto-generated; owner-email=\"x@y\"\r\n",
        "Precedence: bulk\r\n",
        "X-Autoreply: yes\r\n",
        "Return-Path: <>\r\n",
    ],
)  # fmt: skip
def test_what_a_program_answers_is_not_passed_on(mailbox, imap, sent, more):
    imap.mails = {1: reply(sent, more=more), 2: reply(sent, subject="Out of office", own="<2@x>")}
    assert str(mailboxes.read(mailbox)) == "auto_reply: 2" and not DirectMessage.objects.exists()


def test_bounces_reports_and_unsubscriptions_are_not_passed_on(mailbox, imap, sent):
    away = verp.address(BASE, verp.UNSUBSCRIBE, sent.pk)
    imap.mails = {
        1: bounce_of(sent),
        2: dsn(verp.address(BASE, verp.BOUNCE, sent.pk), "ada@example.com", action="delayed"),
        3: f"From: ada@example.com\r\nTo: {away}\r\nSubject: unsubscribe\r\n\r\nx".encode(),
        4: answer("0" * 32 + "@atelier.example"),
    }
    assert str(mailboxes.read(mailbox)) == "bounce: 1, delayed: 1, not_ours: 1, unsubscribe: 1"
    assert not DirectMessage.objects.exists()


def test_a_circle_does_not_begin(mailbox, imap, sent, smtp, owner):
    """The owner's mail program sends everything on to the mailbox, answers by itself, and writes to it."""
    imap.mails = {1: reply(sent)}
    mailboxes.read(mailbox)
    sender.send_due()
    (relayed,) = smtp.raw
    path = smtp.senders[-1]
    imap.mails |= {
        2: relayed,
        3: b"Delivered-To: reponse@atelier.example\r\nIn-Reply-To: <%s>\r\n" % sent.message_id.encode()
        + relayed,
        4: f"From: theo@sales.example\r\nTo: {path}\r\nSubject: I am away\r\n\r\nBack on Monday.".encode(),
        5: reply(sent, own="<5@x>", sender="theo@sales.example"),
    }
    mailboxes.read(mailbox)
    sender.send_due()
    assert len(smtp.raw) == 1
    for ours in ("reponse@atelier.example", BASE, "Reponse@Atelier.example"):
        User.objects.filter(pk=owner.pk).update(email=ours)
        imap.mails[max(imap.mails) + 1] = reply(sent, own=f"<{ours}>")
    mailboxes.read(mailbox)
    assert DirectMessage.objects.count() == 1


def test_a_flood_stops_at_a_bound_and_ends_the_next_day(mailbox, imap, sent):
    imap.mails = {n: reply(sent, own=f"<{n}@x>") for n in range(1, 31)}
    mailboxes.read(mailbox)
    assert DirectMessage.objects.count() == relaying.MOST
    with test_clock.shift(dt.timedelta(days=1, minutes=1)):
        imap.mails = {31: reply(sent, own="<31@x>")}
        mailboxes.read(mailbox)
    assert DirectMessage.objects.count() == relaying.MOST + 1


# -- strangers ---------------------------------------------------------------------------------------------


def test_from_is_not_believed(mailbox, sent, smtp):
    Identifier.objects.create(kind="email", value="ada@home.example", lead=sent.lead)
    receiving.mail(reply(sent, sender="Ada@Home.example"), mailbox=mailbox)
    evil = "Reply-To: eve@evil.example\r\nSender: eve@evil.example\r\n"
    receiving.mail(reply(sent, own="<2@x>", sender="eve@evil.example", more=evil), mailbox=mailbox)
    receiving.mail(reply(sent, own="<3@x>", sender="\xad\x00,;<>@@", more=evil), mailbox=mailbox)
    sender.send_due()
    known, forged, broken = smtp.messages
    assert known["Reply-To"] == "ada@home.example" and "Careful" not in text_of(known)
    for mail in (forged, broken):
        assert mail["Reply-To"] == "ada@example.com" and "Careful: it was sent from" in text_of(mail)
        assert not [value for name, value in mail.items() if "evil" in value]


@pytest.mark.parametrize(
    "subject",
    [
        "Hi\r\n Bcc: eve@evil.example",
        "=?utf-8?q?Hi=0D=0ABcc=3A_eve=40evil=2Eexample?=",
        "=?utf-8?b?SGkKQmNjOiBldmVAZXZpbC5leGFtcGxl?=",
        "Hi\x0bBcc: eve@evil.example\x85X: y\u2028Z: z",
        "=?nonsense?q?x?= \ud83d",
    ],
)
def test_no_header_is_smuggled_in(mailbox, sent, smtp, subject):
    sent.lead.first_name = "Ada\nBcc: eve@evil.example"
    sent.lead.save()
    raw = reply(sent).replace(b"Subject: Re: Hi", b"Subject: " + subject.encode("utf-8", "surrogatepass"))
    receiving.mail(raw, mailbox=mailbox)
    sender.send_due()
    (mail,) = smtp.messages
    assert mail["Bcc"] is None and mail["X"] is None and mail["Z"] is None
    assert mail.get_all("To") == ["theo@sales.example"]


def test_small_harmless_files_come_along_and_others_are_named(mailbox, imap, sent, smtp):
    imap.mails = {
        1: with_files(
            sent,
            ("plan.pdf", "application/pdf", b"%PDF" + b"x" * 2000),
            ("../../etage:1.png", "image/png", b"\x89PNG"),
            ("run.exe", "application/pdf", b"MZ"),
            ("page.html", "text/html", b"<script>alert(1)</script>"),
            ("macro.pdf", "application/x-msdownload", b"MZ"),
            ("large.png", "image/png", b"y" * 70_000),
            ("=?utf-8?q?a=E2=80=AEgnp=2Eexe?=", "image/png", b"z"),
        )
    }
    mailboxes.read(mailbox)
    sender.send_due()
    (mail,) = smtp.messages
    got = {part.get_filename(): part.get_content_type() for part in mail.iter_attachments()}
    assert got == {"plan.pdf": "application/pdf", "_.._etage_1.png": "image/png"}
    text = text_of(mail)
    assert "– plan.pdf (application/pdf, 1 KB), attached" in text
    for name in ("run.exe", "page.html", "macro.pdf", "large.png", "agnp.exe"):
        assert f"– {name} (" in text and "only in the mailbox" in text
    assert "\u202e" not in text and "<script>" not in mail.as_string()


def test_html_only_becomes_words(mailbox, sent):
    html = (
        "Content-Type: text/html; charset=utf-8\r\n\r\n<style>p{}</style><script>steal()</script>"
        "<div>Yes, please.</div><div>And <b>two</b> chairs.</div><img src=https://evil.example/p.gif>"
    )
    raw = reply(sent, more="MIME-Version: 1.0\r\n" + html.partition("\r\n\r\n")[0] + "\r\n")
    receiving.mail(raw.replace(b"Thank you!", html.partition("\r\n\r\n")[2].encode()), mailbox=mailbox)
    text = DirectMessage.objects.get().text
    assert "Yes, please.\n\nAnd two chairs." in text and "steal" not in text and "evil" not in text


def test_bombs_cost_little_and_pass_no_more_than_a_part(mailbox, imap, sent):
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(60)
    )
    deep = "<div>" * 12_000 + "<!--" * 3000 + "<a <" * 3000
    begin = reply(sent, own="<deep@x>", more="Content-Type: text/html\r\n").replace(
        b"Thank you!", deep.encode()
    )
    imap.mails = {
        1: reply(sent, own="<long@x>") + b"word " * 1_000_000,
        2: reply(sent, own="<nested@x>", more="MIME-Version: 1.0\r\n").replace(
            b"\r\n\r\n", b"\r\n" + nested, 1
        ),
        3: begin,
        4: with_files(sent, *[(f"{n}.txt", "text/plain", b"x" * 9000) for n in range(30)]),
        5: reply(sent, own="<charset@x>", more="Content-Type: text/plain; charset=\x00bomb\r\n"),
        6: with_files(sent, ("cut.pdf", "application/pdf", b"p" * 400_000)).replace(b"<f@x>", b"<cut@x>"),
    }
    begun = time.process_time()
    assert not mailboxes.read(mailbox).error
    assert time.process_time() - begun < 10
    rows = list(DirectMessage.objects.order_by("pk"))
    assert len(rows) >= 4
    assert max(len(row.text) for row in rows) < answers.MAX_TEXT + 3000
    assert max(sum(len(one["content"]) for one in row.attachments) for row in rows) <= answers.TOGETHER * 1.4
    assert "(The answer is longer." in rows[0].text
    cut = next(row for row in rows if "cut.pdf" in row.text)
    assert cut.attachments == [] and "only in the mailbox" in cut.text


@pytest.mark.parametrize(
    "raw", [b"", b"\x00" * 500, b"From: a@b\r\n\r\n", b"Content-Type: multipart/mixed\r\n\r\nx"]
)
def test_what_is_hardly_a_mail_is_read_all_the_same(raw):
    found = answers.read(raw)
    assert found is None or (found.attachments == () and len(found.identity) == 32)


def test_an_erasure_takes_a_waiting_answer_along(mailbox, sent):
    receiving.mail(reply(sent), mailbox=mailbox)
    assert DirectMessage.objects.exists()
    erasure.erase_now(leads=[sent.lead_id], origin="test")
    assert not DirectMessage.objects.exists()


def test_a_reply_to_with_a_line_break_is_refused():
    with pytest.raises(ValueError, match="line break"):
        actions.queue_direct(to="a@b.example", subject="S", text="t", key="k", reply_to="x@y\nBcc: z@z")
