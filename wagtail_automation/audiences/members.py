"""The pages that show who is in a segment or on a list: searched, filtered, exported as filtered."""

from django.db.models import DateTimeField, F, Value
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.ui.tables import Column, NumberColumn, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView
from wagtail.admin.widgets import Button

from wagtail_automation.admin.tables import MomentColumn
from wagtail_automation.leads import sources
from wagtail_automation.leads.models import Lead

from .lists import builtin
from .member_filters import MemberFilterSet
from .pages import APP, LISTS, SEGMENTS, OwnerPage


class OriginColumn(Column):
    """Who added the lead, and taking it off again."""

    cell_template_name = "wagtail_automation/audiences/member_actions_cell.html"

    def __init__(self, name, *, owner, **kwargs):
        super().__init__(name, **kwargs)
        self.owner = owner

    def get_cell_context_data(self, instance, parent_context):
        context = super().get_cell_context_data(instance, parent_context)
        context["member"], context["owner"] = instance, self.owner
        context["may_remove"] = parent_context["request"].user.has_perm(f"{APP}.delete_listmembership")
        context["next"] = parent_context["request"].get_full_path()
        return context


class MembersView(OwnerPage, BaseListingView):
    """The members of one thing, newest first. Needs the right to see leads and that thing."""

    name = "members"
    model = Lead
    filterset_class = MemberFilterSet
    path = ""  # from a lead to its memberships
    owner_field = ""
    moment, moment_label = "", ""
    paginate_by = 50
    is_searchable = True
    #: key of the source of exports that means these members
    export_source = ""
    verbose_name, verbose_name_plural = gettext_lazy("member"), gettext_lazy("members")
    page_title = gettext_lazy("Members")

    @cached_property
    def finder(self):
        return AdminURLFinder(self.request.user)

    @property
    def index_url(self):
        return self.kind.url("members", self.owner.pk)

    index_results_url = index_url

    def get_base_queryset(self):
        inside = {f"{self.path}__{self.owner_field}": self.owner}
        rows = (
            Lead.objects.visible_to(self.request.user)
            .filter(**inside)
            .annotate(member_since=F(f"{self.path}__{self.moment}"))
        )
        return rows.order_by("-member_since", "-pk")

    def search_queryset(self, queryset):
        return queryset.search(self.search_query) if self.search_query else queryset

    @property
    def columns(self):
        return [
            TitleColumn("lead", label=_("Lead"), accessor=str, get_url=self.finder.get_edit_url),
            Column("email", label=_("Email address")),
            NumberColumn("score", label=_("Score")),
            *self.more_columns,
        ]

    @property
    def more_columns(self):
        return [MomentColumn("member_since", label=self.moment_label)]

    @cached_property
    def header_more_buttons(self):
        """What is done with all that the page shows is done in the background: it may be long."""
        asked = self.request.GET.copy()
        asked["of"] = str(self.owner.pk)
        offered = (
            (_("Change the members"), "wagtail_automation_mass:choose", "add_massrun", "edit"),
            (_("Export the members"), "wagtail_automation_exports:add", "add_exportrun", "download"),
        )
        return [
            *super().header_more_buttons,
            *(
                Button(
                    label,
                    url=f"{reverse(name, args=[self.export_source])}?{asked.urlencode()}",
                    icon_name=icon,
                    priority=20,
                )
                for label, name, permission, icon in offered
                if self.request.user.has_perm(f"wagtail_automation_leads.{permission}")
            ),
        ]


class SegmentMembersView(MembersView):
    kind = SEGMENTS
    export_source = "segment"
    path, owner_field = "segment_memberships", "segment"
    moment, moment_label = "joined_at", gettext_lazy("Joined")


class ListMembersView(MembersView):
    kind = LISTS
    export_source = "list"
    path, owner_field = "list_memberships", "list"
    moment, moment_label = "added_at", gettext_lazy("Added")

    def get_base_queryset(self):
        if not self.owner.is_computed:
            return super().get_base_queryset().annotate(origin=F("list_memberships__origin"))
        nothing = Cast(Value(None), DateTimeField())
        people = builtin.people(self.owner, leads=Lead.objects.visible_to(self.request.user))
        return people.annotate(member_since=nothing).order_by("-pk")

    @property
    def more_columns(self):
        if self.owner.is_computed:
            return []
        return [*super().more_columns, OriginColumn("origin", owner=self.owner, label=_("Added by"))]

    def get_table(self, object_list):
        object_list = list(object_list)
        if not self.owner.is_computed:
            words = sources.labels(lead.origin for lead in object_list)
            for lead in object_list:
                lead.origin = words.get(lead.origin, "")
        return super().get_table(object_list)
