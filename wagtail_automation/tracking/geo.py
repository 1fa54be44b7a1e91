"""Where a visitor is, roughly, by the database of the setting ``GEO_DATABASE``. No address is kept."""

import ipaddress
import logging
from dataclasses import dataclass
from functools import lru_cache

from wagtail_automation import conf

logger = logging.getLogger("wagtail_automation")


@dataclass(frozen=True)
class Whereabouts:
    """``country``: ISO 3166 code; region and city by their English names. Empty where unknown."""

    country: str = ""
    region: str = ""
    city: str = ""


NOWHERE = Whereabouts()


@lru_cache(maxsize=2)
def _reader(path: str):
    """The open database; None if it or its library (extra ``geo``) is missing, said once in the log."""
    try:
        import geoip2.database

        return geoip2.database.Reader(path)
    except (ImportError, OSError, ValueError) as error:
        logger.warning("GEO_DATABASE %s cannot be used: %s", path, error)
        return None


def whereabouts(request) -> Whereabouts:
    """Of the address that the request came from. That is REMOTE_ADDR: behind a proxy the site's own
    middleware must set it. A look-up takes some microseconds and asks nobody."""
    path = conf.get("GEO_DATABASE")
    reader = _reader(str(path)) if path else None
    if reader is None:
        return NOWHERE
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
        found = reader.city(str(address))
    except (ValueError, LookupError, RuntimeError):  # no address, or one that the database does not know
        return NOWHERE
    region = found.subdivisions.most_specific.name or ""
    return Whereabouts(found.country.iso_code or "", region[:100], (found.city.name or "")[:100])
