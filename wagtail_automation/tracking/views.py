"""The HTTP edge: collecting, consent, recognition and redirects. No view here changes anything on GET or HEAD
except the redirect, which notes a click of a person who consented."""

from urllib.parse import urlsplit

from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from wagtail.models import Site

from wagtail_automation import clock

from . import actions, collecting, consent, events, identity, links, machine, visitors
from .models import Level

NOTICE_SECONDS = 300


def same_origin(request) -> bool:
    """True unless a browser says that another site sent this.

    Cached pages cannot hold a CSRF token, so the browser's own word counts: Sec-Fetch-Site, else Origin, else
    Referer. A client that sends none of them is no browser, and has nobody's cookies to misuse.
    """
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site:
        return fetch_site in ("same-origin", "none")
    source = request.headers.get("Origin") or request.headers.get("Referer")
    if not source:
        return True
    try:
        return urlsplit(source).netloc.lower() == request.get_host().lower()
    except ValueError:
        return False


def _error(message: str, status: int) -> JsonResponse:
    return JsonResponse({"error": message}, status=status)


@csrf_exempt
@require_POST
def collect(request):
    """A batch of sendBeacon: 204 whether or not anything was stored, so that nobody learns who consented."""
    if not same_origin(request):
        return _error("Only pages of this site may report.", 403)
    try:
        items = collecting.parse(collecting.read_body(request), request.get_host())
    except collecting.BadBatch as error:
        return _error(str(error), error.status)
    collecting.store(request, visitors.current(request), items)
    return _empty()


def _empty() -> HttpResponse:
    response = HttpResponse(status=204)
    patch_cache_control(response, no_store=True)
    return response


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def consent_choice(request):
    """GET: the privacy choices as a page with a form. POST ``choice=grant|deny``: take the choice."""
    if request.method != "POST":
        return _consent_page(request)
    if not same_origin(request):
        return _error("Only pages of this site may send a choice.", 403)
    choice = request.POST.get("choice")
    if choice not in ("grant", "deny"):
        return _error("choice must be grant or deny.", 400)
    _take_choice(request, choice == "grant", request.POST.get("language") or None)
    if "application/json" in request.headers.get("Accept", ""):
        return _empty()
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/"
    response = HttpResponseRedirect(target)
    response.status_code = 303
    return response


def _take_choice(request, granted: bool, language: str | None) -> None:
    """Cookies by the state; the ledger at once if the browser has a lead, else with its first view."""
    from wagtail_automation.leads import actions as leads

    state = visitors.current(request)
    before = state.remembered()
    state.choose(visitors.GRANTED if granted else visitors.DENIED)
    if before is None or state.opted_out:
        return
    now, site = clock.now(), Site.find_for_request(request)
    leads.record_consent(
        lead=before.lead,
        subject="tracking",
        granted=granted,
        how="notice",
        text=consent.shown_text(site, _language(language)),
        site=site,
        now=now,
    )


def _language(code: str | None) -> str | None:
    return code if code and translation.check_for_language(code) else None


def _consent_page(request):
    state = visitors.current(request)
    notice = consent.notice_for(Site.find_for_request(request), request=request)
    target = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/"
    context = {"notice": notice, "choice": state.choice, "opted_out": state.opted_out, "next": target}
    response = render(request, "wagtail_automation/tracking/consent_page.html", context)
    patch_cache_control(response, private=True, no_store=True)
    return response


@require_GET
def consent_notice(request):
    """The notice as a fragment for the script, in ``?lang=``; the same for everybody, so it may be cached."""
    language = _language(request.GET.get("lang")) or translation.get_language()
    with translation.override(language):
        notice = consent.notice_for(Site.find_for_request(request), language, request)
        if not notice.enabled:
            return HttpResponse(status=204)
        context = {
            "notice": notice,
            "language": language,
            "action": reverse("wagtail_automation_tracking:consent"),
        }
        response = render(request, "wagtail_automation/tracking/consent_notice.html", context)
    patch_cache_control(response, public=True, max_age=NOTICE_SECONDS)
    return response


@csrf_exempt
@require_POST
def recognise(request):
    """The token of a URL fragment, once the visitor consented."""
    if not same_origin(request):
        return _error("Only pages of this site may send a token.", 403)
    try:
        lead = visitors.read_recognition_token(request.POST.get("token", "")[:500])
    except visitors.BadToken:
        return _error(_("This link is no longer valid."), 400)
    if visitors.remember(request, lead, Level.RECOGNISED) is None:
        return _error("Nothing is remembered without consent.", 403)
    return _empty()


@require_http_methods(["GET", "HEAD"])
def go(request, token: str):
    """Redirect to the address of a Link row; a forged or damaged token finds nothing."""
    link = links.read_token(token)
    if link is None:
        raise Http404(_("This link is not valid."))
    visitor = visitors.current(request).known_visitor()
    if visitor is not None:
        actions.record_event(
            name=events.LINK_CLICKED,
            visitor=visitor,
            site=Site.find_for_request(request),
            about=link,
            url=link.url,
            channel="web",
            data={"agent": machine.evidence(request).as_data()},
        )
    response = HttpResponseRedirect(link.url)
    patch_cache_control(response, private=True, no_store=True)
    response["X-Robots-Tag"] = "noindex"
    return response


@csrf_exempt
@require_POST
def identify(request):
    """Another server says who somebody is, with a signature; see ``identity.receive``. 403 says no more."""
    try:
        lead = identity.receive(
            key=request.headers.get("X-WA-Key", ""),
            timestamp=request.headers.get("X-WA-Timestamp", ""),
            given=request.headers.get("X-WA-Signature", ""),
            body=request.read(identity.MAX_BODY + 1),
        )
    except identity.BadIdentity as error:
        return _error(str(error), 403)
    response = JsonResponse({"lead": str(lead.uuid)})
    patch_cache_control(response, no_store=True)
    return response
