"""Reading mailboxes, here by IMAP (RFC 3501). Nothing is deleted or marked there; where reading stands, we
keep."""

import base64
import contextlib
import datetime as dt
import imaplib
import logging
import poplib
import re
import ssl
from dataclasses import dataclass, field
from functools import partial

from django.db import DatabaseError
from django.db.models import Q

from wagtail_automation import clock, secret

from . import pop3, receiving, reports
from .models import Mailbox

logger = logging.getLogger("wagtail_automation")

TIMEOUT = 20
#: mails of one reading; more come with the next
BATCH = 200
FAULTS = (OSError, imaplib.IMAP4.error, poplib.error_proto, secret.MissingSecretError, ValueError)


@dataclass
class Reading:
    """What one reading of one mailbox found: mails by what they said."""

    counts: dict[str, int] = field(default_factory=dict)
    error: str = ""
    is_full: bool = False

    def __str__(self):
        return self.error or ", ".join(f"{k}: {n}" for k, n in sorted(self.counts.items())) or "nothing new"


def is_due(now: dt.datetime, minutes: int) -> bool:
    """Whether any mailbox was not read for so long."""
    old = Q(read_at=None) | Q(read_at__lte=now - dt.timedelta(minutes=minutes))
    return Mailbox.objects.filter(old, is_active=True).exists()


def read_all() -> dict[str, Reading]:
    """Read every active mailbox; a failure of one is noted on it and keeps no other from being read."""
    return {mailbox.name: read(mailbox) for mailbox in Mailbox.objects.filter(is_active=True)}


def read(mailbox: Mailbox) -> Reading:
    """Read what is new, at most ``BATCH`` mails. A mail is done when what it told is committed; killed
    between, it is read again and changes nothing."""
    reading = Reading()
    try:
        if mailbox.protocol == Mailbox.Protocol.POP3:
            pop3.read(mailbox, reading, judge=partial(_judge, mailbox), most=BATCH, timeout=TIMEOUT)
        else:
            with _connected(mailbox) as imap:
                _read(mailbox, imap, reading)
    except FAULTS as error:
        reading.error = reports.one_line(f"{type(error).__name__}: {error}")
    Mailbox.objects.filter(pk=mailbox.pk).update(
        read_at=clock.now(),
        error=reading.error,
        uid_validity=mailbox.uid_validity,
        last_uid=mailbox.last_uid,
        seen=mailbox.seen,
    )
    return reading


@contextlib.contextmanager
def _connected(mailbox: Mailbox):
    password = secret.get(mailbox.secret)
    if mailbox.use_ssl:
        imap = imaplib.IMAP4_SSL(
            mailbox.host, mailbox.port, ssl_context=ssl.create_default_context(), timeout=TIMEOUT
        )
    else:
        imap = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=TIMEOUT)
    try:
        imap.login(mailbox.username, password)
        yield imap
    finally:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            imap.logout()


def in_imap(folder: str) -> str:
    """A folder's name as IMAP writes it: UTF-7 with ``&`` and ``,`` (RFC 3501 §5.1.3)."""

    def encoded(found) -> str:
        octets = found[0].encode("utf-16-be", "replace")
        return "&" + base64.b64encode(octets).decode().rstrip("=").replace("/", ",") + "-"

    return re.sub(r"[^\x20-\x7e]+", encoded, folder.replace("&", "&-"))


def _read(mailbox: Mailbox, imap, reading: Reading) -> None:
    folder = in_imap(mailbox.folder).replace("\\", "\\\\").replace('"', '\\"')
    answer, data = imap.select(f'"{folder}"', readonly=True)
    if answer != "OK":
        raise ValueError(f"no folder {mailbox.folder}: {data[0]!r}")
    validity = imap.response("UIDVALIDITY")[1]
    validity = int(validity[0]) if validity and validity[0] else 0
    if validity != mailbox.uid_validity:  # numbered anew: all is read again, and changes nothing
        mailbox.uid_validity, mailbox.last_uid = validity, 0
    uids = _new_uids(imap, mailbox.last_uid)
    reading.is_full = len(uids) > BATCH
    for uid in uids[:BATCH]:
        # no more than a part of it is ever fetched, whatever is attached; PEEK leaves it unread
        answer, parts = imap.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{reports.MAX_BYTES}>)")
        raw = next((part[1] for part in parts or () if isinstance(part, tuple)), b"")
        said = _judge(mailbox, raw)
        reading.counts[said] = reading.counts.get(said, 0) + 1
        mailbox.last_uid = uid


def _new_uids(imap, last: int) -> list[int]:
    answer, data = imap.uid("SEARCH", None, f"UID {last + 1}:*")
    if answer != "OK":
        raise ValueError(f"the server does not search: {data!r}")
    found = (data[0] or b"").split() if data else []
    # "n:*" always holds the last mail, also when its number is below n
    return sorted(uid for uid in map(int, found) if uid > last)


def _judge(mailbox: Mailbox, raw: bytes) -> str:
    try:
        return receiving.mail(raw, mailbox=mailbox) if mailbox.relays_replies else receiving.mail(raw)
    except DatabaseError:
        raise
    except Exception:
        # one mail that nobody foresaw must not stop all that come after it
        logger.exception("A mail could not be judged")
        return "failed"
