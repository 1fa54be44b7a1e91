"""Reading what a person answered: words and attachments. A pure function; no database, no network.

What it reads was written by strangers: it reads a bounded part and never raises. Attachments are named; only
small ones of a few harmless kinds are taken along.
"""

import hashlib
import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses
from pathlib import PurePosixPath

from wagtail_automation.messaging.plaintext import to_text
from wagtail_automation.sanitize import clean_by

from . import reports

#: letters of the words, and octets of an HTML part that are looked at
MAX_TEXT, MAX_HTML = 20_000, 64 * 1024
#: attachments that are named, and octets of each one and of all together that are taken along
NAMED, SMALL, TOGETHER = 20, 64 * 1024, 128 * 1024
#: what is taken along, by the end of its name; a name and a kind that contradict each other are not
KINDS = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".pdf": "application/pdf",
    ".txt": "text/plain",
    ".csv": "text/csv",
    ".ics": "text/calendar",
}
#: elements of an HTML part that begin a line; the others leave their words only
LINES = {"p", "div", "br", "hr", "blockquote", "pre", "ul", "ol", "li", "h1", "h2", "h3", "h4", "table"}
_CONTROL = re.compile(r"[^\S\n\t ]|[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_NOT_IN_NAMES = re.compile(r'[/\\:*?"<>|]')


@dataclass(frozen=True)
class Attachment:
    """``content``: None where it is only named; ``size``: octets."""

    name: str
    kind: str
    size: int
    content: bytes | None


@dataclass(frozen=True)
class Answer:
    """``identity``: a digest of its Message-ID, else of all of it. ``is_cut``: there was more of it."""

    identity: str
    sender: str
    subject: str
    text: str
    attachments: tuple[Attachment, ...]
    is_cut: bool


def read(raw: bytes) -> Answer | None:
    """None for what cannot be read."""
    try:
        return _read(message_from_bytes(raw[: reports.MAX_BYTES]), raw)
    except reports.FAULTS:
        return None


def _read(mail: Message, raw: bytes) -> Answer:
    own = reports.header(mail, "Message-ID").strip().encode("utf-8", "replace") or raw[: reports.MAX_BYTES]
    sender = next((a for _n, a in getaddresses([reports.header(mail, "From")]) if a), "")
    parts = [part for part in reports.parts_of(mail) if part.get_content_maintype() != "multipart"]
    is_cut = len(raw) >= reports.MAX_BYTES or any(part.defects for part in reports.parts_of(mail))
    bodies = [_first(parts, "text/plain"), _first(parts, "text/html")]
    words = next((part for part in bodies if part is not None and _words(part)), None)
    others = [
        p for p in parts if p is not words and (_is_file(p) or not p.get_content_type().startswith("text/"))
    ]
    text = _words(words) if words is not None else ""
    return Answer(
        hashlib.sha256(own).hexdigest()[:32],
        reports.one_line(sender).lower()[:254],
        reports.one_line(reports.decoded(reports.header(mail, "Subject"))),
        text[:MAX_TEXT],
        _attachments(others, is_cut),
        is_cut or len(text) > MAX_TEXT,
    )


def _is_file(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(part.get_filename())


def _first(parts: list[Message], kind: str) -> Message | None:
    return next((p for p in parts if p.get_content_type() == kind and not _is_file(p)), None)


def _content(part: Message) -> bytes:
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _words(part: Message) -> str:
    content = _content(part)
    try:
        text = content.decode(part.get_content_charset() or "utf-8", "replace")
    except (LookupError, ValueError):  # a charset that is none
        text = content.decode("utf-8", "replace")
    if part.get_content_type() == "text/html":
        lines = clean_by(text[:MAX_HTML], tags=LINES, attributes={}).replace("<div>", "<p>")
        text = to_text(lines.replace("</div>", "</p>"), link=lambda url, label: url)
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _attachments(parts: list[Message], is_cut: bool) -> tuple[Attachment, ...]:
    found, room = [], TOGETHER
    for part in parts[:NAMED]:
        content, kind = _content(part), reports.one_line(part.get_content_type())[:80]
        name = _name(part)
        is_taken = (
            not is_cut
            and 0 < len(content) <= min(SMALL, room)
            and KINDS.get(PurePosixPath(name).suffix.lower()) == kind
        )
        room -= len(content) if is_taken else 0
        found.append(Attachment(name, kind, len(content), content if is_taken else None))
    return tuple(found)


def _name(part: Message) -> str:
    """A name that is only a name, with its end."""
    name = _CONTROL.sub("", reports.decoded(str(part.get_filename() or "")))
    name = _NOT_IN_NAMES.sub("_", reports.one_line(name)).strip(" .")
    return f"{name[:60]}…{name[-20:]}" if len(name) > 90 else name
