"""What the webhooks of shops elsewhere have in common: signed, read without trust, answered so that the shop
goes on calling.

WooCommerce switches a webhook off after five failures in a row, Shopify removes its subscription after eight:
a signed call that cannot be used is logged and answered with 200, since the same call again would change
nothing. Only a call that is not theirs (403), too large (413), and our own faults (500: come again) are told
otherwise.
"""

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import json
import logging
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, JsonResponse
from django.utils.cache import patch_cache_control
from django.utils.dateparse import parse_datetime

from wagtail_automation.commerce import money
from wagtail_automation.commerce.cleaning import MAX_QUANTITY
from wagtail_automation.commerce.recording import record_statements
from wagtail_automation.commerce.stating import order_statement
from wagtail_automation.leads.identifiers import normalise

logger = logging.getLogger(__name__)
MAX_BODY = 1_000_000


class Unusable(ValueError):  # noqa: N818  reads as what it is
    """A signed call that says nothing of an order."""


def secret_of(setting: str, shop: str) -> str:
    """The secret of the shop, of which this setting of the site has one by name. Raises Http404."""
    secret = getattr(settings, setting, {}).get("SECRETS", {}).get(shop)
    if not secret:
        raise Http404
    return secret


def is_signed(body: bytes, secret: str, given: str) -> bool:
    """Whether ``given`` is the HMAC-SHA256 (RFC 2104) of the body in base64, as both providers send it."""
    expected = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    try:
        return hmac.compare_digest(base64.b64decode(given, validate=True), expected)
    except (binascii.Error, ValueError):
        return False


def receive(
    request, shop: str, *, secret: str, given: str, read: Callable[[dict], dict | None]
) -> JsonResponse:
    """Record the order of a call. ``read``: from the body to the arguments of ``record_order``, None for a
    call that needs no answer; it raises Unusable. A call that is repeated or late changes nothing: what it
    says is of the moment at which the shop says that the order changed."""
    body = request.read(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        return answer({"error": f"A call has at most {MAX_BODY} bytes."}, 413)
    if not is_signed(body, secret, given):
        return answer({"error": "wrong signature"}, 403)
    try:
        said = read(_parsed(body))
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        logger.warning("a call of the shop %s could not be read: %r", shop, error)
        return answer({"error": "not an order"})
    if said is None:
        return answer({"ignored": True})
    try:
        (result,) = record_statements([order_statement(said.pop("number"), source=shop, **said)])
    except ValidationError as error:
        result = error
    if isinstance(result, ValidationError):
        logger.warning("an order of the shop %s was refused: %s", shop, result)
        return answer({"errors": result.messages})
    return answer({"number": result.number, "state": str(result.state)})


def answer(data: dict, status: int = 200) -> JsonResponse:
    response = JsonResponse(data, status=status)
    patch_cache_control(response, no_store=True)
    return response


def _parsed(body: bytes) -> dict:
    try:
        call = json.loads(body.decode("utf-8"), parse_float=Decimal)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise Unusable("no JSON") from error
    if not isinstance(call, dict) or not isinstance(call.get("line_items"), list):
        raise Unusable("no order")
    return call


def moment(text, *, zone: dt.tzinfo | None = None) -> dt.datetime | None:
    """An ISO 8601 moment; without a zone of its own it is of ``zone``. None for nothing; raises Unusable."""
    if not text:
        return None
    try:
        found = parse_datetime(text)
    except (TypeError, ValueError) as error:
        raise Unusable(f"no moment: {str(text)[:40]}") from error
    if found is None or (found.tzinfo is None and zone is None):
        raise Unusable(f"no moment: {str(text)[:40]}")
    return found if found.tzinfo else found.replace(tzinfo=zone)


def amount(value) -> Decimal:
    """A decimal amount. Raises Unusable."""
    try:
        found = Decimal(str(value or 0))
    except InvalidOperation as error:
        raise Unusable(f"no amount: {str(value)[:40]}") from error
    if not found.is_finite():
        raise Unusable("no amount")
    return found


def pieces(value) -> int:
    """How many of a line: of what is sold by weight one, if it is less. Raises Unusable."""
    found = amount(value)
    if abs(found) > MAX_QUANTITY:
        raise Unusable(f"no quantity: {str(value)[:40]}")
    return 1 if 0 < found < 1 else int(found)


def each(whole: Decimal, quantity: int, currency: str) -> str:
    """The price of one piece of a line, in whole smallest units: the order's total is told by itself."""
    step = Decimal(1).scaleb(-money.decimals(currency.upper()))
    return str(max(Decimal(0), whole / max(1, quantity)).quantize(step))


def people(**values) -> dict:
    """The identifiers that are some: a till's "-" for an address must not cost the order."""
    found = {}
    for kind, value in values.items():
        try:
            found[kind] = normalise(kind, value) if value else ""
        except ValidationError:
            continue
    return {kind: value for kind, value in found.items() if value}
