"""HTTP edge of tags: one lead's tags, by its page."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from wagtail.admin import messages
from wagtail.admin.utils import get_valid_next_url_from_request

from wagtail_automation import clock
from wagtail_automation.leads import access
from wagtail_automation.leads.models import Lead

from . import actions
from .models import Tag

APP = "wagtail_automation_audiences"


def lead_or_refuse(request, lead_pk: int, permission: str) -> Lead:
    """The lead of the page; refuses those who lack the right, or may not see this lead."""
    if not request.user.has_perm(permission):
        raise PermissionDenied
    return access.lead_or_404(request.user, lead_pk)


def back(request):
    """To where the form stood."""
    return redirect(get_valid_next_url_from_request(request) or "wagtailadmin_home")


@require_POST
def add(request, lead_pk):
    """Put the tags posted as ``tags`` (with commas) on one lead; new ones by those who may make them."""
    lead = lead_or_refuse(request, lead_pk, f"{APP}.add_leadtag")
    try:
        tags = actions.tags_named(
            names=request.POST.get("tags", ""), create=request.user.has_perm(f"{APP}.add_tag")
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return back(request)
    if actions.tag_lead(lead=lead, tags=tags, now=clock.now(), user=request.user):
        messages.success(request, _("The tags of %(lead)s were changed.") % {"lead": lead})
    return back(request)


@require_POST
def remove(request, lead_pk, pk):
    """Take one tag off one lead."""
    lead = lead_or_refuse(request, lead_pk, f"{APP}.delete_leadtag")
    tag = get_object_or_404(Tag, pk=pk)
    if actions.untag_lead(lead=lead, tags=[tag], now=clock.now(), user=request.user):
        messages.success(request, _("The tags of %(lead)s were changed.") % {"lead": lead})
    return back(request)
