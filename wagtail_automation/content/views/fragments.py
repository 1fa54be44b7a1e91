"""Personal parts of a page, in one request, for the visitor's browser alone; and what it says it showed."""

import copy
import json
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST
from wagtail.models import Page, Site

from wagtail_automation import clock
from wagtail_automation.audiences.models import DynamicContent
from wagtail_automation.content import as_lead, personal
from wagtail_automation.content.showing import actions, tokens
from wagtail_automation.tracking import visitors
from wagtail_automation.tracking.views import same_origin

MOST_SHARED = 20
MOST_REPORTED = 50
LONGEST_REPORT = 65536


@require_GET
def fragments(request: HttpRequest, page_id: int | None = None) -> JsonResponse:
    """``{"fragments": {key: {"html", "alternative"}}, "shown": {key: token}}``.

    ``fragments``: the blocks in which this visitor sees something of their own. ``shown``: what to report
    when a part is seen or clicked, also where it is what everybody sees. Nothing for unknown visitors, drafts
    and pages they may not see; never stored anywhere. ``?shared=``: signed names of contents that template
    tags placed. An editor who chose a lead sees what the lead would, and reports nothing.
    """
    imagined = as_lead.chosen(request)
    person = (
        personal.Person.of_lead(imagined)
        if imagined is not None
        else personal.Person(getattr(request, "automation", None))
    )
    found, shown = ({}, {}) if person.lead is None else _fragments(request, page_id, person)
    answer = {"fragments": found}
    if shown and imagined is None:
        answer["shown"] = shown
    response = JsonResponse(answer)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _fragments(request, page_id, person) -> tuple[dict, dict]:
    page, language = None, translation.get_language()
    if page_id is not None:
        page = Page.objects.live().filter(pk=page_id).select_related("locale").first()
        if page is None or not _may_see(request, page):
            return {}, {}
        page, language = page.specific, page.locale.language_code
    inner = copy.copy(request)
    inner.GET = QueryDict()
    url = page.get_url(request) if page is not None else None
    if url is not None:
        inner.path = inner.path_info = urlsplit(url).path
    context = {"request": inner, personal.PERSON: person}
    if page is not None:
        context |= {"page": page, "self": page}
    parts = [*(personal.parts(page) if page is not None else ()), *_shared(request)]
    person.ask([one.rule for part in parts for one in part.block.alternatives(part.value)])
    found, shown = {}, {}
    with translation.override(language):
        for part in parts:
            chosen = part.block.render_for(person, part.value, context)
            if chosen is not None:
                found[part.key] = {"html": str(chosen[0]), "alternative": chosen[1]}
            counted = part.block.shown(person, part.value, page)
            if counted is not None:
                shown[part.key] = str(counted)
    return found, shown


def _shared(request) -> list[personal.Part]:
    from wagtail_automation.content.blocks import SharedContentBlock

    block = SharedContentBlock()
    parts = []
    for name in request.GET.getlist("shared")[:MOST_SHARED]:
        try:
            key = tokens.read_shared(name[:200])
        except tokens.BadToken:
            continue
        language = translation.get_language()
        rows = DynamicContent.objects.filter(translation_key=key, live=True).select_related("locale")
        known = {row.locale.language_code: row for row in rows}
        if known:
            content = known.get(language) or next(iter(known.values()))
            parts.append(personal.Part(block.personal_key(content, None), block, content))
    return parts


def _may_see(request, page) -> bool:
    return all(restriction.accept_request(request) for restriction in page.get_view_restrictions())


@csrf_exempt
@require_POST
def shown(request: HttpRequest) -> HttpResponse:
    """``{"events": [[token, "seen" | "clicked" | "dismissed"], …]}`` by sendBeacon: 204 whether or not
    anything was stored. What is not signed, or signed for somebody else, is left out; 400 for no such list,
    413 for a long one."""
    if not same_origin(request):
        return JsonResponse({"error": "Only pages of this site may report."}, status=403)
    body = request.read(LONGEST_REPORT + 1)
    if len(body) > LONGEST_REPORT:
        return JsonResponse({"error": "Too long."}, status=413)
    try:
        rows = json.loads(body.decode("utf-8"))["events"]
    except (UnicodeDecodeError, ValueError, RecursionError, KeyError, TypeError):
        rows = None
    if not isinstance(rows, list) or len(rows) > MOST_REPORTED:
        return JsonResponse({"error": 'The body must be {"events": [...]}, at most 50.'}, status=400)
    visitor = visitors.current(request).known_visitor()
    if visitor is not None:
        items = list(filter(None, map(_item, rows)))
        actions.note(
            items=items,
            lead_id=visitor.lead_id,
            visitor=visitor,
            site=Site.find_for_request(request),
            now=clock.now(),
        )
    response = HttpResponse(status=204)
    patch_cache_control(response, no_store=True)
    return response


def _item(row) -> tuple[tokens.Shown, str] | None:
    if not isinstance(row, list) or len(row) != 2 or row[1] not in actions.WHATS:
        return None
    try:
        return tokens.read(row[0]), row[1]
    except tokens.BadToken:
        return None
