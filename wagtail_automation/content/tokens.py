"""The signed token of a form on a page: when it was made, for which form, and a nonce.

A page may sit in a shared cache, so one token serves many visitors: what makes a submission unique is the
token *with* the visitor and the answers.
"""

import datetime as dt
import json
import secrets
from dataclasses import dataclass

from django.core import signing
from django.utils.crypto import salted_hmac

from wagtail_automation import clock

SALT = "wagtail_automation.content.form"


class BadToken(Exception):  # noqa: N818  reads as what it is
    """Missing, altered, or made for another form."""


@dataclass(frozen=True)
class Token:
    """``made_at``: aware UTC."""

    form: str
    made_at: dt.datetime
    nonce: str

    def __str__(self):
        return signing.Signer(salt=SALT).sign_object([self.form, int(self.made_at.timestamp()), self.nonce])

    def age(self) -> dt.timedelta:
        return clock.now() - self.made_at


def make(form) -> Token:
    """A fresh token for a stored form."""
    return Token(form.uuid.hex, clock.now(), secrets.token_urlsafe(9))


def read(form, text: str) -> Token:
    """The token in a submission. Raises BadToken."""
    if not text or len(text) > 500:
        raise BadToken
    try:
        owner, seconds, nonce = signing.Signer(salt=SALT).unsign_object(text)
        made_at = dt.datetime.fromtimestamp(seconds, dt.UTC)
    except (signing.BadSignature, ValueError, TypeError, OverflowError) as error:
        raise BadToken from error
    if owner != form.uuid.hex:
        raise BadToken
    return Token(owner, made_at, nonce)


def submission_key(token: Token, visitor_uuid, data: dict) -> str:
    """The same for the same answers of the same visitor to the same token; 64 hexadecimal digits."""
    said = json.dumps([token.form, token.nonce, str(visitor_uuid or ""), data], sort_keys=True)
    return salted_hmac(SALT, said, algorithm="sha256").hexdigest()


def hashed(value: str) -> str:
    """A value that must not be stored as it is, for cache keys."""
    return salted_hmac(SALT, value, algorithm="sha256").hexdigest()[:32]


__all__ = ["BadToken", "Token", "hashed", "make", "read", "submission_key"]
