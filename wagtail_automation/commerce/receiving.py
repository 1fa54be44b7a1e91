"""Signed calls of shops and tills: checked, read without trust, then recorded as the Python API does."""

import datetime as dt
import hmac
import json
from collections.abc import Callable
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext

from wagtail_automation import clock, conf
from wagtail_automation.tracking.identity import signature

from . import carts
from .recording import record_statements
from .stating import Statement, cart_statement, order_statement

MAX_BODY = 1_000_000
MAX_CALLS = 100
MOMENTS = ("at", "placed_at", "paid_at", "cancelled_at")
ORDER_NAMES = frozenset(
    {
        "number", "at", "identifiers", "create_lead", "currency", "state", "items", "total", "shipping",
        "discount", "tax", "channel", "coupon", "info", "placed_at", "paid_at", "cancelled_at", "refunds",
        "cart",
    }
)  # fmt: skip
CART_NAMES = frozenset({"key", "at", "identifiers", "create_lead", "currency", "items", "url"})


class BadCall(ValueError):  # noqa: N818  reads as what it is
    """The call cannot be used; ``status`` is the HTTP status, the message is for who sent it."""

    def __init__(self, message: str, status: int = 400):
        super().__init__(message)
        self.status = status


def check(*, key: str, timestamp: str, given: str, body: bytes) -> dt.datetime:
    """The moment at which a call was signed by the shop named ``key``. Raises BadCall (403, 413)."""
    if len(body) > MAX_BODY:
        raise BadCall(f"A call has at most {MAX_BODY} bytes.", 413)
    secret = conf.get("COMMERCE_KEYS").get(key)
    if not secret or not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > 12:
        raise BadCall("unknown key or malformed call", 403)
    if not hmac.compare_digest(signature(secret, timestamp, body).encode(), given.encode()):
        raise BadCall("wrong signature", 403)
    if abs(clock.now().timestamp() - int(timestamp)) > conf.get("IDENTIFY_SECONDS"):
        raise BadCall("too old", 403)
    return dt.datetime.fromtimestamp(int(timestamp), dt.UTC)


def parse(body: bytes, names: frozenset[str], what: str) -> list[dict]:
    """The rows of a call, ``{"orders": [{…}, …]}`` or one object alone; numbers stay decimal. Raises
    BadCall."""
    try:
        call = json.loads(body.decode("utf-8"), parse_float=Decimal, parse_constant=refuse)
    except (ArithmeticError, ValueError, RecursionError) as error:  # Arithmetic: a number like 1e99999…
        raise BadCall("The body is not JSON.") from error
    rows = call.get(what, [call]) if isinstance(call, dict) else None
    if not isinstance(rows, list) or not rows or len(rows) > MAX_CALLS:
        raise BadCall(f'The body must be one object or {{"{what}": […]}} of 1 to {MAX_CALLS}.')
    for position, row in enumerate(rows):
        if not isinstance(row, dict) or not set(row) <= names:
            raise BadCall(f"{what} {position}: the names are {', '.join(sorted(names))}.")
    return rows


def refuse(name):
    raise ValueError(f"{name} is not JSON")


def statements(rows: list[dict], build: Callable, first: str, source: str, signed: dt.datetime) -> list:
    """A statement of each row, or why there is none. A row that names no moment is of the signature's, so
    that a call that is sent again says nothing new."""
    found: list[Statement | ValidationError] = []
    for row in rows:
        said = {"at": signed, **{name: value for name, value in row.items() if value is not None}}
        try:
            for name in MOMENTS:
                said[name] = moment(said.get(name), name)
            if isinstance(said.get("refunds"), list):
                said["refunds"] = [_refund(refund) for refund in said["refunds"]]
            if isinstance(said.get("info"), dict):
                said["info"] = {name: _plain(value) for name, value in said["info"].items()}
            said = {name: value for name, value in said.items() if value is not None}
            found.append(build(said.pop(first, None), source=source, **said))
        except ValidationError as error:
            found.append(error)
    return found


def moment(value, name: str) -> dt.datetime | None:
    """An ISO 8601 moment with its zone. Raises ValidationError."""
    if value is None or isinstance(value, dt.datetime):
        return value
    try:
        found = parse_datetime(value)
    except (TypeError, ValueError):
        found = None
    if found is None or found.tzinfo is None:
        words = gettext("A moment is written like 2026-03-01T12:00:00Z.")
        raise ValidationError({name: words})
    return found


def _refund(refund):
    if isinstance(refund, dict) and refund.get("at") is not None:
        return refund | {"at": moment(refund["at"], "refunds")}
    return refund


def _plain(value):
    return float(value) if isinstance(value, Decimal) else value


def receive_orders(body: bytes, source: str, signed: dt.datetime) -> tuple[list[dict], bool]:
    """Record the orders of a call; ``(what became of each, all of them were accepted)``. Those that are
    refused keep no other back."""
    rows = parse(body, ORDER_NAMES, "orders")
    found = statements(rows, order_statement, "number", source, signed)
    good = [said for said in found if not isinstance(said, ValidationError)]
    done = iter(record_statements(good) if good else [])
    results = [said if isinstance(said, ValidationError) else next(done) for said in found]
    return [
        {"number": row.get("number"), "errors": _errors(result)}
        if isinstance(result, ValidationError)
        else {"number": result.number, "state": str(result.state), "order": str(result.uuid)}
        for row, result in zip(rows, results, strict=True)
    ], not any(isinstance(result, ValidationError) for result in results)


def receive_carts(body: bytes, source: str, signed: dt.datetime) -> tuple[list[dict], bool]:
    """The same for carts."""
    rows = parse(body, CART_NAMES, "carts")
    answers, is_good = [], True
    for row, said in zip(rows, statements(rows, _cart, "key", source, signed), strict=True):
        if isinstance(said, ValidationError):
            answers.append({"key": row.get("key"), "errors": _errors(said)})
            is_good = False
        else:
            cart = carts.update(said)
            answers.append({"key": cart.key, "state": str(cart.state), "cart": str(cart.uuid)})
    return answers, is_good


def _cart(key, *, items=None, **said) -> Statement:
    if items is None:
        raise ValidationError({"items": gettext("This field is required.")})
    return cart_statement(key, items=items, **said)


def _errors(error: ValidationError) -> dict:
    return error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
