"""The signed word for one person's link to an asset: whose it is, since when, and for which asset."""

import datetime as dt
import re
import uuid

from django.core import signing

from wagtail_automation import clock, liquid
from wagtail_automation.leads.models import Lead

from .models import Asset

SALT = "wagtail_automation.content.assets"
LONGEST = 300


class BadToken(Exception):  # noqa: N818  reads as what it is
    """Not ours, for another asset, or too old."""


#: the value of one asset in Liquid, by its number
_NAME = re.compile(r"asset\.token_(\d{1,15})")


def make(lead: Lead | None, asset_uuid: uuid.UUID) -> str:
    """For this asset alone, and for this person; None: somebody unknown who sent its form."""
    whose = lead.uuid.hex if lead is not None else ""
    return signing.Signer(salt=SALT).sign_object([whose, int(clock.now().timestamp()), asset_uuid.hex])


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
    if bound != asset.uuid.hex or not (-dt.timedelta(minutes=1) <= age <= dt.timedelta(days=asset.link_days)):
        raise BadToken
    if known is None:
        return None
    lead = Lead.objects.resolve(known)
    if lead is None:
        raise BadToken
    return lead


def name_of(asset) -> str:
    """What ends its address in an email."""
    return f"asset.token_{asset.pk}"


@liquid.register_object("asset", reads_paths=True)
def asset_data(leads: list[Lead], paths: set[str] | None) -> dict[int, dict]:
    """``{{ asset.token_7 }}``: ends the address of the asset with that number in an email. One query.

    Of an asset that is gone it is empty: its link leads nowhere, the email goes out.
    """
    rows = Asset.objects.order_by()
    named = None
    if paths is not None and "asset" not in paths:
        named = {int(match[1]) for match in map(_NAME.fullmatch, paths) if match}
        rows = rows.filter(pk__in=named)
    known = dict(rows.values_list("pk", "uuid"))
    keys = sorted(known if named is None else named)
    return {
        lead.pk: {f"token_{key}": make(lead, known[key]) if key in known else "" for key in keys}
        for lead in leads
    }
