"""Whether an answer asks to stop."""

import re
import unicodedata
import uuid

#: first words that carriers and the law take for a refusal (CTIA; 47 CFR 64.1200(a)(10); in France STOP),
#: and what people write instead
WORDS = frozenset(
    {
        "stop", "stopall", "stopp", "stoppen", "arret", "arreter", "arretez", "unsubscribe", "unsub",
        "cancel", "end", "quit", "revoke", "optout", "remove", "desabo", "desabonner", "desabonnement",
        "desabonnez", "desinscrire", "desinscription", "abmelden", "afmelden", "baja", "cancelar",
        "alto", "avsluta",
    }
)  # fmt: skip


def is_stop(text: str) -> bool:
    """Its first word refuses: ``STOP``, ``Arrêt !``, ``stop sms``. ``Don't stop`` does not."""
    folded = unicodedata.normalize("NFKD", text[:200])
    folded = "".join(c for c in folded if not unicodedata.combining(c)).lower()
    words = re.findall(r"[a-z0-9']+", re.sub(r"\bopt[ -]out\b", "optout", folded))
    return bool(words) and words[0] in WORDS and len(words) <= 3


def is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
