"""Signatures of many short texts, each key derived once: ``django.utils.crypto.salted_hmac`` with SHA-256,
and many signatures of one thing by one call. An email has some twenty signed addresses."""

import hashlib
import hmac
from functools import lru_cache

from django.utils.encoding import force_bytes


@lru_cache(maxsize=64)
def _key(salt: str, secret: str | bytes) -> bytes:
    return hashlib.sha256(force_bytes(salt) + force_bytes(secret)).digest()


def digest(salt: str, value: str, secret: str | bytes) -> bytes:
    """As ``salted_hmac(salt, value, secret, algorithm="sha256").digest()``."""
    return hmac.digest(_key(salt, secret), value.encode(), "sha256")


def stream(salt: str, value: str, secret: str | bytes, size: int) -> bytes:
    """So many octets that nobody can foresee who does not know the secret: SHAKE256 (FIPS 202) of key and
    value. More octets begin with the same; parts of them are signatures independent of each other."""
    return hashlib.shake_256(_key(f"{salt}.stream", secret) + value.encode()).digest(size)
