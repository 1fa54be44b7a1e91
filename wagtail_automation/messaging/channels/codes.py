"""Short signed codes in the links of messages: which message, and which of its links.

``<message>-<link><signature>``, numbers in base 36. A code says nothing about where to go: the address stands
in the message's version, so that a guessed one could only be a click that did not happen.
"""

import hmac
import re

from django.conf import settings
from django.utils.crypto import salted_hmac

SALT = "wagtail_automation.messaging.channels"
#: characters of the signature: 10 of 36 are 51 bits
LENGTH = 10
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_CODE = re.compile(rf"([0-9a-z]{{1,13}})-([0-9a-z]{{1,2}})-([0-9a-z]{{{LENGTH}}})")


def _base36(number: int) -> str:
    digits = ""
    while True:
        number, rest = divmod(number, 36)
        digits = DIGITS[rest] + digits
        if not number:
            return digits


def _sign(said: str, key: str) -> str:
    digest = salted_hmac(SALT, said, secret=key, algorithm="sha256").digest()
    return _base36(int.from_bytes(digest[:10]) + 36**16)[-LENGTH:]


def make(message_pk: int, link: int) -> str:
    """Valid as long as SECRET_KEY or a fallback of it is the same."""
    said = f"{_base36(message_pk)}-{_base36(link)}"
    return f"{said}-{_sign(said, settings.SECRET_KEY)}"


def read(code: str) -> tuple[int, int] | None:
    """``(message pk, number of the link)``; None for one that is not ours."""
    match = _CODE.fullmatch(code)
    if match is None:
        return None
    said = f"{match[1]}-{match[2]}"
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if not any(hmac.compare_digest(_sign(said, key), match[3]) for key in keys):
        return None
    number = int(match[1], 36)
    return (number, int(match[2], 36)) if number < 2**63 else None
