"""Addresses that say for which message an answer is: the envelope sender and the mailto: of unsubscription.

``bounces+b1z141z-0123456789abcdef@example.com``: kind, number in base 36, signature. Lower case only, since
some mail servers change the case of what stands before the ``@`` (RFC 5321 §2.4 forbids it, they do it).
"""

import re

from django.conf import settings
from django.utils.crypto import constant_time_compare
from django.utils.http import base36_to_int, int_to_base36

from wagtail_automation import digests

SALT = "wagtail_automation.messaging.verp"
#: kinds: a bounce of a Message or of a DirectMessage; an unsubscription through a Message
BOUNCE, DIRECT, UNSUBSCRIBE = "b", "d", "u"
#: 64 bits, more than anybody guesses by sending mail
SIGNATURE_LENGTH = 16

_TOKEN = re.compile(
    rf"\+([{BOUNCE}{DIRECT}{UNSUBSCRIBE}])([0-9a-z]{{1,13}})-([0-9a-f]{{{SIGNATURE_LENGTH}}})@"
)


def _signatures(payload: str):
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        yield digests.digest(SALT, payload, key).hex()[:SIGNATURE_LENGTH]


def address(base: str, kind: str, pk: int) -> str:
    """The address below ``base`` (``bounces@example.com``) that stands for one message."""
    local, _at, domain = base.rpartition("@")
    payload = f"{kind}{int_to_base36(pk)}"
    return f"{local}+{payload}-{next(_signatures(payload))}@{domain}"


def find(text: str) -> tuple[str, int] | None:
    """``(kind, number of the message)`` of the first address of ours in a text; None without a valid one."""
    for match in _TOKEN.finditer(text[:20_000].lower()):
        payload = match[1] + match[2]
        if any(constant_time_compare(match[3], signature) for signature in _signatures(payload)):
            number = base36_to_int(match[2])
            return (match[1], number) if number < 2**63 else None
    return None
