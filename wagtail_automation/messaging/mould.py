"""The fast way to a finished message: an email is encoded once, with places left open, and filled for each.

What stays the same – headers, boundary, the quoted-printable text between the places – is bytes; a soft line
break (RFC 2045 §6.7 (5)) before and after each place lets a value of any length stand there without moving
what follows. The result is what goes over the wire: lines ended by CRLF, a dot at the start of a line doubled
(RFC 5321 §4.5.2). A test reads it back and compares it with the message that Django builds.
"""

import binascii
import re
import secrets
from base64 import b64encode
from contextlib import nullcontext
from dataclasses import dataclass
from email.utils import formatdate, parseaddr
from functools import lru_cache

from django.conf import settings as django_settings
from django.utils import translation

from wagtail_automation import liquid

from . import mime, rendering

#: an address that stands in envelope and header as it is
PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
#: what the person or the message decides: written anew for each
OWN_HEADERS = {"subject", "to", "date", "message-id", "list-unsubscribe"}
#: what the form of the body decides
BODY_HEADERS = {"content-type", "content-transfer-encoding", "mime-version"}
_FIELD = re.compile(rb"([!-9;-~]+):[^\n]*\n(?:[ \t][^\n]*\n)*")
#: text of one line that quoted-printable leaves alone
_AS_IT_IS = re.compile("[0-9A-Za-z](?:[ -<>-~]*[!-<>-~])?")
SOFT_BREAK, LINE = b"=\r\n", b"\r\n"
#: what no address of ours may hold: it would have to be escaped, in HTML or in a header
UNSAFE = set("&<>\"' \r\n")
#: octets of a line of quoted-printable
LONGEST = 76
#: characters of an encoded word, RFC 2047 §2, and what the header's name and its frame take of them
WORD, FRAME = 75, len("=?utf-8?b??=")


@dataclass(slots=True, eq=False)
class Finished:
    """What follows DATA, the last dot included, and the envelope: plain ASCII addresses."""

    sender: str
    to: str
    wire: bytes


def quoted(text: str) -> bytes:
    """Text as lines of quoted-printable, at most 76 octets each, with dots doubled. Raises UnicodeError for
    half a surrogate pair."""
    if len(text) < WORD and _AS_IT_IS.fullmatch(text):
        return text.encode()
    plain = text.replace("\r\n", "\n").replace("\r", "\n").encode()
    lines = binascii.b2a_qp(plain, istext=True).replace(b"\n", LINE)
    if lines.startswith(b"."):
        lines = b"." + lines
    return lines.replace(b"\r\n.", b"\r\n..") if b"\r\n." in lines else lines


def open_ended(text: str) -> bytes:
    """``quoted``, so that a soft line break may follow: it takes a place of the last line."""
    return _short(text) if len(text) < WORD else _open_ended(text)


def _open_ended(text: str) -> bytes:
    lines = quoted(text)
    if len(lines) < LONGEST or len(lines.rpartition(LINE)[2]) < LONGEST:
        return lines
    cut = len(lines) - 3
    cut -= next((back for back in (1, 2) if lines[cut - back : cut - back + 1] == b"="), 0)
    return lines[:cut] + SOFT_BREAK + lines[cut:]


#: a message says the same twice, as HTML and as text, and many say it to many
_short = lru_cache(maxsize=1024)(_open_ended)


def _before_place(text: str) -> bytes:
    lines = open_ended(text)
    return lines if not lines or lines.endswith(LINE) else lines + SOFT_BREAK


def subject_line(text: str) -> bytes:
    """The header ``Subject``, encoded and folded by RFC 2047 where it is not plain ASCII or long."""
    name = "Subject: "
    if text.isascii() and len(name) + len(text) <= WORD and "=?" not in text:
        return f"{name}{text}\r\n".encode()
    words, word, room = [], b"", (WORD - len(name) - FRAME) // 4 * 3
    whole = text.encode()
    if len(whole) <= room:
        word, text = whole, ""
    for character in text:
        more = character.encode()
        if len(word) + len(more) > room:
            words.append(word)
            word, room = b"", (WORD - FRAME) // 4 * 3
        word += more
    encoded = b"\r\n ".join(b"=?utf-8?b?" + b64encode(one) + b"?=" for one in (*words, word))
    return name.encode() + encoded + LINE


@lru_cache(maxsize=8)
def _date(seconds: int, localtime: bool) -> str:
    """The header ``Date`` (RFC 5322 §3.3) of all messages of a second."""
    return formatdate(seconds, localtime=localtime)


class _Part:
    """One part of the body: bytes, and between them places with a given name or with Liquid."""

    def __init__(self, source: str, given, *, escape: bool):
        self.template = liquid.parse(source, escape=escape)
        self.places = self.template.places(given)
        first, *others = self.places.constants
        #: what stands still, with every second place left open
        self.pieces: list[bytes] = [_before_place(first) if others else quoted(first)]
        for text in others[:-1]:
            self.pieces += b"", SOFT_BREAK + _before_place(text)
        if others:
            self.pieces += b"", SOFT_BREAK + quoted(others[-1])
        places = [(2 * number + 1, name) for number, name in enumerate(self.places.names)]
        self.given = [(place, name) for place, name in places if name]
        self.written = [place for place, name in places if not name]

    def fill(self, values: dict, given: dict[str, bytes], now) -> list[bytes]:
        """The pieces of this part for one message."""
        pieces = self.pieces.copy()
        for place, name in self.given:
            pieces[place] = given[name]
        for place, text in zip(self.written, self.places.write(values, now), strict=True):
            pieces[place] = open_ended(text)
        return pieces


class Mould:
    """One version of an email, of one site and sender. ``cast`` makes it, ``fill`` uses it."""

    def __init__(self, version, *, settings, site, head: bytes, sender: str):
        self.settings, self.sender = settings, sender
        self.addresses = rendering.Addresses(version.links, site)
        names = self.addresses.around
        #: what stands in each address before the token, which fits a line as it is, and after it
        self.around = [
            (name, _before_place(before), SOFT_BREAK + open_ended(after) if after else b"")
            for name, (before, after) in names.items()
        ]
        #: where each stands among them
        self.places = {name: place for place, name in enumerate(names)}
        self.subject = liquid.parse(version.subject)
        self.text = _Part(version.text, names, escape=False)
        self.html = _Part(version.html, names, escape=True)
        templates = (self.subject, self.text.template, self.html.template)
        #: what templates and links read of a person: all but the addresses
        self.names = rendering.names_in_links(version).union(*(one.variables for one in templates)) - {*names}
        self.subject_places = self.subject.places()
        read = self.subject_places.reads | self.text.places.reads | self.html.places.reads
        #: addresses that Liquid itself has to know, such as those in conditions
        self.told = [name for name in names if name in read]
        self.language = version.language
        self._localtime = getattr(django_settings, "EMAIL_USE_LOCALTIME", False)
        written = (self.subject_places, self.text.places, self.html.places)
        self.asks_language = any(places.asks_language for places in written)
        boundary = f"=_{secrets.token_hex(16)}"
        kind = 'Content-Type: text/{}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
        frame = (
            f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'
            f"--{boundary}\r\n{kind.format('plain')}",
            f"\r\n--{boundary}\r\n{kind.format('html')}",
            f"\r\n--{boundary}--\r\n.\r\n",
        )
        opening, self.between, self.end = (text.encode() for text in frame)
        self.head = head + opening

    @classmethod
    def cast(cls, version, *, settings, site, person) -> "Mould | None":
        """None for what has to be built in the ordinary way. Raises liquid.TemplateError, ValueError."""
        if not version.html or not version.text:
            return None
        sample = mime.marketing(
            rendering.Parts("x", "x", "x"),
            to="x@example.com",
            settings=settings,
            message_id="x@example.com",
            unsubscribe_url="https://example.com/",
            pk=0,
            sent_by=person,
        )
        sender = parseaddr(sample.from_email)[1]
        paths = [path for path in (sender, settings.return_path) if path]
        if not sender or not all(PLAIN_ADDRESS.fullmatch(path) for path in paths):
            return None
        raw = sample.message().as_bytes().replace(LINE, b"\n").partition(b"\n\n")[0] + b"\n"
        fields = list(_FIELD.finditer(raw))
        if sum(len(match[0]) for match in fields) != len(raw) or not raw.isascii():
            return None
        own = OWN_HEADERS | BODY_HEADERS
        kept = [match[0] for match in fields if match[1].decode().lower() not in own]
        head = b"".join(kept).replace(b"\n", LINE)
        mould = cls(version, settings=settings, site=site, head=head, sender=sender)
        addresses = "".join(mould.addresses.of(0).values())
        return mould if addresses.isascii() and not set(addresses) & UNSAFE else None

    def fill(self, data: dict, *, to: str, message_id: str, pk: int, now) -> tuple[Finished, dict] | None:
        """``(message, variables)`` as ``rendering.Parts`` has them; None for an address that needs the
        ordinary way. Raises ValueError (liquid.TemplateError is one)."""
        if not PLAIN_ADDRESS.fullmatch(to) or not message_id.isascii():
            return None
        tokens = self.addresses.tokens(pk)
        given = {
            name: before + token + after
            for (name, before, after), token in zip(self.around, tokens, strict=True)
        }
        variables = rendering.only(data, self.names)
        values = liquid.plain(variables) | {name: self._address(name, tokens) for name in self.told}
        with translation.override(self.language) if self.asks_language else nullcontext():
            written = self.subject_places.write(values, now)
            body = [
                *self.text.fill(values, given, now), self.between, *self.html.fill(values, given, now)
            ]  # fmt: skip
        constants = self.subject_places.constants
        subject = constants[0] + "".join(
            value + after for value, after in zip(written, constants[1:], strict=True)
        )
        ways = mime.ways_out(self.settings, self._address("unsubscribe_url", tokens), pk)
        date = _date(int(now.timestamp()), self._localtime)
        own = (
            f"To: {to}\r\nDate: {date}\r\nMessage-ID: <{message_id}>\r\n"
            f"List-Unsubscribe: {(',' + chr(13) + chr(10) + ' ').join(ways)}\r\n"
        ).encode()
        wire = b"".join([subject_line(rendering.one_line(subject)), own, self.head, *body, self.end])
        sender = mime.return_path(self.settings, pk) or self.sender
        return Finished(sender, to, wire), variables

    def _address(self, name: str, tokens: list[bytes]) -> str:
        before, after = self.addresses.around[name]
        return f"{before}{tokens[self.places[name]].decode()}{after}"
