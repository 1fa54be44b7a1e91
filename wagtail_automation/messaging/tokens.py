"""Signed tokens in the addresses of an email: which message, and for a click which of its links.

A token says nothing about where to go: the address stands in the message's version, so a forged or
edited token can at worst be refused.
"""

import re
from binascii import b2a_base64
from collections.abc import Iterable

from django.conf import settings
from django.core.signing import BadSignature, Signer

from wagtail_automation import digests

CLICK, OPEN, UNSUBSCRIBE, VIEW = "c", "o", "u", "v"
#: the preference centre; the link that no person sees
PREFERENCES, TRAP = "p", "t"
MAX_LENGTH = 160

_PAYLOAD = re.compile(r"([coptuv])(\d{1,19})(?:\.(\d{1,4}))?")


class BadTokenError(ValueError):
    """Not one of ours: cut off, edited, of another kind, or signed with a key that is gone."""


SALT = "wagtail_automation.messaging"
#: the one unreserved character that the signature's alphabet does not use (RFC 3986)
SEPARATOR = "~"
#: the alphabet of RFC 4648 §5
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _get_signer() -> Signer:
    return Signer(salt=SALT, sep=SEPARATOR)


def make(kind: str, message_pk: int, link: int | None = None) -> str:
    """A token for one message, for ever valid while SECRET_KEY or a fallback of it is the same."""
    return make_all(message_pk, [(kind, link)])[0]


def make_all(message_pk: int, wanted: Iterable[tuple[str, int | None]]) -> list[str]:
    """Tokens for one message: of each kind, for a click with the number of its link."""
    # as _get_signer().sign(payload), at a twentieth of its cost
    sign = digests.signer(f"{SALT}signer", settings.SECRET_KEY)
    made = []
    for kind, link in wanted:
        payload = f"{kind}{message_pk}" if link is None else f"{kind}{message_pk}.{link}"
        signature = b2a_base64(sign(payload.encode()), newline=False)
        made.append(f"{payload}{SEPARATOR}{signature.translate(_URL_SAFE, b'=').decode()}")
    return made


def read(kind: str, token: str) -> tuple[int, int | None]:
    """``(message pk, number of the link)``. Raises BadTokenError."""
    if len(token) > MAX_LENGTH:
        raise BadTokenError
    try:
        payload = _get_signer().unsign(token)
    except BadSignature as error:
        raise BadTokenError from error
    match = _PAYLOAD.fullmatch(payload)
    if match is None or match[1] != kind or (kind == CLICK) != (match[3] is not None):
        raise BadTokenError
    return int(match[2]), int(match[3]) if match[3] else None
