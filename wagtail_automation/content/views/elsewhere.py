"""Forms that stand elsewhere: shown inside other web sites, or filled in there and told to us."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST
from wagtail.models import Site

from wagtail_automation import clock, conf
from wagtail_automation.content import actions, elsewhere, guards, rendering, tokens
from wagtail_automation.content.models import Form

LIST_SECONDS = 300


def embedded_form(token: str) -> Form | None:
    """The form of a snippet, if it may be shown anywhere."""
    uuid = elsewhere.embedded_uuid(token)
    form = Form.objects.with_uuid(uuid) if uuid else None
    return form if form is not None and elsewhere.origins(form) else None


@require_GET
def embed(request: HttpRequest, token: str) -> HttpResponse:
    """A form in a frame of another web site. Only the origins of the form and the settings may frame it."""
    form = embedded_form(token)
    if form is None:
        raise Http404
    with translation.override(form.locale.language_code):
        return embed_page(request, form, token)


def embed_page(request, form, token: str, place: str = "") -> HttpResponse:
    """The page inside the frame, with who may frame it."""
    allowed = elsewhere.origins(form)
    context = {
        "form_html": rendering.render_form(form, request=request, place=place, embed=token),
        "origins": " ".join(allowed),
        "is_thanked": rendering.is_thanked(request, form),
    }
    response = render(request, "wagtail_automation/content/embed.html", context)
    response.xframe_options_exempt = True
    response.headers["Content-Security-Policy"] = f"frame-ancestors {' '.join(allowed)}"
    return response


@require_GET
def linked(request: HttpRequest) -> JsonResponse:
    """Which existing forms of this site are linked: where to find each, which names to send. For the
    script; the same for everybody."""
    site = Site.find_for_request(request)
    found = [
        {
            "selector": form.linked_to,
            "names": elsewhere.names(form),
            "url": reverse("wagtail_automation_content:linked_form", args=[form.uuid]),
            "token": str(tokens.make(form)),
        }
        for form in Form.objects.linked_on(site)
    ]
    response = JsonResponse({"forms": found})
    patch_cache_control(response, public=True, max_age=LIST_SECONDS)
    return response


@csrf_exempt  # as of our own forms: the guards stand in for a token that would need a cookie
@require_POST
def linked_form(request: HttpRequest, form_uuid) -> HttpResponse:
    """What somebody wrote in an existing form of this site, told by the script; 204 when it was taken."""
    form = get_object_or_404(Form.objects.exclude(linked_to=""), uuid=form_uuid)
    if not guards.is_same_origin(request):
        return JsonResponse({"error": "Only pages of this site may report."}, status=403)
    if guards.is_too_large(request, form):
        return JsonResponse({"error": "Too much."}, status=413)
    try:
        token = tokens.read(form, request.POST.get("wa_token", ""))
    except tokens.BadToken:
        return JsonResponse({"error": "No token of this form."}, status=422)
    if not conf.get("FORM_MIN_SECONDS") <= token.age().total_seconds() <= conf.get("FORM_MAX_AGE"):
        return JsonResponse({"error": "Too quick or too old."}, status=422)
    browser = getattr(request, "automation", None)
    if guards.is_too_often(request, form, getattr(getattr(browser, "visitor", None), "uuid", None)):
        return JsonResponse({"error": "Too often."}, status=429)
    answers = elsewhere.read(form, request.POST, referer=request.headers.get("Referer", ""))
    if answers is None:
        return JsonResponse({"error": "Nothing of this form was answered."}, status=422)
    with translation.override(form.locale.language_code):
        actions.submit_form(
            form=form,
            answers=answers,
            browser=browser,
            site=Site.find_for_request(request),
            token=token,
            now=clock.now(),
        )
    response = HttpResponse(status=204)
    patch_cache_control(response, no_store=True)
    return response
