"""HTTP edge of audiences: the live count of a rule, and putting one lead on and off a list."""

import json

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from wagtail.admin import messages
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.utils import get_valid_next_url_from_request

from wagtail_automation import clock
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.compiler import explain_failure
from wagtail_automation.rules.forms import RuleFormField
from wagtail_automation.rules.rule import MAX_BYTES, Rule
from wagtail_automation.rules.widgets import RuleWidget

from . import actions
from .live_count import live_count
from .models import LeadList
from .panels import LEAD_PERMISSION

APP = "wagtail_automation_audiences"


@require_POST
def count(request):
    """``{rule}`` (as the editor's textarea holds it) → how many leads match now, and five of them."""
    if not request.user.has_perm(LEAD_PERMISSION):
        raise PermissionDenied
    if len(request.body) > 2 * MAX_BYTES:
        return JsonResponse({"message": _("This rule is too long.")}, status=400)
    try:
        posted = {"rule": str.strip(json.loads(request.body)["rule"])}
    except (ValueError, TypeError, KeyError, RecursionError):
        return JsonResponse({"message": _("The request holds no rule.")}, status=400)
    text = RuleWidget().value_from_datadict(posted, {}, "rule")
    try:
        Rule.parse(text)
    except ValidationError as error:
        return JsonResponse({"message": " ".join(error.messages)}, status=400)
    try:
        rule = RuleFormField(required=False).clean(text)  # what is being typed counts too
    except ValidationError:
        return JsonResponse(_nobody(_("This rule matches nobody: a condition is filled in wrongly.")))
    return JsonResponse(_count(request, rule))


def _nobody(message: str) -> dict:
    return {"count": 0, "examples": [], "message": message}


def _count(request, rule: Rule) -> dict:
    if rule.is_empty:
        return _nobody(_("A rule without conditions matches nobody."))
    if explain_failure(rule):
        return _nobody(_("This rule matches nobody: a condition is unfinished or unavailable."))
    found = live_count(rule, Lead.objects.visible_to(request.user))
    finder = AdminURLFinder(request.user)
    return {
        "count": found.number,
        "message": found.message,
        "examples": [{"name": str(lead), "url": finder.get_edit_url(lead) or ""} for lead in found.examples],
    }


def _lead(request, lead_pk: int, permission: str) -> Lead:
    if not (request.user.has_perm(LEAD_PERMISSION) and request.user.has_perm(permission)):
        raise PermissionDenied
    return get_object_or_404(Lead.objects.visible_to(request.user), pk=lead_pk)


def _back(request):
    return redirect(get_valid_next_url_from_request(request) or "wagtailadmin_home")


@require_POST
def add_to_list(request, lead_pk):
    """Put one lead on the list whose number is posted as ``list``."""
    lead = _lead(request, lead_pk, f"{APP}.add_listmembership")
    number = request.POST.get("list", "")
    lead_list = (
        LeadList.objects.stored().filter(pk=number).first()
        if number.isdecimal() and len(number) < 19
        else None
    )
    if lead_list is None:
        messages.error(request, _("Choose a list."))
    elif actions.add_lead_to_list(lead_list=lead_list, lead=lead, now=clock.now(), user=request.user):
        messages.success(request, _("%(lead)s was added to “%(list)s”.") % {"lead": lead, "list": lead_list})
    return _back(request)


@require_POST
def remove_from_list(request, lead_pk, pk):
    """Take one lead off one list."""
    lead = _lead(request, lead_pk, f"{APP}.delete_listmembership")
    lead_list = get_object_or_404(LeadList.objects.stored(), pk=pk)
    if actions.remove_lead_from_list(lead_list=lead_list, lead=lead, now=clock.now(), user=request.user):
        messages.success(
            request, _("%(lead)s was removed from “%(list)s”.") % {"lead": lead, "list": lead_list}
        )
    return _back(request)
