"""Addresses whose clicks are recorded."""

import uuid
from datetime import datetime

from wagtail_automation import clock, objects
from wagtail_automation.tracking import addresses
from wagtail_automation.tracking.models import Link


def link_key(url: str) -> uuid.UUID:
    """The key of an address, the same wherever the link stands; needs no row."""
    return uuid.uuid5(objects.NAMESPACE, f"link:{url}")


def link_for(*, url: str, name: str = "", now: datetime | None = None) -> Link:
    """The link of an absolute http(s) address, created the first time; a repeat changes nothing.

    Raises ValueError for any other scheme, so that a redirect can never run script.
    """
    address = addresses.web_address(url)
    if address is None:
        raise ValueError(f"Only http and https addresses can be tracked, not {url!r}.")
    link, _created = Link.objects.get_or_create(
        uuid=link_key(address),
        defaults={"url": address, "name": addresses.clean_text(name, 200), "created_at": now or clock.now()},
    )
    return link
