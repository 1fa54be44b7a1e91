"""The HTTP edge for people: the page where a consent is confirmed. A GET changes nothing."""

from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from wagtail_automation import clock

from . import opt_in

TEMPLATE = f"{opt_in.FOLDER}/page.html"


@csrf_exempt  # the token is what authorises; a page from a mail has no session to forge
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request, token: str):
    """GET: the page with a button. POST: confirm, or ``do=resend`` for another link."""
    try:
        row = opt_in.read(token)
    except opt_in.BadToken:
        return _page(request, {"state": "gone"}, status=404)
    now = clock.now()
    with translation.override(row.language or None):
        state = row.state(now)
        if request.method == "POST":
            if request.POST.get("do") == "resend":
                state = "resent" if opt_in.resend(row, now=now) else "too_often"
            else:
                state = opt_in.confirm(row, now=now)
        context = {"state": state, "row": row, "subject": opt_in.subject_name(row.subject)}
        return _page(request, context, status=410 if state == "expired" else 200)


def _page(request, context: dict, status: int):
    response = render(request, TEMPLATE, context, status=status)
    patch_cache_control(response, private=True, no_store=True)
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response
