"""Which conversation an answer belongs to, and whether its sender was verified. Pure functions; no database.

An answer that is passed on is a message of its own (RFC 5322 §3.6.4: another content, another Message-ID). It
says what it follows, so that a mail program puts it beside the other answers, and what the owner writes then
names the person's mails, so that theirs does the same.
"""

import re
from dataclasses import dataclass
from email.message import Message

from . import reports

#: a Message-ID as it may be passed on: printable ASCII, short enough for a line (RFC 5322 §2.1.1 and §3.6.4)
_IDENTITY = re.compile(r"<[!-;=?A-~]{1,200}@[!-;=?A-~]{1,200}>")
#: of a long conversation its beginning and so many of the last ones (as RFC 5537 §3.4.4 cuts References)
LATEST = 20
#: methods and properties of RFC 8601 §2.2 and §2.7 that are looked at
_RESULT = re.compile(r"^\s*([a-z][a-z0-9-]*)(?:/\d+)?\s*=\s*([a-z]+)\b", re.IGNORECASE)
_COMMENT = re.compile(r"\([^()]*\)")
#: fields of results that are read, and letters of each
FIELDS, LONGEST = 5, 900
ORIGINAL_RESULTS = "X-Original-Authentication-Results"


def identities(text: str) -> list[str]:
    """The Message-IDs in a header, with their brackets; what is none is left out."""
    return list(dict.fromkeys(_IDENTITY.findall(text)))


def headers(mail: Message) -> dict[str, str]:
    """``In-Reply-To`` and ``References`` of what follows this mail, by RFC 5322 §3.6.4: its own Message-ID,
    behind its References, or behind its In-Reply-To where it has none. Empty without a Message-ID."""
    own = identities(reports.header(mail, "Message-ID"))[:1]
    if not own:
        return {}
    before = identities(reports.header(mail, "References"))
    if not before:
        parents = identities(reports.header(mail, "In-Reply-To"))
        before = parents if len(parents) == 1 else []
    line = list(dict.fromkeys([*(one for one in before if one != own[0]), own[0]]))
    if len(line) > LATEST + 1:
        line = [line[0], *line[-LATEST:]]
    return {"In-Reply-To": own[0], "References": " ".join(line)}


@dataclass(frozen=True)
class Results:
    """What one server found about a sender (RFC 8601): ``authority``, its name, and the field itself."""

    authority: str
    field: str

    @property
    def found(self) -> list[tuple[str, str]]:
        """``(method, result)``, in small letters."""
        told = _COMMENT.sub(" ", self.field).split(";")[1:]
        return [(m[1].lower(), m[2].lower()) for part in told if (m := _RESULT.match(part))]

    @property
    def is_verified(self) -> bool | None:
        """Whether From is whom it names: what DMARC says (RFC 7489), else whether a signature or the sending
        server was in order; None where nothing was tried."""
        by_method: dict[str, set[str]] = {}
        for method, result in self.found:
            by_method.setdefault(method, set()).add(result)
        dmarc = by_method.get("dmarc", set()) - {"none", "temperror"}
        if dmarc:
            return "pass" in dmarc
        others = (by_method.get("dkim", set()) | by_method.get("spf", set())) - {"none", "temperror"}
        return "pass" in others if others else None


def results(mail: Message, server: str, authority: str = "") -> Results | None:
    """What the mailbox's own server wrote into ``Authentication-Results``; None where it wrote nothing.

    Anybody may write such a field. A server removes those that bear its own name from what comes in (RFC 8601
    §5), so only the one that ``authority`` names is believed; without it, the one with the domain of the
    mailbox's ``server``.
    """
    for value in (mail.get_all("Authentication-Results") or [])[:FIELDS]:
        field = " ".join("".join(c if "!" <= c <= "~" else " " for c in str(value)[:LONGEST]).split())
        name = _COMMENT.sub(" ", field).partition(";")[0].split()[:1]
        if name and _is_of(name[0].lower(), server, authority):
            return Results(name[0].lower(), field)
    return None


def _is_of(name: str, server: str, authority: str) -> bool:
    if authority:
        return name == authority.strip().lower()
    server = server.strip().lower().rstrip(".")
    domain = server.partition(".")[2]
    return name == server or ("." in domain and (name == domain or name.endswith(f".{domain}")))
