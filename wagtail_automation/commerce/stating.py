"""What a shop states of an order or cart, cleaned: every way in makes one of these first.

Errors are told by field, as ``ValidationError({"items": …})``, before anything is written.
"""

import datetime as dt
import hashlib
import json
import math
from dataclasses import dataclass, field
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from wagtail_automation import clock
from wagtail_automation.leads.field_types import clean_text
from wagtail_automation.leads.folding import fold
from wagtail_automation.leads.identifiers import identifier_kinds, normalise
from wagtail_automation.tracking.addresses import web_address

from . import money
from .models import Channel
from .models.products import key_of

MAX_ITEMS = 500
MAX_QUANTITY = 1_000_000
MAX_INFO = 50
MAX_CATEGORIES = 20
MAX_REFUNDS = 100
#: How far the clocks of shops may be ahead of ours.
AHEAD = dt.timedelta(minutes=5)
#: The part that names what rows of a file said of their order although it would be so without them.
SPOKEN = "spoken"
ITEM_NAMES = frozenset({"sku", "name", "quantity", "price", "categories", "url", "image_url"})


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
    moment = errors.attempt("at", _moment, at, now) or now
    said = OrderStatement(
        errors.attempt("source", clean_text, source or "", max_length=50) or "",
        errors.attempt("number", _number, number) or "",
        moment,
        create_lead=errors.attempt("create_lead", _truth, create_lead) or False,
        placed_at=placed_at and errors.attempt("placed_at", _moment, placed_at, now),
        paid_at=paid_at and errors.attempt("paid_at", _moment, paid_at, now),
        cancelled_at=cancelled_at and errors.attempt("cancelled_at", _moment, cancelled_at, now),
        cart=errors.attempt("cart", _number, cart) if cart else None,
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
        said.refunds = errors.attempt("refunds", _refunds, refunds, said.currency, moment, now) or []
    if channel is not None:
        said.parts["channel"] = errors.attempt("channel", _channel, channel)
    if coupon is not None:
        said.parts["coupon"] = errors.attempt("coupon", clean_text, coupon, max_length=100)
    if info is not None:
        said.parts["info"] = errors.attempt("info", _info, info)
    if site is not None:
        said.parts["site"] = getattr(site, "pk", site)
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
        errors.attempt("source", clean_text, source or "", max_length=50) or "",
        errors.attempt("key", _number, key) or "",
        errors.attempt("at", _moment, at, now) or now,
        create_lead=errors.attempt("create_lead", _truth, create_lead) or False,
    )
    _who(said, lead, identifiers, errors)
    if currency or items:
        said.currency = errors.attempt("currency", money.clean_currency, currency) or ""
    if said.currency or not items:
        found = errors.attempt("items", _items, items or [], said.currency) or []
        total = sum(item["price"] * item["quantity"] for item in found)
        if total > money.MAX_AMOUNT:
            errors["items"] = [gettext("This amount is too large.")]
        address = errors.attempt("url", web_url, url)
        said.parts["content"] = {
            "items": found, "total": total, "url": address or "", "currency": said.currency,
        }  # fmt: skip
    if site is not None:
        said.parts["site"] = getattr(site, "pk", site)
    errors.raise_any()
    return said


def _truth(value) -> bool:
    if not isinstance(value, bool):  # "false" is true to Python
        raise ValidationError(gettext("True or false is wanted."))
    return value


def _number(value) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValidationError(gettext("A number or key is text."))
    text = clean_text(str(value), max_length=200)
    if not text:
        raise ValidationError(gettext("This field is required."), code="required")
    return text


def _moment(value, now: dt.datetime) -> dt.datetime | None:
    if value is None:
        return None
    if not isinstance(value, dt.datetime) or value.tzinfo is None:
        raise ValidationError(gettext("A moment is a date and time with its time zone."), code="moment")
    if value > now + AHEAD:
        raise ValidationError(gettext("This date lies in the future."), code="future")
    if value.year < 1970:
        raise ValidationError(gettext("This date is too long ago."), code="past")
    return value.astimezone(dt.UTC)


def _who(said: Statement, lead, identifiers, errors: Errors) -> None:
    said.lead = getattr(lead, "pk", lead)
    if identifiers is not None and not isinstance(identifiers, dict):
        errors["identifiers"] = [gettext("Identifiers are given by their kind.")]
        return
    for kind, value in (identifiers or {}).items():
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
    elif state:
        raise ValidationError(
            gettext("“%(state)s” is no state; it is placed, paid or cancelled.") % {"state": str(state)[:30]}
        )


def _content(said: OrderStatement, items, total, shipping, discount, tax, errors: Errors) -> dict:
    found = errors.attempt("items", _items, items or [], said.currency) or []
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


def _items(items, currency: str) -> list[dict]:
    if not isinstance(items, list | tuple):
        raise ValidationError(gettext("Items are a list."))
    if len(items) > MAX_ITEMS:
        raise ValidationError(gettext("An order has at most %(limit)d items.") % {"limit": MAX_ITEMS})
    cleaned, problems = [], []
    for position, item in enumerate(items, 1):
        try:
            cleaned.append(_item(item, currency))
        except ValidationError as error:
            problems += [
                gettext("Item %(position)d: %(problem)s") % {"position": position, "problem": problem}
                for problem in error.messages
            ]
    if problems:
        raise ValidationError(problems[:20])
    return cleaned


def _item(item, currency: str) -> dict:
    if not isinstance(item, dict) or not set(item) <= ITEM_NAMES:
        raise ValidationError(
            gettext("An item has these values and no others: %(names)s.")
            % {"names": ", ".join(sorted(ITEM_NAMES))}
        )
    sku = clean_text(item.get("sku") or "", max_length=100)
    name = clean_text(item.get("name") or "", max_length=255)
    if not key_of(sku) and not name:
        raise ValidationError(gettext("An item has an SKU or a name."))
    quantity = item.get("quantity", 1)
    if isinstance(quantity, bool) or not isinstance(quantity, int) or not 1 <= quantity <= MAX_QUANTITY:
        raise ValidationError(
            gettext("A quantity is a whole number from 1 to %(limit)d.") % {"limit": MAX_QUANTITY}
        )
    categories = item.get("categories") or []
    if not isinstance(categories, list | tuple) or len(categories) > MAX_CATEGORIES:
        raise ValidationError(gettext("Categories are a list of names, at most 20."))
    names = {key_of(text): text for text in (clean_text(name, max_length=100) for name in categories)}
    return {
        "sku": sku,
        "name": name or sku,
        "quantity": quantity,
        "price": money.to_units(item.get("price", 0), currency),
        "categories": sorted(text for key, text in names.items() if key),
        "url": web_url(item.get("url")),
        "image_url": web_url(item.get("image_url")),
    }


def web_url(url) -> str:
    """An address that may stand in a link; nothing for nothing. Raises ValidationError."""
    if not url:
        return ""
    found = web_address(url) if isinstance(url, str) and len(url) <= 500 else None
    if found is None:
        raise ValidationError(gettext("Addresses begin with https:// or http://."))
    return found


def _channel(channel) -> str:
    if channel not in Channel.values:
        raise ValidationError(
            gettext("“%(channel)s” is no channel; the channels are: %(channels)s.")
            % {"channel": str(channel)[:30], "channels": ", ".join(Channel.values)}
        )
    return str(channel)


def _info(info) -> dict:
    if not isinstance(info, dict) or len(info) > MAX_INFO:
        raise ValidationError(gettext("Information is given by name, at most 50 values."))
    if any(isinstance(value, float) and not math.isfinite(value) for value in info.values()):
        raise ValidationError(gettext("Numbers are finite."))
    return {
        clean_text(name, max_length=50): value
        if isinstance(value, bool | int | float)
        else clean_text("" if value is None else value, max_length=500)
        for name, value in info.items()
    }


def info_key(name: str) -> str:
    """The name of an information as rules ask for it; SQLite's paths have no way to write a quote."""
    return key_of(name).replace('"', "")


def folded_info(info: dict) -> dict:
    """The information without case and accents, names included, as rules ask for it."""
    return {info_key(name): fold(value) if isinstance(value, str) else value for name, value in info.items()}


def _refunds(refunds, currency: str, at: dt.datetime, now: dt.datetime) -> list[dict]:
    """``[{"key", "amount", "at", "items"}]``: by the key a repeated call pays nothing back twice."""
    if not isinstance(refunds, list | tuple) or len(refunds) > MAX_REFUNDS:
        raise ValidationError(gettext("Refunds are a list."))
    found = []
    for refund in refunds:
        if not isinstance(refund, dict) or not set(refund) <= {"key", "amount", "at", "items"}:
            raise ValidationError(gettext("A refund has a key, an amount, a moment and items."))
        amount = money.to_units(refund.get("amount"), currency)
        if not amount:
            raise ValidationError(gettext("A refund of nothing is none."))
        moment = _moment(refund.get("at"), now) or at
        items = _returned(refund.get("items") or [])
        found.append({"key": _number(refund.get("key")), "amount": amount, "at": moment, "items": items})
    return found


def _returned(items) -> list[dict]:
    """What came back, ``[{"sku", "quantity"}]``, one entry for each SKU."""
    if not isinstance(items, list | tuple) or len(items) > MAX_ITEMS:
        raise ValidationError(gettext("Items are a list."))
    found: dict[str, dict] = {}
    for item in items:
        if not isinstance(item, dict) or not set(item) <= {"sku", "quantity"}:
            raise ValidationError(gettext("What came back has an SKU and a quantity."))
        sku = clean_text(item.get("sku") or "", max_length=100)
        quantity = item.get("quantity", 1)
        if not key_of(sku):
            raise ValidationError(gettext("What came back has an SKU and a quantity."))
        if isinstance(quantity, bool) or not isinstance(quantity, int) or not 1 <= quantity <= MAX_QUANTITY:
            raise ValidationError(
                gettext("A quantity is a whole number from 1 to %(limit)d.") % {"limit": MAX_QUANTITY}
            )
        known = found.setdefault(key_of(sku), {"sku": sku, "quantity": 0})
        known["quantity"] = min(known["quantity"] + quantity, MAX_QUANTITY)
    return list(found.values())
