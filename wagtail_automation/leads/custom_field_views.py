"""HTTP edge of custom fields: their order, where each is used, archiving and bringing back."""

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.ui.tables import Column
from wagtail.admin.views import generic

from . import custom_field_actions
from .access import may
from .models import CustomField, Lead
from .usage import uses_of


class CustomFieldReorderView(generic.ReorderView):
    """Wagtail's own moves one row past others by their numbers, which may be equal here."""

    def post(self, request, *args, **kwargs):
        field = get_object_or_404(CustomField, pk=unquote(str(kwargs["pk"])))
        place = request.GET.get("position", "")
        custom_field_actions.move(field=field, place=int(place) if place.isdecimal() else -1)
        return HttpResponse("")


class UsageColumn(Column):
    """The way to where the field is used, and to archiving it."""

    cell_template_name = "wagtail_automation/leads/usage_cell.html"

    def get_cell_context_data(self, instance, parent_context):
        context = super().get_cell_context_data(instance, parent_context)
        context["url"] = reverse("wagtail_automation_field_usage", args=[instance.pk])
        return context


def usage(request, pk):
    """Where the field is used; POST archives it or brings it back."""
    if not may(request.user, "change", "customfield"):
        raise PermissionDenied
    field = get_object_or_404(CustomField, pk=pk)
    if request.method == "POST":
        archived = request.POST.get("archived") == "1"
        if custom_field_actions.set_archived(field=field, archived=archived, user=request.user):
            said = _("“%(field)s” is archived.") if archived else _("“%(field)s” is offered again.")
            messages.success(request, said % {"field": field})
        return redirect(reverse("wagtail_automation_custom_field:index"))
    finder = AdminURLFinder(request.user)
    uses = [(use, finder.get_edit_url(use.instance) or "") for use in uses_of(field.key)]
    context = {
        "field": field,
        "uses": uses,
        "holders": Lead.objects.filter(attributes__has_key=field.key).count(),
        "index_url": reverse("wagtail_automation_custom_field:index"),
    }
    return render(request, "wagtail_automation/leads/field_usage.html", context)


urlpatterns = [
    path("automation/custom-fields/<int:pk>/usage/", usage, name="wagtail_automation_field_usage"),
]
