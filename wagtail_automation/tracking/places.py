"""Where a page stands in the tree when it is viewed, as a number that an event can hold."""

import hashlib
import time
import uuid
from dataclasses import dataclass

from django.db import transaction
from wagtail.models import Page

from .models import PagePlace, PageSection

#: A page that was moved or replaced is noticed after this long, in every process.
CACHE_SECONDS = 60
_CACHE_SIZE = 10_000
_cache: dict[tuple, tuple[float, "Place"]] = {}


@dataclass(frozen=True)
class Place:
    """``sections``: translation keys of the page and all its ancestors."""

    pk: int
    sections: frozenset[uuid.UUID]


def place_of(page) -> Place | None:
    """The place of a page (its Ref) where it stands now; None for what is no page any more.

    No query when warm, else one for the ancestors and one for the place; two more the first time ever.
    """
    if page is None or not issubclass(page.model, Page):
        return None
    key = (page.pk, page.key)
    known = _cache.get(key)
    if known is not None and known[0] > time.monotonic():
        return known[1]
    place = _read(page)
    if place is not None:
        if len(_cache) >= _CACHE_SIZE:
            _cache.clear()
        _cache[key] = (time.monotonic() + CACHE_SECONDS, place)
    return place


def clear_cache() -> None:
    """Forget what was read, for tests whose pages are rolled back."""
    _cache.clear()


def _read(page) -> Place | None:
    path = Page.objects.filter(pk=page.pk).values_list("path", flat=True).first()
    if path is None:
        return None
    step = Page.steplen
    paths = [path[:end] for end in range(step, len(path) + 1, step)]
    keys = list(
        Page.objects.filter(path__in=paths).order_by("path").values_list("translation_key", flat=True)
    )
    chain = hashlib.blake2b(b"".join(key.bytes for key in keys), digest_size=16).hexdigest()
    with transaction.atomic():
        place, created = PagePlace.objects.get_or_create(chain=chain)
        if created:
            PageSection.objects.bulk_create(
                [PageSection(place=place, section=key, page=page.key) for key in dict.fromkeys(keys)]
            )
    return Place(place.pk, frozenset(keys))
