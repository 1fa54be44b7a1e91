"""The HTTP edge: signed calls of shops, and what the site's own pages say of a visitor's cart."""

import json
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from wagtail.models import Site

from wagtail_automation import clock
from wagtail_automation.tracking import collecting, visitors
from wagtail_automation.tracking.views import same_origin

from . import carts, receiving
from .models import Cart, Product
from .stating import cart_statement

FROM_SCRIPTS = frozenset({"items", "currency", "url"})


def _answer(data: dict, status: int = 200) -> JsonResponse:
    response = JsonResponse(data, status=status)
    patch_cache_control(response, no_store=True)
    return response


def _signed(request, what: str, receive) -> JsonResponse:
    """200 if all were recorded, 422 if some were refused (the others are recorded); 400, 403 and 413 for a
    call that says nothing at all."""
    body, key = request.read(receiving.MAX_BODY + 1), request.headers.get("X-WA-Key", "")
    try:
        signed = receiving.check(
            key=key,
            timestamp=request.headers.get("X-WA-Timestamp", ""),
            given=request.headers.get("X-WA-Signature", ""),
            body=body,
        )
        answers, is_good = receive(body, key, signed)
    except receiving.BadCall as error:
        return _answer({"error": str(error)}, error.status)
    return _answer({what: answers}, 200 if is_good else 422)


@csrf_exempt
@require_POST
def orders(request):
    """Orders of a shop; idempotent by number, in any order of arrival."""
    return _signed(request, "orders", receiving.receive_orders)


@csrf_exempt
@require_POST
def signed_carts(request):
    """Carts of a shop."""
    return _signed(request, "carts", receiving.receive_carts)


@csrf_exempt
@require_POST
def cart(request):
    """The visitor's own cart, as the page's script tells it: ``{"items", "currency", "url"}``. 204 whether or
    not anything was stored, so that nobody learns who consented."""
    if not same_origin(request):
        return _answer({"error": "Only pages of this site may report."}, 403)
    try:
        said = _read(collecting.read_body(request))
    except (collecting.BadBatch, receiving.BadCall) as error:
        return _answer({"error": str(error)}, error.status)
    now, site = clock.now(), Site.find_for_request(request)
    try:
        statement = cart_statement("?", source=carts.SITE, at=now, site=site, **said)
    except ValidationError as error:
        return _answer({"errors": error.message_dict}, 400)
    visitor = visitors.current(request).ensure(now=now, site=site)
    if visitor is not None:
        statement.number, statement.lead = visitor.uuid.hex, visitor.lead_id
        statement.parts["claim"] = {"lead": visitor.lead_id, "by": []}
        carts.update(statement)
    response = HttpResponse(status=204)
    patch_cache_control(response, no_store=True)
    return response


def _redirect(url: str) -> HttpResponse:
    """To an address that the shop gave, marked as coming from an email unless it says where it comes from."""
    if not url:
        raise Http404
    if "utm_" not in url:
        head, sign, anchor = url.partition("#")
        url = f"{head}{'&' if '?' in head else '?'}utm_source=email&utm_medium=email{sign}{anchor}"
    response = HttpResponseRedirect(url)
    response.headers["X-Robots-Tag"] = "noindex"
    patch_cache_control(response, no_store=True)
    return response


@require_safe
def to_product(request, key):
    """From an email to a product's own page: only where a product's link says."""
    return _redirect(get_object_or_404(Product, uuid=key).url)


@require_safe
def to_cart(request, key):
    """From an email back to a cart, by its key, which nobody can guess."""
    return _redirect(get_object_or_404(Cart, uuid=key).url)


def _read(body: bytes) -> dict:
    try:
        said = json.loads(body.decode("utf-8"), parse_float=Decimal, parse_constant=receiving.refuse)
    except (ArithmeticError, ValueError, RecursionError) as error:
        raise receiving.BadCall("The body is not JSON.") from error
    if not isinstance(said, dict) or not set(said) <= FROM_SCRIPTS or "items" not in said:
        raise receiving.BadCall("The names are items, currency and url; items are needed.")
    return said
