"""Addresses of erased people: kept as HMACs only, and closed to marketing until the person consents again."""

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterable

from django.conf import settings
from django.core.exceptions import ValidationError

from wagtail_automation import conf
from wagtail_automation import digests as keyed
from wagtail_automation.compiled import CompiledQuery, Given

from . import ledger
from .identifiers import normalise
from .models import ConsentRecord, ConsentState, Identifier, Lead, SuppressedAddress

SALT = "wagtail_automation.leads.suppression"
#: kinds of identifiers that marketing writes to, and the channel of each
CHANNELS = {"email": "email", "phone": "sms"}
#: how the ledger says that a new lead has the address of somebody who was erased
HOW = "erased"


def _normal(kind: str, value: str) -> str:
    try:
        return normalise(kind, value)
    except ValidationError:  # an address nobody would accept any more is still one to suppress
        return " ".join(str(value).split()).lower()[:254]


def digests(kind: str, value: str) -> list[str]:
    """The HMACs (SHA-256, hexadecimal) of a value: under the present key first, then under former ones.

    ``SUPPRESSION_KEYS`` holds keys of your own, the present one first; without it the key is derived from
    SECRET_KEY. SECRET_KEY and its fallbacks are always looked up too, so that neither a rotation nor the
    introduction of own keys forgets anybody.
    """
    return _digests(kind, value, _keys())


def _keys() -> tuple[tuple, tuple]:
    """The keys of one's own, and Django's."""
    return conf.get("SUPPRESSION_KEYS"), (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


def _digests(kind: str, value: str, keys: tuple[tuple, tuple]) -> list[str]:
    message, (own, django) = f"{kind}:{_normal(kind, value)}", keys
    found = [hmac.new(f"{SALT}:{key}".encode(), message.encode(), hashlib.sha256).hexdigest() for key in own]
    return found + [keyed.digest(SALT, message, key).hex() for key in django]


def suppress(values: Iterable[tuple[str, str]], *, now: dt.datetime) -> int:
    """Suppress ``(kind, value)``; returns how many. One statement; those there already stay."""
    rows = {
        (kind, digests(kind, value)[0]): SuppressedAddress(kind=kind, digest=digests(kind, value)[0], at=now)
        for kind, value in values
        if kind in CHANNELS and value
    }
    SuppressedAddress.objects.bulk_create(rows.values(), ignore_conflicts=True)
    return len(rows)


def suppressed(kind: str, values: Iterable[str]) -> set[str]:
    """Of these values, those that are suppressed; one query."""
    digested = by_digest(kind, values)
    if not digested:
        return set()
    return {digested[digest] for digest in _SUPPRESSED(kind=kind, digests=digested)}


def by_digest(kind: str, values: Iterable[str]) -> dict[str, str]:
    """``{digest: value}`` with every digest under which one of the values may be suppressed."""
    keys = _keys()
    return {digest: value for value in values if value for digest in _digests(kind, value, keys)}


_SUPPRESSED = CompiledQuery(
    lambda: SuppressedAddress.objects.filter(kind=Given("kind"), digest__anyof=Given("digests")).values_list(
        "digest", flat=True
    )
)


def close(pairs: Iterable[tuple[int, str, str]], *, now: dt.datetime) -> set[int]:
    """Shut the channels of leads that just got a suppressed address: ``(lead, kind, value)`` each.

    An import and a form alike go through here, so that rules, lists of recipients and hand-over see a
    refusal in the ledger. Returns the leads concerned; one query when there are none.
    """
    concerned: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for lead, kind, value in pairs:
        if kind in CHANNELS:
            for digest in digests(kind, value):
                concerned.setdefault((kind, digest), []).append((lead, CHANNELS[kind]))
    if not concerned:
        return set()
    found = SuppressedAddress.objects.filter(
        kind__in={kind for kind, _digest in concerned}, digest__in={digest for _kind, digest in concerned}
    ).values_list("kind", "digest")
    shut = {pair for key in found for pair in concerned.get(key, ())}
    if not shut:
        return set()
    refused = set(
        ConsentState.objects.filter(
            lead__in={lead for lead, _subject in shut}, granted=False, subject__in=CHANNELS.values()
        ).values_list("lead_id", "subject")
    )
    new = shut - refused
    ledger.write(new, granted=False, how=HOW, now=now)
    return {lead for lead, _subject in shut}


def lift(lead: Lead) -> int:
    """The person consented anew: their addresses are suppressed no longer. Returns how many were.

    What the ledger refused only because of the suppression becomes open again, as if never asked.
    """
    values = [
        *Identifier.objects.filter(lead=lead, kind__in=CHANNELS).values_list("kind", "value"),
        *(pair for pair in (("email", lead.email), ("phone", lead.phone)) if pair[1]),
    ]
    wanted = {digest for kind, value in values for digest in digests(kind, value)}
    if not wanted:
        return 0
    count = SuppressedAddress.objects.filter(digest__in=wanted).delete()[0]
    if count:
        for subject in CHANNELS.values():
            last = ConsentRecord.objects.filter(lead=lead, subject=subject).values_list("how", flat=True)
            if last.first() == HOW:
                ConsentState.objects.filter(lead=lead, subject=subject, granted=False).delete()
    return count
