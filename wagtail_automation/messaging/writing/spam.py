"""Words and ways of writing by which filters – and people – take a letter for spam: hints, never a refusal.

No list of a filter: a short one of our own, of phrases that a letter to people who asked for it can do
without. Filters weigh them lightly beside the sender's name; several at once are what matters.
"""

import re

from wagtail_automation.leads.folding import fold

#: by language; compared without case and accents, as whole words
PHRASES = {
    "en": (
        "100% free", "act now", "apply now", "as seen on", "be your own boss", "best price", "buy now",
        "call now", "cash bonus", "cheap", "click here", "congratulations", "double your income",
        "earn money", "extra income", "fast cash", "for free", "free gift", "free money", "get paid",
        "get rich", "guaranteed", "incredible deal", "last chance", "limited time", "lose weight",
        "lowest price", "make money", "million dollars", "miracle", "money back", "no catch", "no cost",
        "no obligation", "no risk", "once in a lifetime", "order now", "risk free", "special promotion",
        "this is not spam", "urgent", "while stocks last", "winner", "you have been chosen", "you won",
    ),
    "fr": (
        "100% gratuit", "à saisir", "achetez maintenant", "agissez maintenant", "appelez maintenant",
        "argent facile", "bon marché", "cadeau gratuit", "ce n'est pas du spam", "cliquez ici",
        "commandez maintenant", "dernière chance", "devenez riche", "entièrement gratuit",
        "félicitations", "gagnez de l'argent", "gagnant", "garanti", "gratuitement", "incroyable",
        "maigrir", "meilleur prix", "miracle", "offre exceptionnelle", "offre limitée", "perdez du poids",
        "prix cassé", "prix le plus bas", "profitez-en vite", "remboursement garanti",
        "revenu complémentaire", "sans engagement", "sans frais", "sans risque", "satisfait ou remboursé",
        "urgent", "vous avez été choisi", "vous avez gagné",
    ),
}  # fmt: skip
#: so many named in one hint
NAMED = 8
#: a subject of fewer letters may be an abbreviation
LETTERS = 6


def _folded(text: str) -> str:
    return " ".join(fold(text).replace("’", "'").replace("\u00a0", " ").replace("\u202f", " ").split())


def phrases_in(text: str, language: str) -> list[str]:
    """The phrases of the list of this language that stand in a text, in order; those of no list: none."""
    plain = re.sub(r"\s+%", "%", _folded(text))
    found = []
    for phrase in PHRASES.get(language.split("-")[0], ()):
        match = re.search(rf"(?<!\w){re.escape(_folded(phrase))}(?!\w)", plain)
        if match:
            found.append((match.start(), phrase))
    return [phrase for _place, phrase in sorted(found)]


def shouts(subject: str) -> bool:
    """Whether a subject is written in capitals, or has several exclamation marks."""
    letters = [c for c in subject if c.isalpha()]
    return subject.count("!") > 1 or (
        len(letters) >= LETTERS and sum(c.isupper() for c in letters) > 0.7 * len(letters)
    )
