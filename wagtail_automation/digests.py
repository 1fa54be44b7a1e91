"""Signatures of many short texts: ``django.utils.crypto.salted_hmac`` with SHA-256, each key derived once.

An email has some twenty signed addresses; deriving the key anew for each of them costs ten times the rest.
"""

import hashlib
import hmac
from collections.abc import Callable
from functools import lru_cache

from django.utils.encoding import force_bytes


@lru_cache(maxsize=64)
def _key(salt: str, secret: str | bytes) -> bytes:
    return hashlib.sha256(force_bytes(salt) + force_bytes(secret)).digest()


def signer(salt: str, secret: str | bytes) -> Callable[[bytes], bytes]:
    """``digest`` for many values."""
    key = _key(salt, secret)
    return lambda value: hmac.digest(key, value, "sha256")


def digest(salt: str, value: str, secret: str | bytes) -> bytes:
    """As ``salted_hmac(salt, value, secret, algorithm="sha256").digest()``."""
    return signer(salt, secret)(value.encode())
