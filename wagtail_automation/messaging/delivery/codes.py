"""What a status code says about an address: RFC 3463 (5.1.1), RFC 5321 (550), and words where codes lie."""

import re

from .models import BounceKind

#: not the middle of a longer number: 10.5.1.1 is somebody's address
_ENHANCED = re.compile(r"(?<![\w.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\w)")
_BASIC = re.compile(r"(?<![\w.])([45]\d\d)(?!\.?\w)")
#: RFC 3463 §3: the address itself (X.1.x), and a mailbox that is disabled for good
_HARD = {(1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (1, 6), (1, 10), (2, 1)}
#: what servers write when they mean the sender or the content, whatever the code
_REFUSES_US = re.compile(
    r"spam|blocked|block ?list|blacklist|spamhaus|barracuda|reputation|policy|\b(?:dmarc|spf|dkim)\b|"
    r"unauthenticated|rate limit|too many|virus|content rejected|not authori[sz]ed",
    re.IGNORECASE,
)
_FULL = re.compile(r"quota|mailbox (is )?full|over ?quota|insufficient (system )?storage", re.IGNORECASE)
#: RFC 3463 §3.3, §3.4 and words: what was sent is too large, whoever it is for
_SIZES = {(2, 3), (3, 4)}
_TOO_LARGE = re.compile(
    r"(message|mail)( is| was)? too (large|big)|message size|size of (the |your )?message", re.IGNORECASE
)
_NOBODY = re.compile(
    r"user unknown|unknown user|no such (user|mailbox|recipient)|does not exist|doesn't exist|"
    r"(recipient|address|mailbox) (not found|unknown|rejected)|invalid (recipient|mailbox)|"
    r"n'existe pas|utilisateur inconnu|unbekannt",
    re.IGNORECASE,
)


def status_of(text: str) -> str:
    """The first status in a server's words, the enhanced one if there is one; empty without any."""
    found = _ENHANCED.search(text) or _BASIC.search(text)
    return found[0] if found else ""


def kind_of(status: str, text: str = "") -> str:
    """Hard, soft or blocked. In doubt never hard: a good address must not be lost."""
    enhanced = _ENHANCED.match(status or "")
    if enhanced and enhanced[1] == "4":
        return BounceKind.SOFT
    if enhanced and (int(enhanced[2]), int(enhanced[3])) in _HARD:
        # 5.1.1 is also what some say to senders they do not like
        return BounceKind.BLOCKED if _refuses_us(text) else BounceKind.HARD
    if enhanced and enhanced[2] in ("6", "7"):
        return BounceKind.HARD if _NOBODY.search(text) and not _refuses_us(text) else BounceKind.BLOCKED
    if (enhanced and (int(enhanced[2]), int(enhanced[3])) in _SIZES) or (
        (status or "").startswith("5") and _TOO_LARGE.search(text)
    ):
        return BounceKind.BLOCKED
    if (status or "").startswith("4") or _FULL.search(text) or status == "5.2.2":
        return BounceKind.SOFT
    if _refuses_us(text):
        return BounceKind.BLOCKED
    if _NOBODY.search(text):
        return BounceKind.HARD
    if not enhanced and re.match(r"55[013]\b", status or ""):
        return BounceKind.HARD
    return BounceKind.SOFT


def _refuses_us(text: str) -> bool:
    return bool(_REFUSES_US.search(text))
