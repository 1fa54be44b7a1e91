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
    """The place of a page (its Ref) where it stands now; None for what is no page any more."""
    return places_of([page]).get(page)


def places_of(pages) -> dict:
    """``{page: its place}`` of these pages (Refs) where they stand now; what is no page any more is left out.

    No query when warm, else three for any number of them; two more for each place that no page ever had.
    """
    found, unread = {}, []
    for page in dict.fromkeys(pages):
        if page is None or not issubclass(page.model, Page):
            continue
        known = _cache.get((page.pk, page.key))
        if known is not None and known[0] > time.monotonic():
            found[page] = known[1]
        else:
            unread.append(page)
    for page, place in _read(unread).items():
        if len(_cache) >= _CACHE_SIZE:
            _cache.clear()
        _cache[page.pk, page.key] = (time.monotonic() + CACHE_SECONDS, place)
        found[page] = place
    return found


def clear_cache() -> None:
    """Forget what was read, for tests whose pages are rolled back."""
    _cache.clear()


def _read(pages: list) -> dict:
    if not pages:
        return {}
    paths = dict(Page.objects.filter(pk__in=[page.pk for page in pages]).values_list("pk", "path"))
    step = Page.steplen
    above = {pk: [path[:end] for end in range(step, len(path) + 1, step)] for pk, path in paths.items()}
    wanted = {path for chain in above.values() for path in chain}
    by_path = dict(Page.objects.filter(path__in=wanted).values_list("path", "translation_key"))
    keys = {pk: [by_path[path] for path in chain if path in by_path] for pk, chain in above.items()}
    chains = {pk: _digest(found) for pk, found in keys.items()}
    known = dict(PagePlace.objects.filter(chain__in=set(chains.values())).values_list("chain", "pk"))
    read = {}
    for page in pages:
        if page.pk in keys:
            chain, sections = chains[page.pk], keys[page.pk]
            if chain not in known:
                known[chain] = _make(chain, sections, page)
            read[page] = Place(known[chain], frozenset(sections))
    return read


def _digest(keys: list[uuid.UUID]) -> str:
    return hashlib.blake2b(b"".join(key.bytes for key in keys), digest_size=16).hexdigest()


def _make(chain: str, keys: list[uuid.UUID], page) -> int:
    with transaction.atomic():
        place, created = PagePlace.objects.get_or_create(chain=chain)
        if created:
            PageSection.objects.bulk_create(
                [PageSection(place=place, section=key, page=page.key) for key in dict.fromkeys(keys)]
            )
    return place.pk
