"""What happens when an address of an email is asked for: click, image, unsubscription, view in a browser.

The signed token is the only authority. A GET or HEAD never changes what the person wants; a HEAD
records nothing. Whatever is wrong with a token, the answer is the same harmless page.
"""

import datetime as dt
from functools import wraps
from urllib.parse import urlsplit

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from wagtail.models import Site

from wagtail_automation import clock, liquid
from wagtail_automation.leads.models import ConsentState
from wagtail_automation.tracking import machine, visitors
from wagtail_automation.tracking.models import Level

from . import actions, choosing, events, opens, rendering, targets, tokens
from .delivery import clicks
from .models import Message

TEMPLATES = "wagtail_automation/messaging/"
#: a transparent GIF of one pixel
PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
#: a button that changes consent, pressed so soon after the delivery, is asked about once more
HASTE = dt.timedelta(minutes=3)
#: Django refuses longer redirects
MAX_URL = 2000
#: An email is ours, but values in it came from people: nothing in it may run or be framed.
VIEW_POLICY = (
    "default-src 'none'; img-src * data:; style-src 'unsafe-inline'; font-src *; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


def message_of(kind: str, token: str) -> tuple[Message | None, int | None]:
    """The message of a token and the number of its link; ``(None, None)`` when there is none."""
    try:
        pk, number = tokens.read(kind, token)
    except tokens.BadTokenError:
        return None, None
    return Message.objects.select_related("lead", "email_version", "site").filter(pk=pk).first(), number


def private(view):
    """Not cached, not indexed, and the address (which is a secret) is not told to other sites."""

    @wraps(view)
    def wrapped(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        add_never_cache_headers(response)
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Referrer-Policy"] = "no-referrer"
        return response

    return wrapped


def gone(request):
    """The harmless page for every token that leads nowhere."""
    return render(request, f"{TEMPLATES}gone.html", status=404)


def agent(request) -> dict:
    found = machine.evidence(request)
    return {"agent": found.as_data(), "device": str(machine.device(found.user_agent))}


@private
@require_http_methods(["GET", "HEAD"])
def click(request, token: str):
    """Note the click and go where the message's own version says."""
    message, number = message_of(tokens.CLICK, token)
    link = message.email_version.links.get(f"link_{number}") if message else None
    if link is None:
        return gone(request)
    target = _target(message, link)
    if request.method == "GET":
        human = machine.judge_request(request).human
        known = clicks.note(message, number, link, human=human, data=agent(request), now=clock.now())
        if human and known is not False:
            target = recognise(request, message, target)
    return HttpResponseRedirect(target)


def _target(message: Message, link: dict) -> str:
    """Where a link goes: values in its address are those that were sent, else those of now, else none."""
    template = link.get("template")
    if not template:
        return link["url"]
    version, lead = message.email_version, message.lead
    site = version.site or actions.default_site()
    own = {"site": rendering.site_data(site)}
    for data in (
        lambda: {**message.variables, **own},
        lambda: {**liquid.contexts([lead], targets.objects_of(template))[lead.pk], **own},
    ):
        try:
            filled = targets.fill(template, data(), now=message.sent_at)
        except liquid.TemplateError:  # emptied by retention, or a value's name has gone
            continue
        if len(filled) <= MAX_URL:
            return filled
    return targets.without_values(template)


def recognise(request, message: Message, target: str) -> str:
    """Tie this browser to the person as far as the ledger allows; returns where to go.

    With consent to tracking in the ledger: a cookie, in this browser too. Without: a short-lived token
    in the fragment, which no server sees and the consent notice takes up – only on sites of ours.
    """
    lead = message.lead
    granted = ConsentState.objects.filter(lead=lead, subject="tracking", granted=True).exists()
    known = granted and visitors.remember(request, lead, Level.RECOGNISED, consented=True) is not None
    if known and urlsplit(target).netloc.lower() == request.get_host().lower():
        return target
    if not _is_ours(request, target):
        return target
    fragment = f"wa={visitors.recognition_token(lead, message)}"
    marked = f"{target}&{fragment}" if "#" in target else f"{target}#{fragment}"
    return marked if len(marked) <= MAX_URL else target


def _is_ours(request, target: str) -> bool:
    """Whether an address is on a site of this installation: only there may a recognition token go."""
    parts = urlsplit(target)
    if parts.netloc.lower() == request.get_host().lower():
        return True
    return Site.objects.filter(hostname__iexact=parts.hostname or "").exists()


@private
@require_http_methods(["GET", "HEAD"])
def hidden_link(request, token: str):
    """No person sees this link: whoever follows it reads the email's source."""
    message, _number = message_of(tokens.TRAP, token)
    if message is not None and request.method == "GET":
        clicks.scanned(message, clock.now())
    return HttpResponse(status=204)


@private
@require_http_methods(["GET", "HEAD"])
def open_pixel(request, token: str):
    """Always the same image, so that nothing can be learnt by asking."""
    if request.method == "GET":
        message, _number = message_of(tokens.OPEN, token)
        if message is not None:
            now = clock.now()
            human = opens.is_human(request, message, now)
            events.record_open(message, human=human, data=agent(request), now=now)
    return HttpResponse(PIXEL, content_type="image/gif")


@csrf_exempt  # RFC 8058: mail programs post without cookies; the token is what authorises
@private
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request, token: str):
    """GET asks, POST does it: by the page's button or by a mail program (RFC 8058)."""
    message, _number = message_of(tokens.UNSUBSCRIBE, token)
    if message is None:
        return gone(request)
    preferences = reverse(
        rendering.NAMES[tokens.PREFERENCES], args=[tokens.make(tokens.PREFERENCES, message.pk)]
    )
    context = {"message": message, "done": False, "preferences_url": preferences}
    with translation.override(message.email_version.language):
        if request.method != "POST":
            return render(request, f"{TEMPLATES}unsubscribe.html", context)
        one_click = request.POST.get("List-Unsubscribe") == "One-Click"
        if not one_click and _is_hasty(request, message):
            # a scanner that presses buttons is there within minutes; a person presses once more
            return render(request, f"{TEMPLATES}unsubscribe.html", {**context, "sure": True})
        actions.unsubscribe(message=message, how="one_click" if one_click else "unsubscribe")
        if one_click:
            return HttpResponse("OK", content_type="text/plain")
        return render(request, f"{TEMPLATES}unsubscribe.html", {**context, "done": True})


def _is_hasty(request, message: Message) -> bool:
    """Within three minutes of the delivery, and not asked before whether it is meant."""
    if request.POST.get("sure") == "1" or message.sent_at is None:
        return False
    return clock.now() - (message.delivered_at or message.sent_at) < HASTE


@private
@require_http_methods(["GET", "HEAD"])
def view_in_browser(request, token: str):
    """The message as it was sent, with the values of then; gone once retention has emptied them."""
    message, _number = message_of(tokens.VIEW, token)
    if message is None or message.sent_at is None:
        return gone(request)
    version = message.email_version
    if version.alternatives and choosing.NAME not in message.variables:
        return gone(request)  # emptied by retention: which alternative it was is not known any more
    site = version.site or Site.objects.filter(is_default_site=True).first()
    data = {**message.variables, "site": rendering.site_data(site)}
    urls = rendering.message_urls(message.pk, version.links, site)
    try:
        parts = rendering.render(version, data=data, urls=urls, now=message.sent_at, with_pixel=False)
    except liquid.TemplateError:  # emptied by retention, or a value's name has gone
        return gone(request)
    response = HttpResponse(parts.html)
    response["Content-Security-Policy"] = VIEW_POLICY
    return response
