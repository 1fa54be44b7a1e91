"""The two addresses that the world sees: a short link, and the calls of gateways."""

import uuid

from django.http import HttpResponseRedirect, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from wagtail_automation import clock
from wagtail_automation.messaging import targets
from wagtail_automation.messaging import views as of_emails
from wagtail_automation.secret import MissingSecretError
from wagtail_automation.tracking import machine

from . import actions, codes, facts
from .models import Channel, ChannelMessage
from .registry import BadCallError


@of_emails.private
@require_http_methods(["GET", "HEAD"])
def short(request, code: str):
    """Note the click and go where the message's own version says."""
    found = codes.read(code)
    message = (
        ChannelMessage.objects.select_related("lead", "version", "site").filter(pk=found[0]).first()
        if found
        else None
    )
    link = message.version.links.get(f"link_{found[1]}") if message else None
    if link is None:
        return of_emails.gone(request)
    name = f"link_{found[1]}"
    template = link.get("template")
    target = message.targets.get(name) or (targets.without_values(template) if template else link["url"])
    if request.method == "GET":
        human = machine.judge_request(request).human
        facts.record_click(message, link, human=human, data=of_emails.agent(request), now=clock.now())
        if human:
            target = of_emails.recognise(request, message, target)
    return HttpResponseRedirect(target)


@csrf_exempt  # gateways post without cookies; the signature is what authorises
@require_POST
def receive(request, channel: uuid.UUID):
    """Deliveries and answers, signed by the gateway. Whoever cannot sign learns nothing, not even whether the
    channel exists."""
    found = Channel.objects.filter(uuid=channel).first()
    handler = found.handler if found else None
    try:
        if handler is None:
            raise BadCallError("unknown channel", 403)
        reports = handler.receive(request.headers, request.body)
    except MissingSecretError:
        return JsonResponse({"error": "refused"}, status=403)
    except BadCallError as error:
        words = "refused" if error.status == 403 else str(error)
        return JsonResponse({"error": words}, status=error.status)
    now = clock.now()
    results = [actions.take_report(channel=found, report=report, now=now) for report in reports]
    return JsonResponse({"results": results})
