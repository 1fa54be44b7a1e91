"""Which Wagtail page an address leads to; found by the server, never taken from the browser."""

from collections.abc import Iterable
from urllib.parse import unquote

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.http import Http404
from django.urls import Resolver404, resolve
from django.utils import translation
from wagtail.models import Page

from wagtail_automation import objects


def page_ref(request, site, path: str) -> objects.Ref | None:
    """The live page at ``path`` (percent-encoded, without query); None for addresses of other views.

    Two queries for an ordinary page. Subpages of routable pages count as their page.
    """
    return page_refs(request, site, [path])[path]


def page_refs(request, site, paths: Iterable[str]) -> dict[str, objects.Ref | None]:
    """The same for several paths: two queries for any number of ordinary pages of one language, one more
    where there are others. Only what stands below a page with a routing of its own is asked for singly."""
    found: dict[str, objects.Ref | None] = dict.fromkeys(paths)
    if site is None:
        return found
    by_language: dict[str, dict[str, list[str]]] = {}
    for path in found:
        plain = unquote(path)
        language = translation.get_language_from_path(plain) or settings.LANGUAGE_CODE
        with translation.override(language):
            try:
                match = resolve(plain)
            except Resolver404:
                continue
        if match.url_name == "wagtail_serve":
            inner = match.args[0] if match.args else match.kwargs.get("path", "")
            parts = [part for part in inner.split("/") if part]
            by_language.setdefault(language, {})[path] = parts
    for language, wanted in by_language.items():
        with translation.override(language):
            found |= _find(request, site, wanted)
    return found


def _find(request, site, wanted: dict[str, list[str]]) -> dict[str, objects.Ref | None]:
    """``{path: page}`` by the slugs that the paths are made of."""
    root = site.root_page.localized
    places = {path: root.url_path + "".join(f"{part}/" for part in parts) for path, parts in wanted.items()}
    live = Page.objects.live()
    rows = live.filter(url_path__in=set(places.values()))
    by_place = {row[0]: row[1:] for row in rows.values_list("url_path", "pk", "translation_key", "title")}
    missing = [path for path in wanted if places[path] not in by_place]
    routing = _routing_places(root, [wanted[path] for path in missing]) if missing else set()
    found: dict[str, objects.Ref | None] = {}
    for path, parts in wanted.items():
        row = by_place.get(places[path])
        if row is None and any(above in routing for above in _above(root, parts)):
            try:
                page = root.specific.route(request, list(parts)).page
                row = (page.pk, page.translation_key, page.title)
            except (Http404, AttributeError):
                pass
        found[path] = row and objects.Ref(Page, row[0], row[1], objects.kind_of(Page), [row[2]])
    return found


def _above(root: Page, parts: list[str]) -> list[str]:
    """The places of all pages on the way there."""
    return [root.url_path + "".join(f"{part}/" for part in parts[:end]) for end in range(len(parts) + 1)]


def _routing_places(root: Page, missing: list[list[str]]) -> set[str]:
    """Where on the way to what is no page itself a page stands that routes in its own way. One query."""
    places = {place for parts in missing for place in _above(root, parts)}
    rows = Page.objects.filter(url_path__in=places).values_list("url_path", "content_type")
    classes = {place: ContentType.objects.get_for_id(kind).model_class() for place, kind in rows}
    return {place for place, cls in classes.items() if cls is not None and cls.route is not Page.route}
