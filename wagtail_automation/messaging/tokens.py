"""Signed tokens in the addresses of an email: which message, and for a click which of its links.

A token says nothing about where to go: the address stands in the message's version, so a forged or
edited token can at worst be refused.
"""

import re
from binascii import b2a_base64
from collections.abc import Iterable

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.utils.crypto import constant_time_compare

from wagtail_automation import digests

CLICK, OPEN, UNSUBSCRIBE, VIEW = "c", "o", "u", "v"
#: the preference centre; the link that no person sees
PREFERENCES, TRAP = "p", "t"
MAX_LENGTH = 160

_PAYLOAD = re.compile(r"([coptuv])(0|[1-9][0-9]{0,18})(?:\.(0|[1-9][0-9]{0,3}))?")


class BadTokenError(ValueError):
    """Not one of ours: cut off, edited, of another kind, or signed with a key that is gone."""


SALT = "wagtail_automation.messaging"
#: the one unreserved character that the signature's alphabet does not use (RFC 3986)
SEPARATOR = "~"
#: characters of a signature, 144 bits
LENGTH = 24
#: the alphabet of RFC 4648 §5
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_KINDS = (OPEN, UNSUBSCRIBE, VIEW, PREFERENCES, TRAP)
#: where in the signatures of a message a kind has its own; those of clicks follow
_PLACES = {kind: place for place, kind in enumerate(_KINDS)}


def _signatures(message_pk: int, count: int, secret: str | bytes) -> bytes:
    """The first so many signatures of a message, one behind the other: each is ``LENGTH`` characters."""
    stream = digests.stream(SALT, str(message_pk), secret, count * LENGTH * 3 // 4)
    return b2a_base64(stream, newline=False).translate(_URL_SAFE)


def _place(kind: str, link: int | None) -> int:
    return _PLACES[kind] if link is None else len(_KINDS) + link


def make(kind: str, message_pk: int, link: int | None = None) -> str:
    """A token for one message, for ever valid while SECRET_KEY or a fallback of it is the same."""
    return Maker([(kind, link)]).make(message_pk)[0].decode()


class Maker:
    """Makes the same tokens for one message after the other: of each kind, for a click with the number of its
    link."""

    def __init__(self, wanted: Iterable[tuple[str, int | None]]):
        wanted = list(wanted)
        places = [_place(kind, link) for kind, link in wanted]
        self._count = max(places) + 1
        self._parts = [
            (
                kind.encode(),
                f"{'' if link is None else f'.{link}'}{SEPARATOR}".encode(),
                slice(place * LENGTH, (place + 1) * LENGTH),
            )
            for (kind, link), place in zip(wanted, places, strict=True)
        ]

    def make(self, message_pk: int) -> list[bytes]:
        """The tokens as ASCII, in the order in which they were wanted."""
        signatures, number = _signatures(message_pk, self._count, settings.SECRET_KEY), b"%d" % message_pk
        return [kind + number + link + signatures[place] for kind, link, place in self._parts]


def read(kind: str, token: str) -> tuple[int, int | None]:
    """``(message pk, number of the link)``. Raises BadTokenError."""
    if len(token) > MAX_LENGTH:
        raise BadTokenError
    payload, _separator, signature = token.rpartition(SEPARATOR)
    match = _PAYLOAD.fullmatch(payload)
    if match is None or match[1] != kind or (kind == CLICK) != (match[3] is not None):
        raise BadTokenError
    message_pk, link = int(match[2]), int(match[3]) if match[3] else None
    if len(signature) == LENGTH:
        if not _is_signed(signature, message_pk, _place(kind, link)):
            raise BadTokenError
    else:
        try:
            Signer(salt=SALT, sep=SEPARATOR).unsign(token)  # as they were signed at first
        except BadSignature as error:
            raise BadTokenError from error
    return message_pk, link


def _is_signed(signature: str, message_pk: int, place: int) -> bool:
    return any(
        constant_time_compare(
            signature, _signatures(message_pk, place + 1, secret)[place * LENGTH :].decode()
        )
        for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    )
