"""The people who work at Alder & Aulne and log in to the administration; their passwords are no secret."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """One login. ``groups``: the package's roles, and Wagtail's own for those who edit pages."""

    role: str
    username: str
    password: str
    first_name: str
    last_name: str
    groups: tuple[str, ...] = ()
    is_superuser: bool = False
    language: str = "en"


ACCOUNTS = [
    Account("Administrator", "admin", "alder-admin", "Rosalind", "Okafor", is_superuser=True),
    Account(
        "Marketer", "ines", "alder-ines", "Inès", "Valcourt", groups=("Marketer", "Moderators"), language="fr"
    ),
    Account("Salesperson", "theo", "alder-theo", "Théo", "Marchand", groups=("Salesperson",), language="fr"),
]
