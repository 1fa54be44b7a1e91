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
    Account("Salesperson", "nora", "alder-nora", "Nora", "Whitlock", groups=("Salesperson",)),
    Account("Salesperson", "malik", "alder-malik", "Malik", "Benali", groups=("Salesperson",), language="fr"),
    Account("Salesperson", "theo", "alder-theo", "Théo", "Marchand", groups=("Salesperson",), language="fr"),
]
#: team -> (whether its members see each other's leads, {login: how large a share of new leads})
TEAMS = {
    "Mill shop": (True, {"theo": 2, "nora": 1}),
    "Fleet": (False, {"malik": 1, "theo": 1}),
}
