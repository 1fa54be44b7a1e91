"""How many messages a text is: GSM 03.38 (3GPP TS 23.038), or UCS-2 as soon as one character needs it."""

from dataclasses import dataclass

#: the basic alphabet; one septet each
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: the extension: an escape and another septet
EXTENDED = frozenset("^{}\\[~]|€\f")
GSM, UCS2 = "GSM-7", "UCS-2"
#: characters of one message alone, and of each part of several (less a header of six bytes)
LIMITS = {GSM: (160, 153), UCS2: (70, 67)}


@dataclass(frozen=True)
class Parts:
    """``length``: in units of the alphabet; ``left``: units free in the last part; ``wide``: the characters
    that need UCS-2."""

    count: int
    length: int
    left: int
    alphabet: str
    wide: str


def count(text: str) -> Parts:
    """The parts that a network makes of a text; an empty text has none.

    No character is split between two parts: an extended one or a surrogate pair moves to the next.
    """
    wide = "".join(sorted({c for c in text if c not in BASIC and c not in EXTENDED}))
    alphabet = UCS2 if wide else GSM
    sizes = [_size(c, alphabet) for c in text]
    alone, each = LIMITS[alphabet]
    total = sum(sizes)
    if total <= alone:
        return Parts(min(total, 1), total, alone - total, alphabet, wide)
    parts, used = 1, 0
    for size in sizes:
        if used + size > each:
            parts, used = parts + 1, 0
        used += size
    return Parts(parts, total, each - used, alphabet, wide)


def _size(character: str, alphabet: str) -> int:
    if alphabet == GSM:
        return 2 if character in EXTENDED else 1
    return 2 if ord(character) > 0xFFFF else 1
