"""Counting downloads."""

import datetime as dt

from django.db import transaction

from wagtail_automation.leads.models import Lead
from wagtail_automation.tracking import actions as tracking

from .events import ASSET_DOWNLOADED
from .models import Asset, AssetDownload


def note(*, asset: Asset, lead: Lead | None, now: dt.datetime, visitor=None, site=None) -> bool:
    """Count a download. A program that reads a file in pieces asks many times: of one person within ten
    minutes only the first counts. False: it did not."""
    with transaction.atomic():
        if lead is not None:
            window = int(now.timestamp()) // 600
            recorded = tracking.record_event(
                name=ASSET_DOWNLOADED,
                lead=lead,
                visitor=visitor,
                site=site,
                about=asset,
                channel="web",
                at=now,
                key=f"asset:{asset.pk}:{lead.pk}:{window}",
            )
            if recorded is None:
                return False
        AssetDownload.objects.create(asset=asset, lead=lead, at=now)
    return True


def merge_downloads(source: Lead, target: Lead) -> None:
    """Merge handler."""
    AssetDownload.objects.filter(lead_id=source.pk).update(lead_id=target.pk)
