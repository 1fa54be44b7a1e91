"""The HTTP edge of assigning: one lead from its page."""

from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from wagtail.admin import messages

from wagtail_automation import clock

from . import actions
from .models import Lead
from .people import AssignForm, name_of
from .permissions import visible_lead


@require_POST
def assign(request, pk):
    """Give this lead to the person posted as ``owner``. Whoever hands it on may not see it afterwards."""
    lead = visible_lead(request.user, pk, "change")
    form = AssignForm(request.POST, user=request.user, lead=lead)
    if not form.is_valid():
        messages.error(request, _("Choose who is to look after this lead."))
        return redirect(reverse("wagtail_automation_lead:inspect", args=[lead.pk]))
    owner = form.cleaned_data["owner"]
    if actions.set_owner(lead=lead, owner=owner, now=clock.now(), user=request.user):
        messages.success(request, _("Assigned to %(owner)s.") % {"owner": name_of(owner) or _("nobody")})
    if Lead.objects.visible_to(request.user).filter(pk=lead.pk).exists():
        return redirect(reverse("wagtail_automation_lead:inspect", args=[lead.pk]))
    return redirect(reverse("wagtail_automation_lead:index"))
