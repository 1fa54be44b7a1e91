"""Bounces, refusals and notes of absence as the usual servers and programs write them, in many languages."""

import unicodedata
from email.header import Header

import pytest

from tests.messaging.mails import BASE, answer, dsn
from wagtail_automation.messaging.delivery import codes, reports, verp

MINE = verp.address(BASE, verp.BOUNCE, 7)
OURS = "0123456789abcdef0123456789abcdef@atelier.example"


def report(
    status_part: str, *, kind="message/delivery-status", sender="postmaster@corp.example", words="Sorry"
):
    return reports.read(
        (
            f"From: {sender}\r\nTo: {MINE}\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="AA"\r\n\r\n'
            f"--AA\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n\r\n"
            f"--AA\r\nContent-Type: {kind}\r\n\r\n{status_part}\r\n"
            f"--AA\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <{OURS}>\r\n"
            "Subject: Hi\r\n\r\nHello\r\n--AA--\r\n"
        ).encode()
    )


POSTFIX = """Reporting-MTA: dns; mail.atelier.example
X-Postfix-Queue-ID: 4C5D2F
Arrival-Date: Fri, 27 Nov 2026 10:00:00 +0100 (CET)

Final-Recipient: rfc822; ada@corp.example
Original-Recipient: rfc822;ada@corp.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.corp.example
Diagnostic-Code: smtp; 550 5.1.1 <ada@corp.example>: Recipient address rejected:
    User unknown in virtual mailbox table
"""
EXCHANGE = """Reporting-MTA: dns;DB9PR01MB1234.eurprd01.prod.exchangelabs.com
Received-From-MTA: dns;mail.atelier.example
Arrival-Date: Fri, 27 Nov 2026 09:00:00 +0000

Final-Recipient: rfc822;ada@corp.example
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup
"""
EXCHANGE_RESTRICTED = EXCHANGE.replace("5.1.10", "5.7.133").replace(
    "RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
    "RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery restriction check failed",
)
GMAIL = """Reporting-MTA: dns; googlemail.com
Received-From-MTA: dns; bonjour@atelier.example
Arrival-Date: Fri, 27 Nov 2026 01:00:00 -0800 (PST)
X-Original-Message-ID: <x@y>

Final-Recipient: rfc822; ada@gmail.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; gmail-smtp-in.l.google.com. (74.125.133.26, the server for the domain gmail.example.)
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try
 550-5.1.1 double-checking the recipient's email address for typos or
 550 5.1.1 https://support.google.com/mail/?p=NoSuchUser 4fb4d7f45d1cf-5f1spfq - gsmtp
Last-Attempt-Date: Fri, 27 Nov 2026 01:00:01 -0800 (PST)
"""
GMAIL_FULL = (
    GMAIL.replace("Status: 5.1.1", "Status: 5.2.2")
    .replace("550-5.1.1 The", "552-5.2.2 The")
    .replace("does not exist", "is out of storage space")
)
T_ONLINE = """Reporting-MTA: dns; mailout11.t-online.example

Final-Recipient: rfc822; ada@corp.example
Action: failed
Status: 5.0.0
Diagnostic-Code: smtp; 550 #5.1.0 Address rejected. Benutzer unbekannt
"""
EXPIRED = """Reporting-MTA: dns; mail.atelier.example

Final-Recipient: rfc822; ada@corp.example
Action: failed
Status: 4.4.7
Diagnostic-Code: smtp; 451 delivery temporarily suspended: connect to mx[5.1.1.9]:25: Connection timed out
"""
TOO_LARGE = """Reporting-MTA: dns; mail.corp.example

Final-Recipient: rfc822; ada@corp.example
Action: failed
Status: 5.3.4
Diagnostic-Code: smtp; 552 5.3.4 Message size exceeds fixed limit
"""
BEYOND_ASCII = """Reporting-MTA: dns; mail.corp.example
Arrival-Date: Fri, 27 Nov 2026 09:00:00 +0000

Final-Recipient: utf-8; ada@bücher.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown
"""


@pytest.mark.parametrize(
    ("text", "bounce", "status"),
    [
        (POSTFIX, "hard", "5.1.1"),
        (EXCHANGE, "hard", "5.1.10"),
        (EXCHANGE_RESTRICTED, "blocked", "5.7.133"),
        (GMAIL, "hard", "5.1.1"),  # whatever three letters its number holds
        (GMAIL_FULL, "soft", "5.2.2"),
        (T_ONLINE, "hard", "5.1.0"),
        (EXPIRED, "soft", "4.4.7"),
        (TOO_LARGE, "blocked", "5.3.4"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_reports_by_the_standard(text, bounce, status, end):
    found = report(
        text.replace("\n", end),
        words="Votre message n'a pas été remis. Ihre Nachricht wurde nicht zugestellt.",
    )
    assert (found.kind, found.bounce, found.status) == ("bounce", bounce, status)
    assert found.token == (verp.BOUNCE, 7) and found.message_ids == (OURS,)
    assert found.recipients == ("ada@corp.example",) or "gmail" in text


def test_a_report_about_an_address_beyond_ascii():
    """RFC 6533: the parser takes its status part for a message."""
    found = report(BEYOND_ASCII, kind="message/global-delivery-status")
    assert (found.kind, found.bounce, found.recipients) == ("bounce", "hard", ("ada@bücher.example",))
    assert report("Nothing of the kind", kind="message/global-delivery-status").kind != "unreadable"


@pytest.mark.parametrize(
    "part", ["", "QWN0aW9uOiBmYWlsZWQKU3RhdHVzOiA1LjEuMQo=", "Reporting-MTA: dns; x\r\n"]
)
def test_a_report_without_a_status_is_read_as_prose(part):
    found = report(
        part, sender="Mail <MAILER-DAEMON@old.example>", words="550 5.1.1 <ada@corp.example>: user unknown"
    )
    assert (found.kind, found.bounce) == ("bounce", "hard")


@pytest.mark.parametrize(
    ("sender", "words", "bounce"),
    [
        (
            "Mail Delivery System <Mailer-Daemon@mx.example>",
            "ada@corp.example\r\n  Unrouteable address",
            "soft",
        ),
        (
            "Mail Delivery System <Mailer-Daemon@mx.example>",
            "ada@corp.example\r\n  unknown user: ada",
            "hard",
        ),
        ("MAILER-DAEMON@qmail.example", "<ada@corp.example>:\r\nSorry, no mailbox here. (#5.1.1)", "hard"),
        ("postmaster@corp.example", "host mx[10.5.1.1] said: come back later", "soft"),
    ],
)
def test_prose_of_a_mail_server_is_no_note_of_absence(sender, words, bounce):
    """Such servers mark what they write as automatic (RFC 3834), as those who are away do."""
    raw = f"From: {sender}\r\nTo: {MINE}\r\nAuto-Submitted: auto-replied\r\nSubject: Delivery failed\r\n\r\n"
    found = reports.read((raw + words).encode())
    assert (found.kind, found.bounce) == ("bounce", bounce)


@pytest.mark.parametrize(
    ("words", "status", "kind"),
    [
        ("connect to mx.corp.example[10.5.1.1]:25: Connection refused", "", "soft"),
        ("host mx[5.1.1.20] said: try again", "", "soft"),
        ("host mx[23.5.1.1] said: 550 5.7.1 policy", "5.7.1", "blocked"),
        ("552 5.3.4 Message too big for system", "5.3.4", "blocked"),
        ("552 Your message is too large", "552", "blocked"),
        ("552 5.2.2 mailbox size limit exceeded, over quota", "5.2.2", "soft"),
        ("550-5.1.1 no such user", "5.1.1", "hard"),
    ],
)
def test_numbers_that_are_no_status(words, status, kind):
    assert (codes.status_of(words), codes.kind_of(codes.status_of(words), words)) == (status, kind)


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: News",
        "Réponse automatique : absente jusqu'à lundi",
        "Automatische Antwort: News",
        "Respuesta automática: News",
        "Risposta automatica: News",
        "Resposta automática: News",
        "Automatisch antwoord: News",
        "Automatiskt svar: News",
        "Autosvar: News",
        "Automaattinen vastaus: News",
        "Odpowiedź automatyczna: News",
        "Automatická odpověď: News",
        "Automatikus válasz: News",
        "Otomatik Yanıt: News",
        "Автоматический ответ: News",
        "自動応答: News",
        "自动答复: News",
        "자동 회신: News",
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_notes_of_absence(subject, form):
    encoded = Header(unicodedata.normalize(form, subject), "utf-8").encode()
    assert reports.read(answer(OURS, subject=encoded)).kind == reports.AUTO_REPLY
    assert (
        reports.read(answer(OURS, subject=Header(f"Re: {subject}", "utf-8").encode())).kind == reports.REPLY
    )


@pytest.mark.parametrize("subject", ["Re: News", "Answer to your news", "Une question", "AW: News", "不"])
def test_people_are_not_taken_for_programs(subject):
    assert reports.read(answer(OURS, subject=Header(subject, "utf-8").encode())).kind == reports.REPLY


def test_a_delay_is_no_bounce_in_any_form():
    assert (
        reports.read(dsn(MINE, "ada@corp.example", action="delayed", status="4.4.1")).kind == reports.DELAYED
    )
    assert (
        report(BEYOND_ASCII.replace("failed", "delayed"), kind="message/global-delivery-status").kind
        == "delayed"
    )
