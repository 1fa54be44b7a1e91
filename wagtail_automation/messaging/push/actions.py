"""Browsers subscribe and leave."""

import base64
import binascii
import hashlib
import re
from datetime import datetime
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from wagtail_automation import conf
from wagtail_automation.leads.actions import record_consent
from wagtail_automation.leads.models import Lead

from .models import PushSubscription

#: whom the site may call: an address that a visitor gives must not lead anywhere else
SERVICES = re.compile(
    r"(fcm\.googleapis\.com|updates\.push\.services\.mozilla\.com|web\.push\.apple\.com"
    r"|[a-z0-9-]+\.notify\.windows\.com|[a-z0-9-]+\.push\.apple\.com)"
)
#: browsers of one person
MOST = 20


def clean(said) -> tuple[str, str, str]:
    """``(endpoint, p256dh, auth)`` of what a browser sent. Raises ValidationError."""
    keys = said.get("keys") if isinstance(said, dict) else None
    endpoint = said.get("endpoint") if isinstance(said, dict) else None
    if not isinstance(endpoint, str) or len(endpoint) > 1000 or not isinstance(keys, dict):
        raise ValidationError(_("This is no subscription."))
    try:
        parts = urlsplit(endpoint)
        own = parts.netloc in conf.get("PUSH_SERVICES")
        known = parts.scheme == "https" and SERVICES.fullmatch(parts.netloc)
    except ValueError:
        own = known = False
    if not (own or known) or not endpoint.isprintable() or " " in endpoint:
        raise ValidationError(_("This push service is not known."))
    return endpoint, _key(keys.get("p256dh"), 65), _key(keys.get("auth"), 16)


def _key(value, length: int) -> str:
    try:
        raw = base64.urlsafe_b64decode(f"{value}==") if isinstance(value, str) else b""
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != length or len(value) > 100 or (length == 65 and raw[0] != 4):
        raise ValidationError(_("This is no subscription."))
    return value.rstrip("=")


def digest(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode()).hexdigest()


def subscribe(*, lead: Lead, said, site, now: datetime) -> PushSubscription:
    """This browser takes push messages from now on; a repeat changes nothing, another lead takes it over.

    Raises ValidationError.
    """
    endpoint, p256dh, auth = clean(said)
    with transaction.atomic():
        found, created = PushSubscription.objects.update_or_create(
            digest=digest(endpoint),
            defaults={"lead": lead, "endpoint": endpoint, "p256dh": p256dh, "auth": auth},
            create_defaults={
                "lead": lead, "endpoint": endpoint, "p256dh": p256dh, "auth": auth, "created_at": now,
            },
        )  # fmt: skip
        surplus = (
            PushSubscription.objects.filter(lead=lead).order_by("-pk").values_list("pk", flat=True)[MOST:]
        )
        PushSubscription.objects.filter(pk__in=list(surplus)).delete()
        if created:
            record_consent(lead=lead, subject="push", granted=True, how="form", site=site, now=now)
    return found


def leave(*, endpoint: str, site, now: datetime) -> bool:
    """This browser takes none any more; with the last one of a person goes the consent."""
    with transaction.atomic():
        found = PushSubscription.objects.filter(digest=digest(endpoint)).select_related("lead").first()
        if found is None:
            return False
        found.delete()
        if not PushSubscription.objects.filter(lead=found.lead).exists():
            record_consent(
                lead=found.lead, subject="push", granted=False, how="unsubscribe", site=site, now=now
            )
    return True
