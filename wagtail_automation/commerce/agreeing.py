"""Rows of a file that are said to be of one order and contradict each other: the first row is believed.

Another person or currency refuses the row, since its item would be bought by the wrong one or added up
wrongly; of another time the earliest counts, of another total, state, channel, coupon or information the
first, and the row is remarked. Nothing of it happens unsaid.
"""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation.leads.field_types import TYPES
from wagtail_automation.leads.identifiers import identifier_kinds
from wagtail_automation.leads.imports.kinds import Prepared
from wagtail_automation.leads.imports.querysets import owners

from . import money
from .models import Channel, Order
from .models.products import key_of
from .stating import SPOKEN, OrderStatement, stamp

#: What rows say of their order, and how two of them are compared.
SINGLE = {
    "order.total": (_("Total of the order"), Decimal),
    "order.state": (_("State"), str),
    "order.channel": (_("Channel"), str),
    "order.coupon": (_("Coupon"), key_of),
    "order.refunded": (_("Paid back of the order"), Decimal),
}
#: A state that was reached stays so.
STATES = ["placed", "paid", "refunded", "cancelled"]


@dataclass
class Said:
    """What earlier rows said of an order; ``who``: identifiers by their kind. ``values`` and ``info`` are
    what counts, by target and by column; ``assumed``: what is so, perhaps only since no row said otherwise.
    """

    currency: str = ""
    at: dt.datetime | None = None
    who: dict[str, set[str]] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    info: dict[str, str] = field(default_factory=dict)
    assumed: dict[str, str] = field(default_factory=dict)


def said_before(order: Order, options: dict, since: dt.datetime) -> Said:
    """Of an order that an earlier chunk of the run that began then brought, with its claims, its lead and the
    lead's identifiers."""
    said = Said(order.currency, order.happened_at, info=dict(order.info))
    at, words = order.stated.get(SPOKEN, ["", ""])
    spoken = words.split() if at >= stamp(since) else ()
    for row in order.lead.identifiers.all() if order.lead else order.claims.all():
        said.who.setdefault(row.kind, set()).add(row.value)
    if order.coupon:
        said.values["order.coupon"] = order.coupon
    if "total" in spoken or order.total != sum(item.price * item.quantity for item in order.items.all()):
        said.values["order.total"] = str(money.to_decimal(order.total, order.currency))
    state = order.state if order.state in STATES else Order.State.PAID  # refunded in part
    for name, value in (("state", str(state)), ("channel", order.channel)):
        place = said.assumed if value == options.get(name) and name not in spoken else said.values
        place[f"order.{name}"] = value
    return said


def keep_spoken(statement: OrderStatement, said: Said, options: dict) -> None:
    """Let the next chunk of the run know which of the rows' words are those that it would assume anyway."""
    spoken = [
        name
        for name in ("state", "channel")
        if f"order.{name}" in said.values and said.values[f"order.{name}"] == options.get(name)
    ]
    content = statement.parts.get("content") if "order.total" in said.values else None
    if content and content["total"] == sum(item["price"] * item["quantity"] for item in content["items"]):
        spoken.append("total")
    if spoken:
        statement.keep(SPOKEN, " ".join(spoken))


def refuse_contradictions(by_number: dict[str, list[Prepared]], before: dict[str, Said]) -> None:
    """Refuse or remark rows, and leave the refused ones out; ``before`` then says of each order what counts.
    At most one query, and none where all agree."""
    doubtful: list[tuple[Prepared, Said]] = []
    for number, entries in by_number.items():
        said = before.setdefault(number, Said())
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
            if said.at is not None and at != said.at and "order.refunded" not in entry.values:
                entry.errors.append(
                    ("", gettext("Another row of this order says another time: the earliest counts."))
                )
            said.at = said.at or at
    _refuse_others(doubtful)
    for number, entries in by_number.items():
        by_number[number] = [entry for entry in entries if not entry.refused]
        for entry in by_number[number]:
            _settle(entry, before[number])


def _settle(entry: Prepared, said: Said) -> None:
    """Whoever speaks first of a thing is believed."""
    for target, (label, comparable) in SINGLE.items():
        value = entry.values.get(target)
        if value in (None, ""):
            continue
        assumed = said.assumed.get(target)
        if target == "order.state" and assumed and STATES.index(value) < STATES.index(assumed):
            known = assumed
        else:
            said.assumed.pop(target, None)
            known = said.values.setdefault(target, value)
        if comparable(known) != comparable(value):
            words = gettext("%(field)s: another row of this order says “%(said)s”, and that counts.")
        elif assumed not in (None, value):
            known = assumed
            words = gettext("%(field)s: before this row it was “%(said)s”; what this row says counts.")
        else:
            continue
        entry.errors.append(("", words % {"field": label, "said": in_words(target, known)}))
    for column, value in (entry.values.get("order.info") or {}).items():
        known = said.info.setdefault(column, value)
        if known != value:
            words = gettext("another row of this order says “%(said)s”, and that counts.")
            entry.errors.append((column, words % {"said": str(known)[:100]}))


def in_words(target: str, value: str) -> str:
    """A state or channel as people call it; anything else as it is."""
    labels = {"order.state": Order.State, "order.channel": Channel}.get(target)
    return str(labels(value).label) if labels else value


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
