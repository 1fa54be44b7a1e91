"""Rows of a file that are said to be of one order and contradict each other: the first row is believed.

Another person or currency refuses the row, since its item would be bought by the wrong one or added up
wrongly; of another time the earliest counts, and the row is remarked. Nothing of it happens unsaid.
"""

import datetime as dt
from dataclasses import dataclass, field

from django.utils.translation import gettext

from wagtail_automation.leads.field_types import TYPES
from wagtail_automation.leads.identifiers import identifier_kinds
from wagtail_automation.leads.imports.kinds import Prepared
from wagtail_automation.leads.imports.querysets import owners

from .models import Order


@dataclass
class Said:
    """What earlier rows said of an order; ``who``: identifiers by their kind."""

    currency: str = ""
    at: dt.datetime | None = None
    who: dict[str, set[str]] = field(default_factory=dict)


def said_before(order: Order) -> Said:
    """Of an order that an earlier chunk brought, with its claims, its lead and the lead's identifiers."""
    said = Said(order.currency, order.happened_at)
    for row in order.lead.identifiers.all() if order.lead else order.claims.all():
        said.who.setdefault(row.kind, set()).add(row.value)
    return said


def refuse_contradictions(by_number: dict[str, list[Prepared]], before: dict[str, Said]) -> None:
    """Refuse or remark rows, and leave the refused ones out; at most one query, and none where all agree."""
    doubtful: list[tuple[Prepared, Said]] = []
    for number, entries in by_number.items():
        said = before.get(number) or Said()
        for entry in entries:
            at = TYPES["datetime"].to_python(entry.values["order.at"])
            currency = entry.values.get("order.currency", "")
            if currency and said.currency and currency != said.currency:
                entry.refuse(
                    gettext("An earlier row of this order is in %(currency)s.") % {"currency": said.currency}
                )
                continue
            who = _who(entry)
            if _is_other(who, said.who):
                doubtful.append((entry, said))
            else:
                for kind, value in who.items():
                    said.who.setdefault(kind, {value})
            said.currency = said.currency or currency
            if said.at is not None and at != said.at:
                entry.errors.append(
                    ("", gettext("Another row of this order says another time: the earliest counts."))
                )
            said.at = said.at or at
    _refuse_others(doubtful)
    for number, entries in by_number.items():
        by_number[number] = [entry for entry in entries if not entry.refused]


def _who(entry: Prepared) -> dict[str, str]:
    """The row's identifiers by their kind, the strongest first."""
    found = [
        (target.removeprefix("id."), value)
        for target, value in entry.values.items()
        if target.startswith("id.")
    ]
    return dict(sorted(found, key=lambda pair: -identifier_kinds[pair[0]].strength))


def _is_other(who: dict[str, str], said: dict[str, set[str]]) -> bool:
    """Whether the strongest identifier that both have differs."""
    return next((value not in said[kind] for kind, value in who.items() if kind in said), False)


def _refuse_others(doubtful: list[tuple[Prepared, Said]]) -> None:
    """Two addresses may be of one lead."""
    pairs = {pair for entry, _said in doubtful for pair in _who(entry).items()}
    pairs |= {
        (kind, value) for _entry, said in doubtful for kind, values in said.who.items() for value in values
    }
    known = owners(pairs)
    for entry, said in doubtful:
        first = {known.get((kind, value)) for kind, values in said.who.items() for value in values} - {None}
        if not first & {known.get(pair) for pair in _who(entry).items()}:
            entry.refuse(gettext("An earlier row of this order is of another person."))
