"""The pages that show who is in a segment or on a list."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView
from wagtail.admin.widgets import Button

from wagtail_automation.leads.permissions import about_visible

from .models import LeadList, ListMembership, Segment, SegmentMembership
from .panels import LEAD_PERMISSION

APP = "wagtail_automation_audiences"


class OriginColumn(Column):
    """Who added the lead, and taking it off again."""

    cell_template_name = "wagtail_automation/audiences/member_actions_cell.html"

    def get_cell_context_data(self, instance, parent_context):
        context = super().get_cell_context_data(instance, parent_context)
        context["membership"] = instance
        context["may_remove"] = parent_context["request"].user.has_perm(f"{APP}.delete_listmembership")
        context["next"] = parent_context["request"].get_full_path()
        return context


class MembersView(BaseListingView):
    """The members of one thing, newest first. Needs the right to see leads and that thing."""

    model = None  # set below: the membership
    owner_model = None
    owner_field = ""
    moment = ""
    permission = ""
    header_icon = "group"
    paginate_by = 50
    is_searchable = True
    index_url_name = index_results_url_name = ""

    def dispatch(self, request, *args, **kwargs):
        user = request.user
        if not (user.has_perm(LEAD_PERMISSION) and user.has_perm(self.permission)):
            raise PermissionDenied
        self.owner = get_object_or_404(self.owner_model, pk=kwargs["pk"])
        self.finder = AdminURLFinder(user)
        return super().dispatch(request, *args, **kwargs)

    verbose_name, verbose_name_plural = gettext_lazy("member"), gettext_lazy("members")

    def get_page_title(self):
        return _("Members of “%(name)s”") % {"name": self.owner}

    def get_breadcrumbs_items(self):
        return [
            *self.breadcrumbs_items,
            {
                "url": reverse(self.list_url_name),
                "label": self.owner_model._meta.verbose_name_plural.capitalize(),
            },
            {"url": self.finder.get_edit_url(self.owner) or "", "label": str(self.owner)},
            {"url": "", "label": _("Members")},
        ]

    @property
    def index_url(self):
        return reverse(self.index_url_name, args=[self.owner.pk])

    index_results_url = index_url

    def get_base_queryset(self):
        rows = self.model.objects.filter(**{self.owner_field: self.owner}).select_related("lead")
        rows = about_visible(rows, self.request.user)
        return rows.order_by(f"-{self.moment}", "-pk")

    def search_queryset(self, queryset):
        if not self.search_query:
            return queryset
        leads = self.model._meta.get_field("lead").related_model.objects.search(self.search_query)
        return queryset.filter(lead__in=leads.order_by().values("pk"))

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
            DateColumn(self.moment, label=self.moment_label, accessor=self.moment),
            *self.more_columns,
        ]

    more_columns = ()
    #: key of the source of exports that means these members
    export_source = ""

    @property
    def header_more_buttons(self):
        if not self.request.user.has_perm("wagtail_automation_leads.add_exportrun"):
            return []
        url = reverse("wagtail_automation_exports:add", args=[self.export_source])
        return [Button(_("Export the members"), url=f"{url}?of={self.owner.pk}", icon_name="download")]


class SegmentMembersView(MembersView):
    model = SegmentMembership
    owner_model = Segment
    owner_field = "segment"
    export_source = "segment"
    moment, moment_label = "joined_at", gettext_lazy("Joined")
    permission = f"{APP}.view_segment"
    list_url_name = "wagtailsnippets_wagtail_automation_audiences_segment:list"
    index_url_name = "wagtailsnippets_wagtail_automation_audiences_segment:members"


class ListMembersView(MembersView):
    model = ListMembership
    owner_model = LeadList
    owner_field = "list"
    export_source = "list"
    moment, moment_label = "added_at", gettext_lazy("Added")
    permission = f"{APP}.view_leadlist"
    list_url_name = "wagtail_automation_lists:index"
    index_url_name = "wagtail_automation_lists:members"
    more_columns = (OriginColumn("origin", label=gettext_lazy("Added by"), accessor="origin"),)
