"""Pages that list rows about leads which belong to one thing, such as who reached a goal."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView

from wagtail_automation.admin.tables import MomentColumn
from wagtail_automation.leads.models import Lead
from wagtail_automation.leads.permissions import about_visible

from .panels import LEAD_PERMISSION


class LeadRowsView(BaseListingView):
    """The rows of one thing, newest first. Needs the right to see leads and that thing."""

    model = None
    owner_model = None
    owner_field = ""
    moment, moment_label = "", ""
    permission = ""
    list_url_name = ""
    index_url_name = index_results_url_name = ""
    paginate_by = 50
    is_searchable = True
    more_columns = ()

    def dispatch(self, request, *args, **kwargs):
        user = request.user
        if not (user.has_perm(LEAD_PERMISSION) and user.has_perm(self.permission)):
            raise PermissionDenied
        self.owner = get_object_or_404(self.owner_model, pk=kwargs["pk"])
        self.finder = AdminURLFinder(user)
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self):
        label = self.owner_model._meta.verbose_name_plural.capitalize()
        return [
            *self.breadcrumbs_items,
            {"url": reverse(self.list_url_name), "label": label},
            {"url": self.finder.get_edit_url(self.owner) or "", "label": str(self.owner)},
            {"url": "", "label": self.get_page_title()},
        ]

    @property
    def index_url(self):
        return reverse(self.index_url_name, args=[self.owner.pk])

    index_results_url = index_url

    def get_base_queryset(self):
        rows = self.model.objects.filter(**{self.owner_field: self.owner}).select_related("lead")
        return about_visible(rows, self.request.user).order_by(f"-{self.moment}", "-pk")

    def search_queryset(self, queryset):
        if not self.search_query:
            return queryset
        return queryset.filter(lead__in=Lead.objects.search(self.search_query).order_by().values("pk"))

    @property
    def columns(self):
        return [
            TitleColumn(
                "lead",
                label=_("Lead"),
                accessor=lambda row: str(row.lead),
                get_url=lambda row: self.finder.get_edit_url(row.lead),
            ),
            Column("email", label=_("Email address"), accessor=lambda row: row.lead.email),
            MomentColumn(self.moment, label=self.moment_label, accessor=self.moment),
            *self.more_columns,
        ]
