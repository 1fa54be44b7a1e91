"""The promos of one page, asked for by the page's script."""

import copy

from django.http import JsonResponse, QueryDict
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_GET
from wagtail.models import Site

from wagtail_automation import clock
from wagtail_automation.content import as_lead
from wagtail_automation.tracking import machine, visitors

from . import deciding, rendering
from .models import WebPromo

#: seconds that the answer for unknown visitors may sit in a cache
SHARED_SECONDS = 300
LONGEST_PATH = 2000


@require_GET
def promos(request):
    """``{"promos": [{id, html, when…}]}`` for ``?path=``, highest priority first.

    Without ``?me=1``: what unknown visitors get, the same for all of them and for every device (each promo
    says for which it is), so that a cache keeps one answer for five minutes (a browser asks so without its
    cookies). With it: of this visitor, never stored.
    """
    path = request.GET.get("path", "")[:LONGEST_PATH]
    if not path.startswith("/"):
        return JsonResponse({"error": "path must be a path of this site."}, status=400)
    now, is_personal = clock.now(), request.GET.get("me") == "1"
    language = request.GET.get("lang", "")
    running = WebPromo.objects.running(site=Site.find_for_request(request), now=now)
    agent = machine.evidence(request).user_agent if is_personal else None
    fitting = [
        promo
        for promo in deciding.fitting(running.in_language(language), path=path, user_agent=agent)
        if rendering.kind_of(promo) is not None
    ]
    inner = copy.copy(request)
    inner.GET = QueryDict()
    inner.path = inner.path_info = path
    with translation.override(language if translation.check_for_language(language) else None):
        rows = _mine(request, inner, fitting, now) if is_personal else None
        if rows is None:
            rows = [rendering.told(promo, inner) for promo in deciding.for_everybody(fitting)]
    response = JsonResponse({"promos": rows})
    response.headers["X-Robots-Tag"] = "noindex"
    if is_personal:
        patch_cache_control(response, private=True, no_store=True)
    else:
        patch_cache_control(response, public=True, max_age=SHARED_SECONDS)
    return response


def _mine(request, inner, fitting, now) -> list[dict] | None:
    """None for somebody unknown."""
    imagined = as_lead.chosen(request)
    lead = imagined if imagined is not None else visitors.current(request).lead
    if lead is None:
        return None
    return [
        rendering.told(promo, inner, lead=lead, is_held_back=is_held, counts=imagined is None)
        for promo, is_held in deciding.for_lead(fitting, lead, now)
    ]
