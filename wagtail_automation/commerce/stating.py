"""What a shop states of an order or cart, cleaned: every way in makes one of these first.

Errors are told by field, as ``ValidationError({"items": …})``, before anything is written.
"""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from wagtail_automation import clock
from wagtail_automation.leads.identifiers import identifier_kinds, normalise

from . import money
from .cleaning import (
    clean_channel,
    clean_info,
    clean_items,
    clean_lead,
    clean_moment,
    clean_number,
    clean_refunds,
    clean_site,
    clean_truth,
    clean_words,
    web_url,
)

#: The part that names what rows of a file said of their order although it would be so without them.
SPOKEN = "spoken"


_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False, default=str).encode


@dataclass
class Statement:
    """Base: which order or cart, of when the statement is, and whose it is said to be."""

    source: str
    number: str
    at: dt.datetime
    #: ``(kind, normal form)``, the strongest first
    identifiers: list[tuple[str, str]] = field(default_factory=list)
    #: id of a lead that the caller knows already
    lead: int | None = None
    create_lead: bool = False
    currency: str = ""
    #: parts of which the newest statement counts, whatever comes first: ``{part: JSON value}``; complete
    #: before any of them is marked
    parts: dict = field(default_factory=dict)
    _marks: dict = field(default_factory=dict, repr=False, compare=False)

    def newer(self, part: str, stated: dict) -> bool:
        """Whether this is the newest that was said of a part. Of two of one moment the same one wins
        always, so that the order of their arrival does not matter."""
        return self.mark(part) > stated.get(part, ["", ""])

    def mark(self, part: str) -> list[str]:
        """What is remembered of the part: ``[moment, digest]``, which can be compared."""
        if part not in self._marks:
            text = _encode(self.parts[part])
            digest = hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
            self._marks[part] = [stamp(self.at), digest]
        return self._marks[part]

    def keep(self, part: str, words: str) -> None:
        """Of this part nothing is written but that it was said: its mark holds the words themselves."""
        self.parts[part] = words
        self._marks[part] = [stamp(self.at), words]


@dataclass
class OrderStatement(Statement):
    """What is stated of an order. ``placed_at``, ``paid_at``, ``cancelled_at``: the earliest said counts."""

    placed_at: dt.datetime | None = None
    paid_at: dt.datetime | None = None
    cancelled_at: dt.datetime | None = None
    refunds: list[dict] = field(default_factory=list)
    cart: str | None = None


@dataclass
class CartStatement(Statement):
    """What lies in a cart now."""


@lru_cache(maxsize=64)  # the statements of a file are all of one moment
def stamp(moment: dt.datetime) -> str:
    """UTC in a form that sorts as it happened."""
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds")


class Normal(dict):
    """Identifiers by their kind, in their normal form already: an import cleans its columns before."""


class Errors(dict):
    """Collects what is wrong, by field."""

    def attempt(self, name: str, function, *args, **kwargs):
        try:
            return function(*args, **kwargs)
        except ValidationError as error:
            self[name] = [*self.get(name, []), *error.messages]
            return None

    def raise_any(self) -> None:
        if self:
            raise ValidationError(dict(self))


def order_statement(
    number,
    *,
    source="",
    at=None,
    lead=None,
    identifiers=None,
    create_lead=True,
    currency="",
    state="",
    items=None,
    total=None,
    shipping=0,
    discount=0,
    tax=0,
    channel=None,
    coupon=None,
    info=None,
    site=None,
    placed_at=None,
    paid_at=None,
    cancelled_at=None,
    refunds=(),
    cart=None,
) -> OrderStatement:
    """Clean what was given to ``record_order``. Raises ValidationError by field."""
    errors, now = Errors(), clock.now()
    moment = errors.attempt("at", clean_moment, at, now) or now
    said = OrderStatement(
        errors.attempt("source", clean_words, source, max_length=50) or "",
        errors.attempt("number", clean_number, number) or "",
        moment,
        create_lead=errors.attempt("create_lead", clean_truth, create_lead) or False,
        placed_at=errors.attempt("placed_at", clean_moment, placed_at, now),
        paid_at=errors.attempt("paid_at", clean_moment, paid_at, now),
        cancelled_at=errors.attempt("cancelled_at", clean_moment, cancelled_at, now),
        cart=None if cart is None or cart == "" else errors.attempt("cart", clean_number, cart),
    )
    _who(said, lead, identifiers, errors)
    errors.attempt("state", _state, said, state)
    has_money = items is not None or total is not None or bool(refunds)
    if currency or has_money:
        said.currency = errors.attempt("currency", money.clean_currency, currency) or ""
    if said.currency:
        if items is not None or total is not None:
            said.parts["content"] = _content(said, items, total, shipping, discount, tax, errors)
            said.placed_at = said.placed_at or min(filter(None, (said.paid_at, said.cancelled_at, moment)))
        said.refunds = errors.attempt("refunds", clean_refunds, refunds, said.currency, moment, now) or []
    if channel is not None:
        said.parts["channel"] = errors.attempt("channel", clean_channel, channel)
    if coupon is not None:
        said.parts["coupon"] = errors.attempt("coupon", clean_words, coupon, max_length=100)
    if info is not None:
        said.parts["info"] = errors.attempt("info", clean_info, info)
    if site is not None:
        said.parts["site"] = errors.attempt("site", clean_site, site)
    errors.raise_any()
    return said


def cart_statement(
    key,
    *,
    items,
    source="",
    at=None,
    lead=None,
    identifiers=None,
    create_lead=False,
    currency="",
    url="",
    site=None,
) -> CartStatement:
    """Clean what was given to ``update_cart``. Raises ValidationError by field."""
    errors, now = Errors(), clock.now()
    said = CartStatement(
        errors.attempt("source", clean_words, source, max_length=50) or "",
        errors.attempt("key", clean_number, key) or "",
        errors.attempt("at", clean_moment, at, now) or now,
        create_lead=errors.attempt("create_lead", clean_truth, create_lead) or False,
    )
    _who(said, lead, identifiers, errors)
    items = [] if items is None else items
    if currency or items:
        said.currency = errors.attempt("currency", money.clean_currency, currency) or ""
    if said.currency or not items:
        found = errors.attempt("items", clean_items, items, said.currency) or []
        total = sum(item["price"] * item["quantity"] for item in found)
        if total > money.MAX_AMOUNT:
            errors["items"] = [gettext("This amount is too large.")]
        address = errors.attempt("url", web_url, url)
        said.parts["content"] = {
            "items": found, "total": total, "url": address or "", "currency": said.currency,
        }  # fmt: skip
    if site is not None:
        said.parts["site"] = errors.attempt("site", clean_site, site)
    errors.raise_any()
    return said


def _who(said: Statement, lead, identifiers, errors: Errors) -> None:
    said.lead = errors.attempt("lead", clean_lead, lead)
    if identifiers is not None and not isinstance(identifiers, dict):
        errors["identifiers"] = [gettext("Identifiers are given by their kind.")]
        return
    for kind, value in (identifiers or {}).items():
        if kind in identifier_kinds and (value is None or value == ""):  # a guest has no number
            continue
        is_normal = isinstance(identifiers, Normal)
        found = value if is_normal else errors.attempt("identifiers", normalise, kind, value)
        if found:
            said.identifiers.append((kind, found))
    said.identifiers.sort(key=lambda pair: -identifier_kinds[pair[0]].strength)
    if said.identifiers or said.lead is not None:
        said.parts["claim"] = {"lead": said.lead, "by": said.identifiers}


def _state(said: OrderStatement, state: str) -> None:
    """``state`` is short for the moment when it was reached."""
    if state == "paid":
        said.paid_at = said.paid_at or said.at
    elif state == "cancelled":
        said.cancelled_at = said.cancelled_at or said.at
    elif state == "placed":
        said.placed_at = said.placed_at or said.at
    elif state is not None and state != "":
        raise ValidationError(
            gettext("“%(state)s” is no state; it is placed, paid or cancelled.")
            % {"state": money.shown(state)}
        )


def _content(said: OrderStatement, items, total, shipping, discount, tax, errors: Errors) -> dict:
    items = [] if items is None else items
    found = errors.attempt("items", clean_items, items, said.currency, need_prices=total is None) or []
    parts = {
        name: errors.attempt(name, money.to_units, amount, said.currency) or 0
        for name, amount in (("shipping", shipping), ("discount", discount), ("tax", tax))
    }
    if total is not None:
        whole = errors.attempt("total", money.to_units, total, said.currency) or 0
    else:
        whole = sum(item["price"] * item["quantity"] for item in found)
        whole = max(0, whole + parts["shipping"] - parts["discount"])
        if whole > money.MAX_AMOUNT:
            errors["items"] = [*errors.get("items", []), gettext("This amount is too large.")]
    return {"items": found, "total": whole, "currency": said.currency, **parts}
