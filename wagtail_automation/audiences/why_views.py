"""HTTP edge: the page that says why a person is in a segment, or not."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from wagtail_automation.leads.access import lead_or_404
from wagtail_automation.leads.page import lead_url

from .explaining import why
from .models import Segment

APP = "wagtail_automation_audiences"


@require_GET
def why_in_segment(request, lead_pk):
    """``?segment=<number>``: the rule in words, each condition true or false, with this person's facts."""
    if not request.user.has_perm(f"{APP}.view_segment"):
        raise PermissionDenied
    lead = lead_or_404(request.user, lead_pk)
    number = request.GET.get("segment", "")
    segment = Segment.objects.filter(pk=number).first() if number.isdecimal() and len(number) < 19 else None
    if segment is None:
        raise Http404(_("There is no such segment."))
    context = {
        "lead": lead,
        "segment": segment,
        "reason": why(segment, lead),
        "back_url": lead_url(lead, "audiences"),
        "others": Segment.objects.filter(live=True).only("pk", "name").order_by("name", "pk"),
    }
    response = render(request, "wagtail_automation/audiences/why.html", context)
    response.headers["Cache-Control"] = "private, no-store"
    return response


urlpatterns = [
    path("automation/leads/<int:lead_pk>/why/", why_in_segment, name="wagtail_automation_why"),
]
