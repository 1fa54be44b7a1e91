"""Mail servers: one way to a connection for EMAIL_* and MAILERS, and what an error means for a message."""

import contextlib
import smtplib
import socket
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import requests
from anymail.backends.base import AnymailBaseBackend
from anymail.exceptions import (
    AnymailError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from django.core import mail
from django.core.mail.backends.smtp import EmailBackend
from urllib3.exceptions import NewConnectionError

from wagtail_automation import conf, secret

from .mould import Finished
from .rendering import one_line

#: Statuses by which a provider speaks of the account, its key, its limits or the moment: no message's fault.
ACCOUNT = frozenset({401, 402, 403, 404, 405, 407, 408, 420, 423, 425, 429})
#: RFC 1870 §6.1: of a message, although the answer is to MAIL FROM
TOO_LARGE = 552
#: no connection came about, so nobody has heard anything
UNCONNECTED = (requests.ConnectTimeout, requests.exceptions.SSLError, requests.exceptions.ProxyError)
#: octets: most messages fit in as a whole
SEND_BUFFER = 1 << 18


class Verdict(Enum):
    """What became of one message."""

    SENT = "sent"
    RETRY = "retry"  # nobody has it; try again later
    FAILED = "failed"  # nobody has it, and trying again would not help
    UNKNOWN = "unknown"  # the server may have it: never sent again by itself


@dataclass(frozen=True)
class Outcome:
    """The verdict, its reason (a code), what the server said. ``down``: the server's trouble."""

    verdict: Verdict
    reason: str = ""
    detail: str = ""
    down: bool = False
    #: what the provider calls the message
    provider_id: str = ""


#: of most messages
TAKEN = Outcome(Verdict.SENT)


def connection():
    """A connection of the site's default mailer: MAILERS (Django 6.1) or EMAIL_*."""
    made = mail.mailers.default if hasattr(mail, "mailers") else mail.get_connection()
    if getattr(made, "timeout", 0) is None:
        # without a limit a silent server would hold the lease until it expires
        made.timeout = conf.get("LEASE_SECONDS") / 3
    return made


def speaks_smtp() -> bool:
    """Whether the site's own mailer is Django's for SMTP, so that finished messages may be handed over."""
    made = connection()
    return type(made) is EmailBackend and not made.fail_silently


class Transport:
    """One connection for a batch of messages, opened when first used; use as a context manager.

    ``send`` returns an Outcome and never raises for what a server or the network does.
    """

    def __init__(self, make: Callable = connection):
        self._make = make
        self._backend = None
        self._watch = None
        #: the message whose envelope was sent and not answered
        self._announced: Finished | None = None

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self) -> None:
        backend, self._backend = self._backend, None
        announced, self._announced = self._announced, None
        if announced is not None:  # the server waits for its content: a farewell would be taken for that
            backend.connection.close()
        elif backend is not None:
            # the messages were answered already: a rude good-bye changes nothing
            with contextlib.suppress(OSError, smtplib.SMTPException):
                backend.close()

    def send(self, message) -> Outcome:
        """Hand over one ``EmailMessage``, or one ``Finished`` where the connection speaks SMTP."""
        return self.begin(message) or self.finish()

    def announce(self, message) -> None:
        """Send the envelope of the message that begins next, before ``finish`` has heard of the last: that
        spares a journey to the server and back (RFC 2920 §3.1). Does nothing where the server would mind.
        What goes wrong is heard by ``finish`` and ``begin``."""
        smtp = getattr(self._backend, "connection", None)
        if isinstance(message, Finished) and smtp is not None and smtp.has_extn("pipelining"):
            self._announced = message
            with contextlib.suppress(OSError):  # not ``smtp.send``: the last answer may be there already
                smtp.sock.sendall(_envelope(smtp, message).encode())

    def begin(self, message) -> Outcome | None:
        """``send`` up to the point where only the server's answer is missing: None until ``finish``, and no
        other message may begin meanwhile. Whoever builds the next one in that time wastes none."""
        if self._announced not in (None, message):
            self.close()
        try:
            self._open()
        except (OSError, smtplib.SMTPException, secret.MissingSecretError) as error:
            self.close()
            return Outcome(Verdict.RETRY, "server_unreachable", describe(error), down=True)
        self._watch.in_data = False
        if isinstance(message, Finished):
            return self._judged(lambda: self._say(self._backend.connection, message))
        return self._judged(lambda: self._send_whole(message))

    def finish(self) -> Outcome:
        """What the server says about the message that was begun."""
        return self._judged(lambda: self._hear(self._backend.connection))

    def _judged(self, act: Callable[[], Outcome | None]) -> Outcome | None:
        """What ``act`` returns, or what its error means for the message."""
        try:
            return act()
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            return self._answered(code, text, "recipient_refused")
        except smtplib.SMTPSenderRefused as error:
            if error.smtp_code == TOO_LARGE:
                return self._answered(error.smtp_code, error.smtp_error, "message_refused")
            # the site's own address is refused: no fault of this message, so it waits for a mend
            self.close()
            return Outcome(Verdict.RETRY, "sender_refused", say(error.smtp_code, error.smtp_error), down=True)
        except smtplib.SMTPDataError as error:
            return self._answered(error.smtp_code, error.smtp_error, "message_refused")
        except AnymailRecipientsRefused as error:
            return Outcome(Verdict.FAILED, "recipient_refused", describe(error))
        except (OSError, smtplib.SMTPException, AnymailError) as error:
            return self._broken(error)

    def _send_whole(self, message) -> Outcome:
        self._address_envelope(message)
        if not self._backend.send_messages([message]):
            return Outcome(Verdict.RETRY, "not_accepted", "")
        identity = getattr(getattr(message, "anymail_status", None), "message_id", None)
        return Outcome(
            Verdict.SENT, provider_id=str(identity)[:255] if isinstance(identity, str | int) else ""
        )

    def _say(self, smtp: smtplib.SMTP, message: Finished) -> None:
        """One message by SMTP: its envelope, in one piece where the server takes that (RFC 2920) and perhaps
        announced before, then the content. Raises what ``smtplib.SMTP.sendmail`` raises."""
        smtp.ehlo_or_helo_if_needed()
        commands, is_pipelined = [""] * 3, smtp.has_extn("pipelining")
        if not is_pipelined:
            commands = _envelope(smtp, message).splitlines()
        elif self._announced is None:
            smtp.send(_envelope(smtp, message))
        self._announced = None
        answers = []
        for command in commands:
            answers.append(smtp.docmd(command) if command else smtp.getreply())
            if answers[-1][0] == 421 or (command and len(answers) < 3 and answers[-1][0] > 299):
                break
        self._envelope_taken(smtp, message, answers)
        self._watch.in_data = True
        smtp.send(message.wire)

    def _hear(self, smtp: smtplib.SMTP) -> Outcome:
        """Raises what ``smtplib.SMTP.sendmail`` raises for a message that is not accepted."""
        code, text = smtp.getreply()
        if code != 250:
            raise smtplib.SMTPDataError(code, text)
        return TAKEN

    def _envelope_taken(self, smtp: smtplib.SMTP, message: Finished, answers: list) -> None:
        """Raises for a refusal, with the conversation back at its beginning."""
        expected = ((250,), (250, 251), (354,))
        refused = next((n for n, (code, _) in enumerate(answers) if code not in expected[n]), None)
        if refused is None:
            return
        code, text = answers[refused]
        if code != 421:
            if answers[-1][0] == 354:  # it waits for content that has nobody to go to
                smtp.send(b".\r\n")
                smtp.getreply()
            smtp.rset()
        if refused == 0:
            raise smtplib.SMTPSenderRefused(code, text, message.sender)
        if refused == 1:
            raise smtplib.SMTPRecipientsRefused({message.to: (code, text)})
        raise smtplib.SMTPDataError(code, text)

    def _address_envelope(self, message) -> None:
        """The envelope's sender where we speak SMTP ourselves; From stays what people see."""
        path = getattr(message, "return_path", "")
        if path and not isinstance(self._backend, AnymailBaseBackend):
            message.extra_headers.setdefault("From", message.from_email)
            message.from_email = path

    def _open(self) -> None:
        if self._backend is None:
            self._backend = self._make()
        self._backend.open()
        smtp = getattr(self._backend, "connection", None)
        if self._watch is None or self._watch.smtp is not smtp:
            self._watch = _DataWatch(smtp)
            if isinstance(smtp, smtplib.SMTP):  # room for a whole message: to wait for it is nobody's work
                smtp.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)

    def _answered(self, code: int, text, reason: str) -> Outcome:
        """A reply with a code: RFC 5321 §4.2.1 – 4xx is for now, 5xx for good; 421 also hangs up."""
        if code == 421:
            self.close()
            return Outcome(Verdict.RETRY, "server_busy", say(code, text), down=True)
        if 400 <= code < 500:
            return Outcome(Verdict.RETRY, reason, say(code, text))
        return Outcome(Verdict.FAILED, reason, say(code, text))

    def _broken(self, error: Exception) -> Outcome:
        """The line went dead, or a provider's interface failed. After DATA nobody can tell."""
        in_data = self._watch.in_data
        self.close()
        status = _status(error)
        if isinstance(error, AnymailUnsupportedFeature | AnymailSerializationError | AnymailInvalidAddress):
            return Outcome(Verdict.FAILED, "provider_refused", describe(error))  # before anything was sent
        if isinstance(error, AnymailError) and status in ACCOUNT:
            return Outcome(Verdict.RETRY, "provider_account", describe(error), down=True)
        if isinstance(error, AnymailError) and status is not None and 400 <= status < 500:
            return Outcome(Verdict.FAILED, "provider_refused", describe(error))
        if in_data or (self._may_have_it(error) and not status):
            return Outcome(Verdict.UNKNOWN, "no_answer", describe(error), down=True)
        return Outcome(Verdict.RETRY, "server_unreachable", describe(error), down=True)

    def _may_have_it(self, error: Exception) -> bool:
        """Whether whoever was called without SMTP may have heard enough."""
        if not isinstance(error, OSError | AnymailError) or self._watch.smtp is not None:
            return False
        return not _never_connected(error)


def _status(error: Exception) -> int | None:
    """The status of a provider's answer, also in the manner of boto3."""
    found = getattr(error, "status_code", None)
    if found is None and isinstance(error, AnymailError):
        answer = getattr(error.__cause__, "response", None)
        found = answer.get("ResponseMetadata", {}).get("HTTPStatusCode") if isinstance(answer, dict) else None
    return found


def _never_connected(error: Exception) -> bool:
    """Whether a call over HTTP ended before there was a connection: no such host, refused, no certificate."""
    if isinstance(error, UNCONNECTED):
        return True
    cause = error.__cause__ if isinstance(error, requests.ConnectionError) else None
    reason = getattr(cause.args[0], "reason", None) if cause is not None and cause.args else None
    return isinstance(reason, NewConnectionError)


def _envelope(smtp: smtplib.SMTP, message: Finished) -> str:
    # RFC 1870 §5: without the last dot
    size = f" size={len(message.wire) - 3}" if smtp.has_extn("size") else ""
    return f"MAIL FROM:<{message.sender}>{size}\r\nRCPT TO:<{message.to}>\r\nDATA\r\n"


class _DataWatch:
    """Knows whether an SMTP connection has begun to hand over a message's content."""

    def __init__(self, smtp):
        self.smtp = smtp
        self.in_data = False
        if isinstance(smtp, smtplib.SMTP):
            original = smtp.data

            def data(content):
                self.in_data = True
                return original(content)

            smtp.data = data


def say(code: int, text) -> str:
    """``550 mailbox unavailable`` from a reply, as one line."""
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return one_line(f"{code} {text}")[:255]


def describe(error: Exception) -> str:
    return one_line(f"{type(error).__name__}: {error}")[:255]
