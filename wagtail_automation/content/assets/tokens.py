"""The signed word for one person's link to an asset: whose it is, since when, and for which asset."""

import datetime as dt
import uuid

from django.core import signing

from wagtail_automation import clock, liquid
from wagtail_automation.leads.models import Lead

SALT = "wagtail_automation.content.assets"
LONGEST = 300


class BadToken(Exception):  # noqa: N818  reads as what it is
    """Not ours, for another asset, or too old."""


def make(lead: Lead | None, asset=None) -> str:
    """For this asset alone, or (without one) for whichever its address names."""
    whose = lead.uuid.hex if lead is not None else ""
    fields = [whose, int(clock.now().timestamp()), asset.uuid.hex if asset is not None else ""]
    return signing.Signer(salt=SALT).sign_object(fields)


def read(text: str, asset) -> Lead | None:
    """Whose link it is (None: of somebody unknown who sent the form). Raises BadToken."""
    if len(text) > LONGEST:
        raise BadToken
    try:
        whose, seconds, bound = signing.Signer(salt=SALT).unsign_object(text)
        made_at = dt.datetime.fromtimestamp(int(seconds), dt.UTC)
        known = uuid.UUID(hex=whose) if whose else None
    except (signing.BadSignature, ValueError, TypeError, OverflowError, AttributeError) as error:
        raise BadToken from error
    age = clock.now() - made_at
    if (bound and bound != asset.uuid.hex) or not (
        -dt.timedelta(minutes=1) <= age <= dt.timedelta(days=asset.link_days)
    ):
        raise BadToken
    if known is None:
        return None
    lead = Lead.objects.resolve(known)
    if lead is None:
        raise BadToken
    return lead


@liquid.register_object("asset")
def asset_data(leads: list[Lead]) -> dict[int, dict]:
    """``{{ asset.token }}``: ends the address of an asset in an email. No query."""
    return {lead.pk: {"token": make(lead)} for lead in leads}
