"""The page of an asset, its form, and the file itself."""

import mimetypes
from pathlib import PurePath

from django.http import FileResponse, Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from wagtail.models import Site

from wagtail_automation import clock
from wagtail_automation.content import actions as forms
from wagtail_automation.content import form_building, guards, progressive, rendering, stepping
from wagtail_automation.content.views import forms as form_views
from wagtail_automation.tracking import visitors

from . import actions, tokens
from .models import Asset

TEMPLATES = "wagtail_automation/content/assets/"
#: stands in the address of a file that needs no form
OPEN = "open"


def _asset(asset_uuid) -> Asset:
    rows = Asset.objects.select_related("document", "image", "form__locale")
    return get_object_or_404(rows, uuid=asset_uuid)


def address(asset: Asset) -> str:
    """The path of its page."""
    return reverse("wagtail_automation_content:asset", args=[asset.uuid])


def link(asset: Asset, token: str) -> str:
    """The path of a signed link."""
    return reverse("wagtail_automation_content:asset_file", args=[asset.uuid, token])


@csrf_exempt  # the form has its own guards, and its page may sit in a cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request, asset_uuid):
    """GET: what it is, and the form or the way to the file. POST: the form's answers, then a signed link."""
    asset = _asset(asset_uuid)
    if asset.form is None:
        if request.method == "POST":
            raise Http404
        return _show(request, asset, link(asset, OPEN))
    with translation.override(asset.form.locale.language_code):
        if request.method != "POST":
            return _show(request, asset)
        if not guards.is_same_origin(request):
            return render(request, "wagtail_automation/content/refused.html", status=403)
        if guards.is_too_large(request, asset.form):
            return render(request, "wagtail_automation/content/too_large.html", status=413)
        return _submit(request, asset)


def _show(request, asset, file_url="", status=200):
    html = ""
    if not file_url:
        html = rendering.render_form(asset.form, request=request, action=address(asset))
    context = {"asset": asset, "form_html": html, "file_url": file_url}
    response = render(request, f"{TEMPLATES}page.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    return response


def _submit(request, asset):
    stored, browser = asset.form, visitors.current(request)
    plan = progressive.plan(stored, browser.lead)
    bound = form_building.build(stored, data=request.POST, files=request.FILES, plan=plan)
    if status := stepping.advance(bound, request.POST):
        token = form_views.token_of(request, stored)
        request.wa_submitted_form = rendering.SubmittedForm(stored.uuid.hex, "", bound, token)
        response = _show(request, asset, status=status)
        add_never_cache_headers(response)
        return response
    status, problem, token = form_views._judge(request, stored)
    if problem or not bound.is_valid():
        if problem:
            bound.add_error(None, problem)
        bound.focus_first_error()
        stepping.show_mistake(bound, request.POST)
        request.wa_submitted_form = rendering.SubmittedForm(stored.uuid.hex, "", bound, token)
        response = _show(request, asset, status=status)
    else:
        answers = form_building.answers(
            stored, bound, referer=request.headers.get("Referer", ""), posted=request.POST
        )
        submission = forms.submit_form(
            form=stored,
            answers=answers,
            browser=browser,
            site=Site.find_for_request(request),
            token=token,
            url=address(asset),
            now=clock.now(),
        )
        response = HttpResponseRedirect(link(asset, tokens.make(submission.lead, asset.uuid)))
        response.status_code = 303
    add_never_cache_headers(response)
    return response


@require_safe
def file(request, asset_uuid, token: str):
    """The file, or the way to a video. ``open``: without a form everybody gets it. A link that is too old or
    not ours leads back to the page. HEAD and programs are not counted."""
    asset = _asset(asset_uuid)
    browser = visitors.current(request)
    lead = None
    if token != OPEN or asset.form is not None:
        try:
            lead = tokens.read(token, asset)
        except tokens.BadToken:
            context = {"asset": asset, "is_expired": True, "page_url": address(asset)}
            response = render(request, f"{TEMPLATES}page.html", context, status=410)
            add_never_cache_headers(response)
            return response
    if request.method == "GET" and browser.verdict.human and not browser.is_editor:
        visitor = browser.known_visitor()
        whose = lead or (visitor.lead if visitor is not None else None)
        is_theirs = visitor is not None and whose is not None and visitor.lead_id == whose.pk
        actions.note(
            asset=asset,
            lead=whose,
            visitor=visitor if is_theirs else None,
            site=Site.find_for_request(request),
            now=clock.now(),
        )
    response = HttpResponseRedirect(asset.video) if asset.video else _send(asset)
    add_never_cache_headers(response)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _send(asset):
    name = PurePath(asset.file.name).name
    try:
        opened = asset.file.storage.open(asset.file.name, "rb")
    except FileNotFoundError as error:
        raise Http404 from error
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    response = FileResponse(opened, as_attachment=True, filename=name, content_type=kind)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
