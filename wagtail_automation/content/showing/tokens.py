"""The signed word for something shown to somebody: only what was really offered can be reported."""

import uuid
from dataclasses import dataclass

from django.core import signing

SALT = "wagtail_automation.content.shown"
LONGEST = 600


class BadToken(Exception):  # noqa: N818  reads as what it is
    """Missing, altered or made for something else."""


@dataclass(frozen=True)
class Shown:
    """``kind`` and ``about``: what events are about (``Event.object_kind``, ``object_key``)."""

    lead: int
    key: str
    alternative: str = ""
    is_held_back: bool = False
    page: int | None = None
    kind: int | None = None
    about: str = ""

    def __str__(self):
        fields = [
            self.lead, self.key, self.alternative, int(self.is_held_back), self.page, self.kind, self.about,
        ]  # fmt: skip
        return signing.Signer(salt=SALT).sign_object(fields)


def read(text) -> Shown:
    """Raises BadToken."""
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST:
        raise BadToken
    try:
        lead, key, alternative, held, page, kind, about = signing.Signer(salt=SALT).unsign_object(text)
        return Shown(int(lead), str(key), str(alternative), bool(held), page, kind, str(about))
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise BadToken from error


def shared(key: uuid.UUID) -> str:
    """The signed name of a shared content on a page, the same for everybody."""
    return signing.Signer(salt=f"{SALT}.shared").sign(key.hex)


def read_shared(text: str) -> uuid.UUID:
    """Raises BadToken."""
    try:
        return uuid.UUID(hex=signing.Signer(salt=f"{SALT}.shared").unsign(text))
    except (signing.BadSignature, ValueError) as error:
        raise BadToken from error
