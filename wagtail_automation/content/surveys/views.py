"""Where surveys are asked and answered. A GET never answers: programs that read mail follow every link."""

import uuid

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from wagtail.models import Site

from wagtail_automation import clock
from wagtail_automation.content import guards
from wagtail_automation.tracking import visitors

from . import actions, tokens
from .models import Survey
from .rendering import ASKED, CONTENT, PREFIX, RESPONSE, TRAP, State, questions
from .rendering import render as form_of

TEMPLATES = "wagtail_automation/content/surveys/"


@csrf_exempt  # a token per session would need a cookie; ``guards`` stand in for it
@require_http_methods(["GET", "HEAD", "POST"])
def survey(request, survey_uuid, token: str = "", number: int | None = None) -> HttpResponse:
    """GET: the questions, the first one filled in where a link of an email gave ``number``; the page sends
    that by itself once somebody looks at it. POST: take the answers, ask the rest, thank.

    ``token``: whose answers these are. A wrong one gives 404, so that nobody answers for somebody else.
    """
    stored = get_object_or_404(Survey.objects.select_related("locale"), uuid=survey_uuid)
    lead = tokens.read(token) if token else None
    if token and lead is None:
        raise Http404
    with translation.override(stored.locale.language_code):
        if stored.is_closed:
            response = render(request, f"{TEMPLATES}page.html", {"survey": stored, "is_closed": True})
        elif request.method == "POST":
            response = _take(request, stored, lead, token)
        else:
            response = _ask(request, stored, State(preset=_preset(stored, number), token=token))
    add_never_cache_headers(response)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "same-origin"
    return response


def _preset(stored, number) -> str:
    """The number, if the first question knows it."""
    first = next(iter(stored.asked()), None)
    if number is None or first is None:
        return ""
    _key, block, value = first
    return str(number) if number in [known for known, _words in block.numbers(value)] else ""


def _ask(request, stored, state, status=200):
    context = {"survey": stored, "form": form_of(stored, state), "is_auto": bool(state.preset)}
    return render(request, f"{TEMPLATES}page.html", context, status=status)


def _take(request, stored, lead, token):
    if not guards.is_same_origin(request):
        return render(request, "wagtail_automation/content/refused.html", status=403)
    is_auto = request.POST.get("auto") == "1"
    asked = set(request.POST.get(ASKED, "")[:5000].split())
    given, errors, values = {}, {}, {}
    for key, block, value in stored.asked():
        name = PREFIX + key
        raw = values[key] = request.POST.get(name, "")[:10_000]
        # what the page sends by itself answers one question; the others are asked next
        if not raw.strip() if is_auto else name not in request.POST and key not in asked:
            continue
        try:
            given[key] = block.read(value, raw)
        except ValidationError as error:
            errors[key] = error.messages[0]
    done = (
        frozenset(key for key, _block, _value in stored.asked() if key not in asked) if asked else frozenset()
    )
    response = _response(request.POST.get(RESPONSE, ""))
    is_content = request.POST.get(CONTENT) == "1" or _is_content(stored, given)
    state = State(token=token, response=str(response or ""), is_content=is_content)
    if errors:
        state.values, state.errors, state.done = values, errors, done
        return _ask(request, stored, state, status=422)
    response = _store(request, stored, given, lead, response, token)
    state.done, state.response = done | given.keys(), str(response or "")
    if is_auto and questions(stored, state):
        return _ask(request, stored, state)
    context = {"survey": stored, "is_thanked": True, "is_content": is_content}
    return render(request, f"{TEMPLATES}page.html", context)


def _store(request, stored, given, lead, response, token) -> uuid.UUID | None:
    """Nothing of programs, and nothing of whoever fills in what people do not see."""
    state = visitors.current(request)
    if (
        request.POST.get(TRAP)
        or not state.verdict.human
        or all(said == (None, "") for said in given.values())
    ):
        return response
    visitor = state.known_visitor()
    if lead is None and visitor is not None:
        lead = visitor.lead
    is_theirs = visitor is not None and lead is not None and visitor.lead_id == lead.pk
    return actions.answer(
        survey=stored,
        answers=given,
        now=clock.now(),
        lead=lead,
        response=response,
        visitor=visitor if is_theirs else None,
        site=Site.find_for_request(request),
        channel="email" if token else "web",
    )


def _response(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _is_content(stored, given) -> bool:
    known = {key: (block, value) for key, block, value in stored.asked()}
    return any(
        number is not None and known[key][0].is_promoter(known[key][1], number)
        for key, (number, _text) in given.items()
    )
