"""What browsers ask for: the worker, the key, subscribing and leaving. Only pages of this site may."""

import json

from django.core.exceptions import ValidationError
from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST
from wagtail.models import Site

from wagtail_automation import clock
from wagtail_automation.messaging.channels.models import Channel
from wagtail_automation.tracking import visitors
from wagtail_automation.tracking.views import same_origin

from . import actions

MAX_BODY = 5000


@require_GET
@cache_control(max_age=3600, public=True)
def worker(request):
    """The service worker of the package."""
    script = render_to_string("wagtail_automation/messaging/push_worker.js")
    return HttpResponse(script, content_type="text/javascript; charset=utf-8")


@require_GET
def key(request):
    """The public key; 404 while no channel for push messages is in use."""
    channel = Channel.objects.for_medium("push")
    found = channel.options.get("public_key", "") if channel else ""
    return JsonResponse({"key": found}, status=200 if found else 404)


def _said(request):
    if len(request.body) > MAX_BODY:
        raise ValidationError("too long")
    try:
        return json.loads(request.body.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ValidationError("not JSON") from error


@csrf_exempt  # cached pages hold no token: the browser says where it comes from
@require_POST
def subscribe(request):
    """This browser wants push messages. It must be one that may be remembered: otherwise nobody could be
    written to."""
    if not same_origin(request):
        return JsonResponse({"error": "Only pages of this site may."}, status=403)
    now, site = clock.now(), Site.find_for_request(request)
    try:
        said = _said(request)
        actions.clean(said)
        visitor = visitors.current(request).ensure(now=now, site=site)
        if visitor is None or visitor.lead is None:
            return JsonResponse({"error": "This browser does not want to be remembered."}, status=409)
        actions.subscribe(lead=visitor.lead, said=said, site=site, now=now)
    except ValidationError as error:
        return JsonResponse({"error": " ".join(error.messages)}, status=400)
    return JsonResponse({"subscribed": True})


@csrf_exempt  # as above
@require_POST
def leave(request):
    """This browser wants none any more; the answer is the same whether it had any."""
    if not same_origin(request):
        return JsonResponse({"error": "Only pages of this site may."}, status=403)
    try:
        said = _said(request)
    except ValidationError as error:
        return JsonResponse({"error": " ".join(error.messages)}, status=400)
    endpoint = said.get("endpoint") if isinstance(said, dict) else None
    if isinstance(endpoint, str) and endpoint:
        actions.leave(endpoint=endpoint[:2000], site=Site.find_for_request(request), now=clock.now())
    return JsonResponse({"subscribed": False})
