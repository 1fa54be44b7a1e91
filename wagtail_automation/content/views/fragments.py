"""Personal parts of a page, in one request, for the visitor's browser alone."""

import copy
from urllib.parse import urlsplit

from django.http import HttpRequest, JsonResponse, QueryDict
from django.utils import translation
from django.views.decorators.http import require_GET
from wagtail.models import Page

from wagtail_automation.content import personal


@require_GET
def fragments(request: HttpRequest, page_id: int) -> JsonResponse:
    """``{"fragments": {key: {"html", "alternative"}}}`` of the blocks in which this visitor sees something
    of their own. Nothing for unknown visitors, drafts and pages they may not see; never stored anywhere."""
    person = personal.Person(getattr(request, "automation", None))
    found = {} if person.lead is None else _fragments(request, page_id, person)
    response = JsonResponse({"fragments": found})
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _fragments(request, page_id, person) -> dict:
    page = Page.objects.live().filter(pk=page_id).select_related("locale").first()
    if page is None or not _may_see(request, page):
        return {}
    page = page.specific
    inner = copy.copy(request)
    inner.GET = QueryDict()
    url = page.get_url(request)
    if url is not None:
        inner.path = inner.path_info = urlsplit(url).path
    context = {"page": page, "self": page, "request": inner, personal.PERSON: person}
    parts = personal.parts(page)
    person.ask([one.rule for part in parts for one in part.block.alternatives(part.value)])
    found = {}
    with translation.override(page.locale.language_code):
        for part in parts:
            chosen = part.block.render_for(person, part.value, context)
            if chosen is not None:
                found[part.key] = {"html": str(chosen[0]), "alternative": chosen[1]}
    return found


def _may_see(request, page) -> bool:
    return all(restriction.accept_request(request) for restriction in page.get_view_restrictions())
