"""The people who work at Alder & Aulne and log in to the administration; their passwords are no secret."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """One login. ``group`` is the group of the package that the person belongs to."""

    role: str
    username: str
    password: str
    first_name: str
    last_name: str
    group: str = ""
    is_superuser: bool = False
    language: str = "en"


ACCOUNTS = [
    Account("Administrator", "admin", "alder-admin", "Rosalind", "Okafor", is_superuser=True),
    Account("Marketer", "ines", "alder-ines", "Inès", "Valcourt", group="Marketer", language="fr"),
    Account("Salesperson", "theo", "alder-theo", "Théo", "Marchand", group="Salesperson", language="fr"),
]
