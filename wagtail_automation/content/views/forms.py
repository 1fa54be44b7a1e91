"""Where forms are sent. Needs no JavaScript and no cookie, so the page of the form stays in shared caches."""

import copy
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods
from wagtail import hooks
from wagtail.models import Page, Site

from wagtail_automation import clock, conf
from wagtail_automation.content import (
    actions,
    elsewhere,
    form_building,
    guards,
    progressive,
    rendering,
    stepping,
    tokens,
)
from wagtail_automation.content.models import Form
from wagtail_automation.content.views.elsewhere import embed_page


class SeeOther(HttpResponseRedirect):
    """303: the answer to a POST is elsewhere, to be fetched with GET."""

    status_code = 303


@csrf_exempt  # a token per session would need a cookie; ``guards`` stand in for it
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def form(request: HttpRequest, form_uuid) -> HttpResponse:
    """POST: take the answers, or show the page again with the errors. GET: the form on a page of its own."""
    stored = get_object_or_404(Form.objects.select_related("locale", "thank_you_page"), uuid=form_uuid)
    with translation.override(stored.locale.language_code):
        if request.method != "POST":
            return _alone(request, stored)
        if not guards.is_same_origin(request):
            return render(request, "wagtail_automation/content/refused.html", status=403)
        if guards.is_too_large(request, stored):
            return render(request, "wagtail_automation/content/too_large.html", status=413)
        return _submit(request, stored)


@require_GET
@never_cache
def questions(request: HttpRequest, form_uuid) -> JsonResponse:
    """Which progressive questions this visitor is asked: keys of fields, never what is stored."""
    stored = get_object_or_404(Form, uuid=form_uuid)
    lead = getattr(getattr(request, "automation", None), "lead", None)
    response = JsonResponse({"ask": list(progressive.plan(stored, lead).ask)})
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _submit(request, stored):
    place = request.POST.get(form_building.PLACE, "")[:20]
    embed = _embed(request, stored)
    page = _page(request.POST.get(form_building.PAGE, ""))
    lead = getattr(getattr(request, "automation", None), "lead", None)
    plan = progressive.plan(stored, lead)
    bound = form_building.build(stored, place=place, data=request.POST, files=request.FILES, plan=plan)
    if status := stepping.advance(bound, request.POST):
        submitted = rendering.SubmittedForm(stored.uuid.hex, place, bound, token_of(request, stored))
        return _ask_again(request, stored, page, submitted, status, embed)
    status, problem, token = _judge(request, stored)
    if problem or not bound.is_valid():
        if problem:
            bound.add_error(None, problem)
        bound.focus_first_error()
        stepping.show_mistake(bound, request.POST)
        submitted = rendering.SubmittedForm(stored.uuid.hex, place, bound, token)
        return _ask_again(request, stored, page, submitted, status, embed)
    answered = form_building.answers(
        stored, bound, referer=request.headers.get("Referer", ""), posted=request.POST
    )
    actions.submit_form(
        form=stored,
        answers=answered,
        browser=getattr(request, "automation", None),
        site=Site.find_for_request(request),
        page=page,
        token=token,
        url=(page.get_url(request) or "") if page is not None else "",
        now=clock.now(),
    )
    if embed:
        return SeeOther(_embed_url(stored, embed, place))
    return SeeOther(_thanks_url(request, stored, page, place))


def token_of(request, stored) -> tokens.Token:
    """The token of a form that is still being filled in; a new one for none or a bad one. The last step is
    judged by it."""
    try:
        return tokens.read(stored, request.POST.get(form_building.TOKEN, ""))
    except tokens.BadToken:
        return tokens.make(stored)


def _judge(request, stored) -> tuple[int, str, tokens.Token]:
    """``(status, problem, token to go on with)``; no problem is an empty text."""
    visitor = getattr(getattr(request, "automation", None), "visitor", None)
    try:
        token = tokens.read(stored, request.POST.get(form_building.TOKEN, ""))
    except tokens.BadToken:
        problem = _("This form could not be verified. Please check your answers and send it again.")
        return 422, problem, tokens.make(stored)
    age = token.age().total_seconds()
    if not 0 <= age <= conf.get("FORM_MAX_AGE"):
        return 422, _("This form was open for a very long time. Please send it again."), tokens.make(stored)
    if age < conf.get("FORM_MIN_SECONDS"):
        return 422, _("That was very quick. Please check your answers and send the form again."), token
    if request.POST.get(form_building.HONEYPOT):
        return 422, _("A field that people cannot see was filled in. Please send the form again."), token
    if guards.is_too_often(request, stored, getattr(visitor, "uuid", None)):
        return 429, _("This form was sent very often from here. Please try again in a few minutes."), token
    return 422, "", token


def _page(text):
    """The live page a form says it stands on; None when there is none. Public, so no proof is needed."""
    if not text.isdecimal() or len(text) > 18:
        return None
    page = Page.objects.live().filter(pk=int(text)).select_related("locale").first()
    return page.specific if page is not None else None


def _embed(request, stored) -> str:
    """The token of the frame that sent this; empty when no frame of this form did."""
    token = request.POST.get(form_building.EMBED, "")
    return token if token and elsewhere.embedded_uuid(token) == stored.uuid.hex else ""


def _embed_url(stored, token, place) -> str:
    url = reverse("wagtail_automation_content:embed", args=[token])
    mark = urlencode({rendering.THANKS: rendering.short_id(stored)})
    return f"{url}?{mark}#wa-form-{stored.uuid.hex[:8]}{place}"


def _ask_again(request, stored, page, submitted, status, embed=""):
    response = page and _page_with_form(request, page, submitted)
    if embed and elsewhere.origins(stored):
        request.wa_submitted_form = submitted
        response = embed_page(request, stored, embed, submitted.place)
    if not response:
        request.wa_submitted_form = submitted
        response = _alone(request, stored, submitted.place)
    response.status_code = status
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _page_with_form(request, page, submitted):
    """The page as a GET would show it, with the answered form in place; None if the form is not on it."""
    inner = copy.copy(request)
    inner.method = "GET"
    inner.GET = QueryDict()
    inner.POST = QueryDict()
    url = page.get_url(request)
    if url is None:
        return None
    inner.path = inner.path_info = urlsplit(url).path
    inner.wa_submitted_form = submitted
    with translation.override(page.locale.language_code):
        for function in hooks.get_hooks("before_serve_page"):
            if isinstance(function(page, inner, [], {}), HttpResponse):  # view restrictions
                return None
        response = page.serve(inner)
        if hasattr(response, "render") and not response.is_rendered:
            response = response.render()
    return response if submitted.is_rendered else None


def _thanks_url(request, stored, page, place):
    if stored.thank_you_page is not None and stored.thank_you_page.live:
        url = stored.thank_you_page.specific.get_url(request)
        if url:
            return url
    url = page.get_url(request) if page is not None else None
    if url is None:
        url = request.path
    mark = urlencode({rendering.THANKS: rendering.short_id(stored)})
    return f"{url}?{mark}#wa-form-{stored.uuid.hex[:8]}{place}"


def _alone(request, stored, place=""):
    """The form on a page of its own: where its page cannot be shown, and for links to the form."""
    html = rendering.render_form(stored, request=request, place=place)
    return render(request, "wagtail_automation/content/form_page.html", {"form_html": html, "stored": stored})
