"""Text without case and accents, computed in Python so that every database compares it alike."""

import unicodedata


def fold(text: str) -> str:
    """``"Élodie ﬁ"`` -> ``"elodie fi"``: compatibility decomposition, case folding, no combining marks.

    Folding twice changes nothing. Case is folded before and after the decomposition, since each may
    bring out letters that the other has to treat (``℡`` decomposes into capitals, ``İ`` folds into a mark).
    """
    if text.isascii():  # the same, forty times faster
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def fold_value(value) -> str | None:
    """The folded shadow of a stored value; None for what is not text.

    A multiple choice becomes one line per choice, with a line break on both sides, so that "contains
    exactly this choice" is a search for the choice between two line breaks.
    """
    if isinstance(value, str):
        return fold(value) or None
    if isinstance(value, list) and value:
        return "\n" + "\n".join(fold(str(item)) for item in value) + "\n"
    return None
