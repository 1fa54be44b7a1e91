"""Reading what comes back: bounces (RFC 3464), complaints (RFC 5965), auto-replies (RFC 3834), replies.

A pure function from bytes to a ``Report``; no database, no network. What it reads was written by strangers:
it reads a bounded part, unpacks and decodes nothing but headers and the report itself, and never raises.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from email import message_from_bytes, message_from_string
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses

from . import codes, verp

#: More than this of a mail is never read: reports are small, what is attached does not matter.
MAX_BYTES = 256 * 1024
#: A report has three parts; whoever nests deeper wants to make us work.
MAX_PARTS = 40
MAX_TEXT = 16 * 1024

BOUNCE, DELAYED, DELIVERED = "bounce", "delayed", "delivered"
COMPLAINT, AUTO_REPLY, REPLY, UNSUBSCRIBE = "complaint", "auto_reply", "reply", "unsubscribe"
NOTHING, UNREADABLE = "nothing", "unreadable"

#: the parser of the standard library trips over some malformed mails
FAULTS = (RecursionError, LookupError, ValueError, TypeError, AttributeError, AssertionError)

_MULTI = re.compile(rb"^content-type:[ \t]*(?:multipart|message)/", re.IGNORECASE | re.MULTILINE)
_MESSAGE_ID = re.compile(r"<([0-9a-f]{32}@[^\s<>@]{1,200})>")
#: how programs begin the subject of an answer while somebody is away, in the languages of the usual ones
_AUTO_SUBJECTS = (
    r"auto(matic)?[ -]?(reply|response|submitted)",
    r"out of (the )?office",
    r"réponse automatique|absen(t|ce)",
    r"automatische antwort|abwesen",
    r"automatisch antwoord|afwezig",
    r"respuesta automática|fuera de (la )?oficina",
    r"resposta automática|fora do escritório",
    r"risposta automatica|fuori (sede|ufficio)",
    r"răspuns automat",
    r"automatisk[at]? svar|autosv[ae]r|frånvaro|fravær",
    r"automaattinen vastaus|poissaoloilmoitus",
    r"automatyczna odpowiedź|odpowiedź automatyczna",
    r"automatick[áe] odpove[dď]|automatická odpověď",
    r"automatikus válasz",
    r"otomatik (yanıt|cevap)",
    r"автоматический ответ|автоответ|автоматична відповідь",
    r"αυτόματη απάντηση",
    r"自動(応答|返信|回覆)|自动(回复|答复)|不在",
    r"자동 ?(회신|응답)",
    r"رد تلقائي|מענה אוטומטי|תשובה אוטומטית",
)
_AUTO_SUBJECT = re.compile("|".join(_AUTO_SUBJECTS), re.IGNORECASE)
#: headers that only such programs write
_AUTO_HEADERS = (
    "X-Autoreply",
    "X-Autorespond",
    "X-AutoReply-From",
    "X-Mail-Autoreply",
    "X-FC-MachineGenerated",
    "X-Auto-Response-Suppress",
)
_DAEMON = re.compile(r"^(mailer-daemon|postmaster|mail-daemon)@", re.IGNORECASE)
#: RFC 3464, and RFC 6533 for addresses beyond ASCII
_STATUS = ("message/delivery-status", "message/global-delivery-status")
#: where mail servers note to whom it was really sent
_RECIPIENT_HEADERS = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Delivered-To", "To", "Cc")


@dataclass(frozen=True)
class Report:
    """What one mail says. ``token``: kind and number of a signed address of ours that it was sent to, which
    proves that it answers that message; ``message_ids``: ours that it names, which proves less."""

    kind: str
    token: tuple[str, int] | None = None
    message_ids: tuple[str, ...] = ()
    #: of a bounce: hard, soft, blocked; and the status code and words of the server
    bounce: str = ""
    status: str = ""
    detail: str = ""
    #: whom a bounce or complaint is about, in lower case
    recipients: tuple[str, ...] = field(default=())
    sender: str = ""


def read(raw: bytes) -> Report:
    """What a mail says; ``unreadable`` for what no honest mail server writes."""
    raw = raw[:MAX_BYTES]
    if len(_MULTI.findall(raw)) > MAX_PARTS:
        return Report(UNREADABLE)
    try:
        return _read(message_from_bytes(raw))
    except FAULTS:
        return Report(UNREADABLE)


def _read(mail: Message) -> Report:
    token = verp.find(" ".join(header(mail, name) for name in _RECIPIENT_HEADERS))
    sender = next((a for _n, a in getaddresses([header(mail, "From")]) if a), "").lower()[:254]
    parts = parts_of(mail)
    for part in parts:
        if part.get_content_type() in _STATUS and (groups := _recipient_groups(part)):
            return _delivery_status(groups, parts, token)
        if part.get_content_type() == "message/feedback-report":
            return _feedback(part, parts, token)
    if token and token[0] == verp.UNSUBSCRIBE:
        # a vacation notice to our mailto: address was asked for by nobody
        return Report(UNSUBSCRIBE if not _is_automatic(mail) else NOTHING, token, sender=sender)
    ids = _ids(" ".join(header(mail, name) for name in ("In-Reply-To", "References")))
    if _DAEMON.match(sender) or (token and header(mail, "Return-Path").strip() == "<>"):
        return _plain_bounce(mail, parts, token, ids, sender)
    if not ids and not token:
        return Report(NOTHING, sender=sender)
    # RFC 3834 §3.3: what is sent by a program has nobody to whom an error could be told
    from_nobody = header(mail, "Return-Path").strip() == "<>"
    kind = AUTO_REPLY if from_nobody or _is_automatic(mail) else REPLY
    return Report(kind, token, ids, sender=sender)


def parts_of(mail: Message) -> list[Message]:
    """The parts of a mail, not those inside a returned message."""
    found, waiting = [], [mail]
    while waiting and len(found) <= MAX_PARTS:
        part = waiting.pop(0)
        found.append(part)
        if part.get_content_maintype() == "multipart" and isinstance(part.get_payload(), list):
            waiting += part.get_payload()[:MAX_PARTS]
    return found


def header(mail: Message, name: str) -> str:
    """All headers of this name as they stand there, no more than 4,000 letters."""
    return " ".join(str(value) for value in mail.get_all(name, [])[:20])[:4000]


def _ids(text: str) -> tuple[str, ...]:
    """Message-IDs of our form."""
    return tuple(dict.fromkeys(match[1] for match in _MESSAGE_ID.finditer(text.lower()[:20_000])))[:20]


def _is_automatic(mail: Message) -> bool:
    """RFC 3834 §5, and what came before it."""
    submitted = header(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    if submitted and submitted != "no":
        return True
    if any(mail.get(name) for name in _AUTO_HEADERS):
        return True
    if header(mail, "Precedence").strip().lower() in ("auto_reply", "bulk", "junk", "list"):
        return True
    subject = unicodedata.normalize("NFC", decoded(header(mail, "Subject"))).strip()
    return bool(_AUTO_SUBJECT.match(subject))


def decoded(text: str) -> str:
    """A header as people read it (RFC 2047)."""
    try:
        pieces = decode_header(text)
        return "".join(p.decode(c or "ascii", "replace") if isinstance(p, bytes) else p for p, c in pieces)
    except (LookupError, ValueError):
        return text


def _groups(part: Message) -> list[Message]:
    """The groups of fields of a report: the parser makes a message of each; else read them ourselves."""
    payload = part.get_payload()
    if isinstance(payload, list) and part.get_content_type() != _STATUS[1]:
        return payload[:MAX_PARTS]
    if isinstance(payload, list):  # which the parser takes for a message: the first group its headers
        octets = payload[0].get_payload(decode=True) if payload else None
        payload = octets.decode("utf-8", "replace") if isinstance(octets, bytes) else ""
    text = str(payload)[:MAX_TEXT]
    blocks = re.split(r"\r?\n\r?\n", text)
    return [message_from_string(block.strip()) for block in blocks[:MAX_PARTS]]


def _typed(value: str) -> str:
    """The address in ``rfc822; somebody@example.com``."""
    return value.rpartition(";")[2].strip().strip("<>").lower()[:254]


def _recipient_groups(part: Message) -> list[Message]:
    """The groups that say what became of somebody; none: whatever it calls itself, it is no report."""
    groups = [group for group in _groups(part) if group.get("Action") or group.get("Status")]
    return groups[:MAX_PARTS]


def _delivery_status(groups: list[Message], parts: list[Message], token) -> Report:
    recipients = tuple(
        dict.fromkeys(
            _typed(header(group, name))
            for group in groups
            for name in ("Original-Recipient", "Final-Recipient")
            if group.get(name)
        )
    )
    # several recipients never happens to us: one message, one person; the worst of a group counts
    actions = {header(group, "Action").strip().lower() for group in groups}
    ids = _returned_ids(parts)
    worst = next((g for g in groups if header(g, "Action").strip().lower() == "failed"), None)
    if worst is None:
        kind = (
            DELAYED if "delayed" in actions else DELIVERED if actions & {"delivered", "relayed"} else NOTHING
        )
        return Report(kind, token, ids, recipients=recipients)
    words = header(worst, "Diagnostic-Code").partition(";")[2].strip() or header(worst, "Diagnostic-Code")
    said = codes.status_of(words)
    status = codes.status_of(header(worst, "Status")) or said
    if status.endswith(".0.0") and said:  # "something permanent": the words know more
        status = said
    return Report(
        BOUNCE,
        token,
        ids,
        bounce=codes.kind_of(status, words),
        status=status[:20],
        detail=one_line(words),
        recipients=recipients,
    )


def _feedback(part: Message, parts: list[Message], token) -> Report:
    groups = _groups(part)
    fields = groups[0] if groups else Message()
    kind = header(fields, "Feedback-Type").strip().lower()
    recipients = tuple(_typed(a) for _n, a in getaddresses(fields.get_all("Original-Rcpt-To", [])[:20]) if a)
    # RFC 5965 §3.2: the envelope sender of the original is ours, signed
    token = verp.find(header(fields, "Original-Mail-From")) or token or _returned_token(parts)
    ids = _returned_ids(parts)
    if kind == "opt-out":
        return Report(UNSUBSCRIBE, token, ids, recipients=recipients)
    return Report(COMPLAINT if kind in ("abuse", "fraud") else NOTHING, token, ids, recipients=recipients)


def _returned(parts: list[Message]) -> list[Message]:
    """The headers of the message that came back, as far as the report returns them."""
    found = []
    for part in parts:
        kind, payload = part.get_content_type(), part.get_payload()
        if kind == "message/rfc822" and isinstance(payload, list) and payload:
            found.append(payload[0])
        elif kind in ("text/rfc822-headers", "message/rfc822-headers"):
            text = payload[0].as_string() if isinstance(payload, list) and payload else str(payload)
            found.append(message_from_bytes(text[:MAX_TEXT].encode("utf-8", "replace")))
    return found


def _returned_ids(parts) -> tuple[str, ...]:
    return _ids(" ".join(header(mail, "Message-ID") for mail in _returned(parts)))


def _returned_token(parts):
    return verp.find(" ".join(header(mail, "Return-Path") for mail in _returned(parts)))


def _plain_bounce(mail: Message, parts: list[Message], token, ids, sender: str) -> Report:
    """A bounce in prose, as servers before RFC 3464 write it: believed only if our signed address got it."""
    text = ""
    for part in parts:
        if part.get_content_type() == "text/plain" and isinstance(part.get_payload(), str):
            text = part.get_payload()[:MAX_TEXT]
            break
    status = codes.status_of(text)
    if not token:
        return Report(NOTHING, None, ids)
    if not status and _is_automatic(mail) and not _DAEMON.match(sender):
        return Report(AUTO_REPLY, token, ids)
    kind = codes.kind_of(status, text)
    return Report(BOUNCE, token, ids, bounce=kind, status=status[:20], detail=one_line(text))


def one_line(text: str) -> str:
    """A line that may stand in a table: no control characters, 255 letters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[:2000]).split())[:255]
