"""Which Wagtail page an address leads to; found by the server, never taken from the browser."""

from urllib.parse import unquote

from django.conf import settings
from django.http import Http404
from django.urls import Resolver404, resolve
from django.utils import translation
from wagtail.models import Page

from wagtail_automation import objects


def page_ref(request, site, path: str) -> objects.Ref | None:
    """The live page at ``path`` (percent-encoded, without query); None for addresses of other views.

    Two queries for an ordinary page. Subpages of routable pages count as their page.
    """
    if site is None:
        return None
    path = unquote(path)
    language = translation.get_language_from_path(path) or settings.LANGUAGE_CODE
    with translation.override(language):
        try:
            match = resolve(path)
        except Resolver404:
            return None
        if match.url_name != "wagtail_serve":
            return None
        inner = match.args[0] if match.args else match.kwargs.get("path", "")
        return _find(request, site, [part for part in inner.split("/") if part])


def _find(request, site, components: list[str]) -> objects.Ref | None:
    root = site.root_page.localized
    url_path = root.url_path + "".join(f"{part}/" for part in components)
    found = (
        Page.objects.live().filter(url_path=url_path).values_list("pk", "translation_key", "title").first()
    )
    if found is None:
        try:
            page = root.specific.route(request, components).page
        except (Http404, AttributeError):
            return None
        found = (page.pk, page.translation_key, page.title)
    return objects.Ref(Page, found[0], found[1], objects.kind_of(Page), [found[2]])
