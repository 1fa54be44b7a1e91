"""What the editor's scripts ask: a step's form, its validation, sentences of pasted steps, live numbers.

Every view asks for the campaign permission; bad input is answered 400 with a message.
"""

import json
from functools import wraps

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from wagtail.admin.telepath import JSContext
from wagtail.blocks.base import get_error_json_data

from wagtail_automation import clock
from wagtail_automation.campaigns import stats
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.campaigns.publication import foresee

from . import following
from .blocks import draft_copy
from .describe import describe, describe_config, distinct, likenesses, remembering_objects
from .fields import raw_steps
from .palette import messages_in, unfinished_steps
from .reading import UNREADABLE, read_config, read_json, read_steps, read_tree
from .registry import UNKNOWN, step_types
from .transport import config_for_browser
from .validation import MAX_STEPS

CHANGE = ("add", "change")
LOOK = (*CHANGE, "view")


def _answer_bad_input(error: ValidationError) -> JsonResponse:
    return JsonResponse({"error": " ".join(error.messages)}, status=400)


def campaign_view(*permissions):
    """For users who hold one of the permissions on campaigns; ValidationError becomes a 400 in words."""

    def decorate(view):
        @wraps(view)
        def checked(request, *args, **kwargs):
            policy = Campaign.snippet_viewset.permission_policy
            if not policy.user_has_any_permission(request.user, permissions):
                raise PermissionDenied
            try:
                return view(request, *args, **kwargs)
            except ValidationError as error:
                return _answer_bad_input(error)

        return checked

    return decorate


def _config_block(name):
    """The block of a type's settings. Raises ValidationError for a type that is not installed."""
    if not isinstance(name, str) or name == UNKNOWN or name not in step_types:
        raise ValidationError(_("This step type is not installed."))
    return step_types[name].config_block


def _body(request) -> dict:
    body = read_json(request.body)
    if not isinstance(body, dict):
        raise ValidationError(_("What was sent cannot be read."))
    return body


@require_POST
@campaign_view(*CHANGE)
def form(request):
    """HTML of one step's form. Body: ``{"type", "config", "error"}``, the error as a block's client data."""
    body = _body(request)
    block = _config_block(body.get("type"))
    return _form_response(block, read_config(block, body.get("config")), body.get("error"))


@require_POST
@campaign_view(*LOOK)
def look(request, pk):
    """The same for a step as it is saved, for those who may only look. Body: ``{"id"}``."""
    wanted = _body(request).get("id")
    tree = get_object_or_404(Campaign, pk=pk).get_latest_revision_as_object().tree
    step = next((step for step in raw_steps(tree) if step["id"] == wanted), None)
    if step is None:
        raise ValidationError(_("This step does not exist (any more)."))
    block = _config_block(step["type"])
    return _form_response(block, read_config(block, step["value"].get("config")), None)


def _form_response(block, value, error):
    return HttpResponse(
        format_html(
            '<div data-controller="wa-step-form" data-wa-step-form-data-value="{}"'
            ' data-wa-step-form-arguments-value="{}"></div>',
            json.dumps(JSContext().pack(block)),
            json.dumps([block.get_form_state(value), error if isinstance(error, dict) else None]),
        )
    )


@require_POST
@campaign_view(*CHANGE)
def clean(request):
    """Validate the posted form of one step; answer with its JSON, its sentence and its branches."""
    block = _config_block(request.POST.get("step_type"))
    try:
        value = block.value_from_datadict(request.POST, request.FILES, "step")
    except UNREADABLE as error:
        raise ValidationError(_("The settings of this step cannot be read: they are damaged.")) from error
    error, storable = None, True
    try:
        value = block.clean(value)
    except ValidationError as invalid:
        error = get_error_json_data(invalid)
        value, storable = _as_draft(block, value)
    answer = {"ok": error is None, "draft_ok": storable, "error": error, "messages": messages_in(error)}
    if storable:
        answer["config"] = config_for_browser(block, block.get_prep_value(value))
        answer |= describe_config(step_types[request.POST["step_type"]], value)
    return JsonResponse(answer)


def _as_draft(block, value):
    """``(value, True)`` if an unfinished step may be kept like this, else ``(value, False)``."""
    try:
        return draft_copy(block).clean(value), True
    except ValidationError:
        return value, False


@require_POST
@campaign_view(*CHANGE)
def info(request):
    """Sentences and branches of pasted steps, and ``"unfinished"``: why one could not go live.

    Body: ``{"steps": […], "beside": how many the campaign has already}``.
    """
    body = _body(request)
    steps, beside = body.get("steps"), body.get("beside")
    many = len(steps) if isinstance(steps, list) else 0
    if many + (beside if isinstance(beside, int) else 0) > MAX_STEPS:
        raise ValidationError(_("A campaign holds at most %(count)d steps.") % {"count": MAX_STEPS})
    tree = read_tree(Campaign._meta.get_field("tree").stream_block, json.dumps(steps))
    for child in tree:
        if child.block.kind == "unknown":
            raise ValidationError(_("Some of these step types are not installed here."))
    alike = likenesses(tree)
    with remembering_objects(distinct(tree, alike)):
        told = describe(tree, alike)
        missing = unfinished_steps(tree, alike)
    return JsonResponse({pk: {**said, "unfinished": missing.get(pk, [])} for pk, said in told.items()})


@require_GET
@campaign_view(*LOOK)
def numbers(request, pk):
    """People waiting at, past and held at each step, from the engine. ``?days=``: of the last days only."""
    campaign = get_object_or_404(Campaign.objects.defer("tree"), pk=pk)
    since = None
    if text := request.GET.get("days"):
        if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= stats.LONGEST):
            raise ValidationError(_("This is not a number of days."))
        since = stats.first_day(clock.now(), int(text))
    return JsonResponse(stats.for_campaign(campaign, since) | {"totals": stats.totals(campaign, since)})


@require_GET
@campaign_view(*LOOK)
def who(request, pk):
    """People of the campaign whom the user may see. ``?q=``: only those whose name or address matches."""
    campaign = get_object_or_404(Campaign.objects.defer("tree"), pk=pk)
    return JsonResponse({"people": following.people(campaign, request.user, request.GET.get("q", ""))})


@require_GET
@campaign_view(*LOOK)
def way(request, pk, enrollment):
    """The way of one of them, step by step, with times and reasons."""
    campaign = get_object_or_404(Campaign.objects.defer("tree"), pk=pk)
    found = get_object_or_404(following.visible(campaign, request.user), pk=enrollment)
    return JsonResponse(following.way(found, request.user))


@require_POST
@campaign_view(*CHANGE)
def publication(request, pk):
    """What publishing would do to the people inside, as HTML. Body: ``{"tree": text, "removed"}``, as the
    form stands."""
    campaign = get_object_or_404(Campaign.objects.defer("tree"), pk=pk)
    body = _body(request)
    steps = read_steps(read_json(body.get("tree") if isinstance(body.get("tree"), str) else ""))
    said = foresee(campaign, lambda: steps, body.get("removed"))
    return render(request, "wagtail_automation/campaigns/publication.html", {"publication": said})
