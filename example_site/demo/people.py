"""Invented people: names, towns and addresses of both languages, the same in every installation."""

import random
import unicodedata
from dataclasses import dataclass

FIRST = {
    "fr": [
        "Élodie",
        "Mathieu",
        "Chloé",
        "Antoine",
        "Noémie",
        "Rémi",
        "Aurélie",
        "Bastien",
        "Océane",
        "Étienne",
        "Manon",
        "Loïc",
        "Anaïs",
        "Gaël",
        "Maëlle",
        "Raphaël",
        "Zoé",
        "Clément",
        "Inès",
        "Benoît",
        "Solène",
        "Yanis",
        "Margaux",
        "Théo",
        "Sarah",
        "Hugo",
        "Camille",
        "Jérôme",
        "Léa",
        "Cédric",
        "Fatou",
        "Mehdi",
        "Hélène",
        "Gérard",
        "Josiane",
        "Lucie",
        "Adèle",
        "Tristan",
        "Mireille",
        "Nadia",
        "Pascal",
        "Gwenaëlle",
    ],
    "en": [
        "Maud",
        "Oliver",
        "Priya",
        "Callum",
        "Harriet",
        "Tom",
        "Isla",
        "Rory",
        "Bethan",
        "Kwame",
        "Aoife",
        "George",
        "Niamh",
        "Alfie",
        "Imogen",
        "Desmond",
        "Freya",
        "Hamish",
        "Rosie",
        "Owen",
        "Zara",
        "Ewan",
        "Martha",
        "Jack",
        "Saoirse",
        "Dev",
        "Clara",
        "Finn",
        "Megan",
        "Arthur",
        "Ruth",
        "Samuel",
        "Amara",
        "Gareth",
        "Tess",
        "Wilfred",
        "Hannah",
        "Joe",
        "Siobhán",
        "Leonard",
        "Poppy",
        "Idris",
    ],
}
LAST = {
    "fr": "Lefèvre Moreau Garnier Dubois Perrin Roussel Chevalier Renaud Barbier Aubert Guérin Lemoine Brunet "
    "Delaunay Marchetti N’Diaye Caron Hébert Le Goff Benali Fontaine Jacquet Vasseur Collet Boyer Thévenot Da Silva "
    "Kowalski Nguyen Pasquier Tessier Vidal".replace("Le Goff", "Le-Goff")
    .replace("Da Silva", "Da-Silva")
    .split(),
    "en": [
        "Ashworth",
        "Bellamy",
        "Carver",
        "Drummond",
        "Ellison",
        "Fairclough",
        "Gallagher",
        "Hargreaves",
        "Iyer",
        "Jessop",
        "Kendrick",
        "Lovell",
        "Mercer",
        "Norwood",
        "O’Brien",
        "Pemberton",
        "Quigley",
        "Rowntree",
        "Sinclair",
        "Thackeray",
        "Underhill",
        "Vaughan",
        "Whitlock",
        "Yardley",
        "Adeyemi",
        "Blackwood",
        "Cartwright",
        "Dunmore",
        "Appleby",
        "MacLeod",
        "Singh",
        "Holloway",
    ],
}
TOWNS = {
    "fr": [
        ("Nantes", "FR", "Europe/Paris"),
        ("Lyon", "FR", "Europe/Paris"),
        ("Strasbourg", "FR", "Europe/Paris"),
        ("Angers", "FR", "Europe/Paris"),
        ("Liège", "BE", "Europe/Brussels"),
        ("Genève", "CH", "Europe/Zurich"),
        ("Québec", "CA", "America/Toronto"),
        ("Montréal", "CA", "America/Toronto"),
        ("Besançon", "FR", "Europe/Paris"),
    ],
    "en": [
        ("Bristol", "GB", "Europe/London"),
        ("Leeds", "GB", "Europe/London"),
        ("Galway", "IE", "Europe/Dublin"),
        ("Edinburgh", "GB", "Europe/London"),
        ("Hebden Bridge", "GB", "Europe/London"),
        ("Portland", "US", "America/Los_Angeles"),
        ("Toronto", "CA", "America/Toronto"),
        ("Utrecht", "NL", "Europe/Amsterdam"),
    ],
}
COMPANIES = {
    "fr": [
        "Vélo-Station du Canal",
        "École des Tilleuls",
        "Jardins du Faubourg",
        "Gîte des Écluses",
        "Cyclo-Loire",
    ],
    "en": [
        "Towpath Cycle Hire",
        "Millbrook School",
        "The Allotment Society",
        "Riverside Bunkhouse",
        "Two Wheels Ltd",
    ],
}
#: Domains that RFC 2606 keeps for examples: no letter can ever reach anybody.
DOMAINS = ("example.com", "example.org", "example.net")


@dataclass(frozen=True)
class Person:
    """Somebody who may come by."""

    first_name: str
    last_name: str
    email: str
    language: str
    city: str
    country: str
    time_zone: str
    company: str


def plain(text: str) -> str:
    """A name as it stands in an address: no accents, no marks."""
    kept = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(c for c in kept.lower() if c.isalnum())


def people(rng: random.Random):
    """Endless different people, somewhat more of them French."""
    taken: set[str] = set()
    while True:
        language = "fr" if rng.random() < 0.54 else "en"
        first, last = rng.choice(FIRST[language]), rng.choice(LAST[language]).replace("-", " ")
        address = f"{plain(first)}.{plain(last)}@{rng.choice(DOMAINS)}"
        if address in taken:
            continue
        taken.add(address)
        city, country, zone = rng.choice(TOWNS[language])
        yield Person(
            first_name=first,
            last_name=last,
            email=address,
            language=language,
            city=city,
            country=country,
            time_zone=zone,
            company=rng.choice(COMPANIES[language]) if rng.random() < 0.25 else "",
        )
