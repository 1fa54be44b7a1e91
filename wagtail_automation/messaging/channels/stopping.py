"""Whether an answer asks to stop."""

import re
import unicodedata
import uuid

#: first words that carriers and the law take for a refusal (CTIA; in France STOP)
WORDS = frozenset(
    {"stop", "stopall", "stopp", "arret", "arreter", "unsubscribe", "cancel", "end", "quit", "desabo"}
)


def is_stop(text: str) -> bool:
    """Its first word refuses: ``STOP``, ``Arrêt !``, ``stop sms``. ``Don't stop`` does not."""
    folded = unicodedata.normalize("NFKD", text[:200])
    folded = "".join(c for c in folded if not unicodedata.combining(c)).lower()
    words = re.findall(r"[a-z0-9']+", folded)
    return bool(words) and words[0] in WORDS and len(words) <= 3


def is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
