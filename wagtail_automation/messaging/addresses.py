"""Addresses of people: what may be sent to, and the HMAC under which a suppressed one is known."""

import unicodedata
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from wagtail_automation import digests
from wagtail_automation.leads import identifiers

SALT = "wagtail_automation.messaging.suppression"


def normalise(address: str) -> str:
    """One spelling per mailbox as far as that is certain: no space around, one Unicode form, lower case."""
    return unicodedata.normalize("NFC", (address or "").strip()).lower()


def is_valid(address: str) -> bool:
    """Whether the address can be handed to a mail server at all."""
    if identifiers.PLAIN_EMAIL.fullmatch(address or "") and len(address) <= 254:
        return True
    # of what can be printed only the blank is a space
    if not address or len(address) > 254 or not address.isprintable() or " " in address:
        return False
    try:
        validate_email(address)
    except ValidationError:
        return False
    return True


def hashes(address: str) -> list[str]:
    """The HMAC under the present key first, then those under older keys (SECRET_KEY_FALLBACKS)."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return list(_hashes(address, keys))


@lru_cache(maxsize=128)  # the sender asks before and after it has built the messages in hand
def _hashes(address: str, keys: tuple) -> list[str]:
    value = normalise(address)
    return [digests.digest(SALT, value, key).hex() for key in keys]


def domain(address: str) -> str:
    """What stands behind the ``@``, in lower case; receiving servers are told apart by it."""
    return normalise(address).rpartition("@")[2][:253]
