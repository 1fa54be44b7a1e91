"""The site says who somebody is: in Python, by a signed token in a page, or from another server.

All three identify, as a submitted form does. A browser alone cannot: ``wa.identify(fields)`` without a
token only declares attributes of an anonymous lead.
"""

import datetime as dt
import hashlib
import hmac
import json
import secrets

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction

from wagtail_automation import clock, conf
from wagtail_automation.leads import actions as leads
from wagtail_automation.leads.models import Lead

from . import visitors
from .actions import drop_level
from .models import EventKey, Level

SOURCE = "api"
MAX_TOKEN = 4000
MAX_BODY = 20_000
MAX_VALUES = 30
_SALT = "wagtail_automation.tracking.identify"


class BadIdentity(ValueError):  # noqa: N818  reads as what it is
    """A token or signature that is forged, damaged, too old or used before; the message says which."""


def identify(
    *,
    identifiers: dict,
    fields: dict | None = None,
    request=None,
    source: str = SOURCE,
    now: dt.datetime | None = None,
) -> Lead:
    """For the site's own code: this person has these identifiers. Returns the lead they are from now on.

    With ``request`` its browser is tied to them as identified, where it may be remembered; its anonymous
    history becomes theirs. A browser that was merely recognised as somebody else, or is identified as
    somebody else, never makes two known leads one. Raises ValidationError by kind or field.
    """
    now = now or clock.now()
    state = visitors.current(request) if request is not None else None
    visitor = state.visitor if state is not None else None
    own = visitor.lead if visitor is not None else None
    trusted = own is not None and (not own.is_known or visitor.level == Level.IDENTIFIED)
    with transaction.atomic():
        lead = leads.identify(
            lead=own if trusted else None,
            identifiers=identifiers,
            fields=fields or {},
            source=source,
            now=now,
        )
        if state is not None:
            tied = visitors.remember(request, lead, Level.IDENTIFIED)
            lead = tied.lead if tied is not None else lead
    return lead


# -- a token in a page -------------------------------------------------------------------------------------


def identity_token(*, identifiers: dict, fields: dict | None = None) -> str:
    """For a page made for one person: ``wa.identify({}, token)`` identifies the browser that shows it.

    Good once, for ``IDENTIFY_SECONDS``. The page must not be cached.
    """
    payload = {
        "i": identifiers,
        "f": fields or {},
        "t": int(clock.now().timestamp()),
        "n": secrets.token_urlsafe(12),
    }
    return signing.Signer(salt=_SALT).sign_object(payload, compress=True)


def redeem(request, token) -> Lead:
    """The lead of a token, its browser tied to them. Raises BadIdentity."""
    if not isinstance(token, str) or len(token) > MAX_TOKEN:
        raise BadIdentity("no token of ours")
    try:
        payload = signing.Signer(salt=_SALT).unsign_object(token)
        identifiers, fields = _checked(payload["i"], payload["f"])
        issued, nonce = int(payload["t"]), str(payload["n"])
    except (signing.BadSignature, ValueError, KeyError, TypeError) as error:
        raise BadIdentity("no token of ours") from error
    return _once(f"identity:{nonce}", issued, identifiers, fields, request)


def _checked(identifiers, fields) -> tuple[dict, dict]:
    if not isinstance(identifiers, dict) or not isinstance(fields, dict) or not identifiers:
        raise ValueError("identifiers and fields are objects, and identifiers are not empty")
    if len(identifiers) + len(fields) > MAX_VALUES:
        raise ValueError("too many values")
    return identifiers, fields


def _once(key: str, issued: int, identifiers: dict, fields: dict, request) -> Lead:
    now = clock.now()
    if abs(now.timestamp() - issued) > conf.get("IDENTIFY_SECONDS"):
        raise BadIdentity("too old")
    try:
        with transaction.atomic():
            if not EventKey.objects.claim(key, now):
                raise BadIdentity("used before")
            return identify(identifiers=identifiers, fields=fields, request=request, now=now)
    except ValidationError as error:
        raise BadIdentity("; ".join(error.messages)[:500]) from error


# -- another server ----------------------------------------------------------------------------------------


def signature(secret: str, timestamp: int | str, body: bytes) -> str:
    """HMAC-SHA256 in hexadecimal over ``<timestamp>.<body>``: what stands in ``X-WA-Signature``."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def receive(*, key: str, timestamp: str, given: str, body: bytes) -> Lead:
    """A signed call of another server, ``{"identifiers": {…}, "fields": {…}}``. Raises BadIdentity."""
    secret = conf.get("IDENTIFY_KEYS").get(key)
    if not secret or len(body) > MAX_BODY or not (timestamp.isascii() and timestamp.isdigit()):
        raise BadIdentity("unknown key or malformed call")
    if len(timestamp) > 12 or not hmac.compare_digest(
        signature(secret, timestamp, body).encode(), given.encode()
    ):
        raise BadIdentity("wrong signature")
    try:
        call = json.loads(body.decode("utf-8"))
        identifiers, fields = _checked(call["identifiers"], call.get("fields") or {})
    except (UnicodeDecodeError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadIdentity('the body must be {"identifiers": {…}, "fields": {…}}') from error
    return _once(f"identify:{signature(secret, timestamp, body)}", int(timestamp), identifiers, fields, None)


# -- the site's own login ----------------------------------------------------------------------------------


def on_login(sender, request=None, user=None, **kwargs):
    """Ties the browser to the lead of the account, where the visitor consented; never for editors.

    ``IDENTIFY_LOGIN``: "account" – the account alone; "email" – its address too, for sites that verify
    addresses; "off".
    """
    how = conf.get("IDENTIFY_LOGIN")
    if request is None or user is None or how == "off" or user.has_perm("wagtailadmin.access_admin"):
        return
    state = visitors.current(request)
    if not state.may_store:
        return
    identifiers = {"user": str(user.pk)}
    if how == "email" and user.email:
        identifiers["email"] = user.email
    try:
        identify(identifiers=identifiers, request=request, source="login")
    except ValidationError:  # an account with an unusable address is still an account
        identify(identifiers={"user": str(user.pk)}, request=request, source="login")


def on_logout(sender, request=None, user=None, **kwargs):
    """Whoever comes next in this browser may be somebody else: stored data is not shown any more."""
    if request is None:
        return
    visitor = visitors.current(request).known_visitor()
    if visitor is not None:
        drop_level(visitor=visitor)


def connect() -> None:
    """Listen to the site's logins."""
    user_logged_in.connect(on_login, dispatch_uid="wagtail_automation_tracking")
    user_logged_out.connect(on_logout, dispatch_uid="wagtail_automation_tracking")
