"""Capital letters of names and of other texts, put right where it is plain what is meant.

Pure functions of one text. A text in mixed case was written by somebody who knew; only what is all in
capitals or all in small letters is changed, and of that only what can be judged. None means: leave it.
"""

import re

#: small before a family name: Jean de la Tour, Ludwig van Beethoven
PARTICLES = frozenset(
    {"de", "du", "des", "von", "van", "der", "den", "ten", "ter", "zu", "zur", "da", "dos", "das", "af", "av"}
)
#: only after another particle: de la Tour, but La Fontaine
FOLLOWERS = frozenset({"la", "le", "les", "los", "las", "het", "'t"})
#: Macron and Machado are no sons of anybody: these are
_MACS = """
    macalister macarthur macaulay macbeth macbride maccormack macdonald macdougall macduff macfarlane
    macgowan macgregor macinnes macintosh macintyre mackay mackenzie mackinnon mackintosh maclachlan maclaren
    maclean macleod macmahon macmillan macneil macnamara macpherson macqueen macrae macsweeney mactavish
"""
MACS = frozenset(_MACS.split())
SUFFIXES = {"jr": "Jr", "sr": "Sr"} | {
    numeral.lower(): numeral for numeral in ("II", "III", "IV", "VI", "VII", "VIII", "IX", "XI", "XII")
}
APOSTROPHES = "'’"
#: words of companies and places that stay small inside a name
_SMALL = """
    a à au aux and at by d de del der des di du e en et for in l la le les of on or ou par pour sous sur
    the to und van von y
"""
SMALL_WORDS = frozenset(_SMALL.split())
#: what has a form of its own
_FORMS = """
    SA SAS SASU SARL EURL SCI SNC GIE AG GmbH KG SE Ltd LLC LLP PLC Inc Corp BV NV SpA Srl ASBL
    ONG UK USA EU UE RATP SNCF EDF BNP IBM HP SAP AXA LVMH CNRS CHU IT RH TV
"""
FORMS = {word.casefold(): word for word in _FORMS.split()}
VOWELS = re.compile("[aeiouyàâäéèêëîïôöùûüœæ]", re.IGNORECASE)


def _is_judgeable(text: str) -> bool:
    """Letters of one case only, none of them special."""
    if not text or any(char.isdigit() or char in "@/\\" for char in text):
        return False
    if text != text.lower() and text != text.upper():
        return False
    # letters that change their number with their case (ß, İ, ligatures) are left to people
    return text.lower() != text.upper() and len(text.lower()) == len(text.upper()) == len(text)


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:].lower()


def fix_name(text: str) -> str | None:
    """``"JEAN-PIERRE D'ARC"`` → ``"Jean-Pierre d'Arc"``; None to leave it as it is."""
    if not _is_judgeable(text):
        return None
    letters = [char for char in text if char.isalpha()]
    if text == text.upper() and len(letters) <= 3 and not VOWELS.search(text):
        return None  # JP, TJ: initials
    words = text.split(" ")
    fixed = []
    for position, word in enumerate(words):
        small = word.lower()
        follows = position > 0 and (words[position - 1].lower() in PARTICLES | FOLLOWERS)
        if (small in PARTICLES and len(words) > position + 1) or (small in FOLLOWERS and follows):
            fixed.append(small)
        else:
            fixed.append(_name_word(word))
    result = " ".join(fixed)
    return None if result == text else result


def _name_word(word: str) -> str:
    if word.lower().rstrip(".") in SUFFIXES:
        return SUFFIXES[word.lower().rstrip(".")] + ("." if word.endswith(".") else "")
    return "-".join(_name_part(part) for part in word.split("-"))


def _name_part(part: str) -> str:
    for apostrophe in APOSTROPHES:
        before, found, after = part.partition(apostrophe)
        if found and before and after:
            before = "d" if before.lower() == "d" else before.capitalize()
            return f"{before}{apostrophe}{_name_part(after)}"
    if "." in part:
        return ".".join(_capital(piece) for piece in part.split("."))
    small = part.lower()
    if small.startswith("mc") and len(small) > 3:
        return f"Mc{_capital(part[2:])}"
    if small in MACS:
        return f"Mac{_capital(part[3:])}"
    return _capital(part)


def fix_capitals(text: str) -> str | None:
    """``"ATELIER DE LA SÈVE SARL"`` → ``"Atelier de la Sève SARL"``; None to leave it as it is."""
    if not _is_judgeable(text):
        return None
    words = text.split(" ")
    if text == text.upper() and len(words) == 1 and len(text) <= 4:
        return None  # may well be an acronym
    fixed = []
    for position, word in enumerate(words):
        small = word.lower()
        if small in FORMS:
            fixed.append(FORMS[small])
        elif position and small in SMALL_WORDS:
            fixed.append(small)
        elif word == word.upper() and word.isalpha() and 1 < len(word) <= 4 and not VOWELS.search(word):
            fixed.append(word)
        else:
            fixed.append(
                "-".join(_text_part(part, bool(position or n)) for n, part in enumerate(word.split("-")))
            )
    result = " ".join(fixed)
    return None if result == text else result


def _text_part(part: str, is_inside: bool) -> str:
    for apostrophe in APOSTROPHES:
        before, found, after = part.partition(apostrophe)
        if found and before and after:
            before = before.lower() if is_inside and len(before) == 1 else _capital(before)
            return f"{before}{apostrophe}{_capital(after)}"
    if is_inside and part.lower() in SMALL_WORDS:
        return part.lower()
    return _capital(part)
