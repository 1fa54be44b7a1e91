"""Mails as servers and people send them back, for the tests of what comes in."""

from wagtail_automation.messaging.delivery import verp

#: where bounces of the tests' site go to
BASE = "bounces@atelier.example"


def dsn(
    to, recipient, *, action="failed", status="5.1.1", code="550 5.1.1 User unknown", original=""
) -> bytes:
    """As Postfix writes it (RFC 3464)."""
    return (
        f"From: MAILER-DAEMON@mx.example (Mail Delivery System)\r\nTo: {to}\r\nSubject: Undelivered Mail\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="AA"\r\n\r\n'
        "--AA\r\nContent-Type: text/plain\r\n\r\nI'm sorry.\r\n\r\n"
        "--AA\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {code}\r\n\r\n"
        "--AA\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: <{original}>\r\nSubject: Hi\r\n\r\n--AA--\r\n"
    ).encode()


def arf(to, recipient, *, kind="abuse", original="", mail_from="") -> bytes:
    """As a feedback loop writes it (RFC 5965)."""
    return (
        f"From: fbl@mailbox.example\r\nTo: {to}\r\nSubject: complaint\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="BB"\r\n\r\n'
        "--BB\r\nContent-Type: text/plain\r\n\r\nThis is an email abuse report.\r\n\r\n"
        "--BB\r\nContent-Type: message/feedback-report\r\n\r\n"
        f"Feedback-Type: {kind}\r\nUser-Agent: Loop/1\r\nVersion: 1\r\nOriginal-Mail-From: <{mail_from}>\r\n"
        f"Original-Rcpt-To: <{recipient}>\r\n\r\n"
        "--BB\r\nContent-Type: message/rfc822\r\n\r\n"
        f"Message-ID: <{original}>\r\nSubject: Hi\r\n\r\nHello\r\n--BB--\r\n"
    ).encode()


def answer(
    message_id, *, sender="ada@example.com", to="reponse@atelier.example", more="", subject="Re: Hi"
) -> bytes:
    return (
        f"From: Ada <{sender}>\r\nTo: {to}\r\nSubject: {subject}\r\nIn-Reply-To: <{message_id}>\r\n"
        f"References: <x@y> <{message_id}>\r\n{more}\r\nThank you!\r\n"
    ).encode()


def bounce_of(message) -> bytes:
    """A hard bounce to the signed address of a message."""
    return dsn(verp.address(BASE, verp.BOUNCE, message.pk), message.lead.email)
