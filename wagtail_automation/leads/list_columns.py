"""Columns that other apps add to the list of leads: read for a whole page of them at once."""

from collections.abc import Callable
from dataclasses import dataclass

from wagtail.admin.ui.tables import Column


@dataclass(frozen=True)
class ListColumns:
    """``columns``: ``(name, label)`` of each; ``values(leads)``: ``{lead.pk: {name: text}}`` in a constant
    number of queries. Only seen by those with the permission; a page on which nobody has a value leaves them
    out."""

    key: str
    columns: tuple[tuple[str, object], ...]
    values: Callable[[list], dict[int, dict]]
    permission: str = ""


_registered: dict[str, ListColumns] = {}


def register(added: ListColumns) -> None:
    """Add columns. The same key again takes their place."""
    _registered[added.key] = added


def read(leads: list, user) -> list[Column]:
    """The columns of a page of leads, with their values on the leads."""
    shown = []
    for added in _registered.values():
        if added.permission and not user.has_perm(added.permission):
            continue
        found = added.values(leads)
        if not found:
            continue
        for lead in leads:
            lead.more_columns = getattr(lead, "more_columns", {}) | found.get(lead.pk, {})
        shown += [Column(name, label=label, accessor=_value(name)) for name, label in added.columns]
    return shown


def _value(name: str):
    return lambda lead: lead.more_columns.get(name, "")
