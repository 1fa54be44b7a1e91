"""Segments (snippets) and lists in the admin: no logic, only what is shown."""

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column, LiveStatusTagColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.snippets.views import snippets

from wagtail_automation.admin.choosers import SnippetChooserViewSet
from wagtail_automation.admin.strict import ImageChooser
from wagtail_automation.admin.tables import MomentColumn
from wagtail_automation.leads.folding import fold

from . import pages
from .growth.views import ListGrowthView, SegmentGrowthView
from .guards import DraftUsage, GuardedDelete, UsageWithDrafts
from .lists import builtin
from .lists.views import ArchiveView, AssignView, FilterView, MergeView, PasteView
from .members import ListMembersView, SegmentMembersView
from .models import LeadList, Segment
from .overlap import OverlapView
from .panels import SegmentCountPanel


class ColourColumn(Column):
    """The name's colour as a small dot; its name is read to those who cannot see it."""

    cell_template_name = "wagtail_automation/audiences/colour_cell.html"


class MembersColumn(Column):
    """The number of members, linked to them."""

    cell_template_name = "wagtail_automation/audiences/members_cell.html"

    def __init__(self, name, *, url_name, **kwargs):
        super().__init__(name, **kwargs)
        self.url_name = url_name

    def get_cell_context_data(self, instance, parent_context):
        context = super().get_cell_context_data(instance, parent_context)
        context["url"] = reverse(self.url_name, args=[instance.pk])
        return context


class StateColumn(Column):
    """Whether a segment is up to date, and why it matches nobody."""

    cell_template_name = "wagtail_automation/audiences/state_cell.html"


class PagesButtons:
    """Links to the other pages of a segment or list in the header's menu."""

    kind = pages.SEGMENTS

    @cached_property
    def header_more_buttons(self):
        more = pages.buttons(self.kind, self.object, self.request.user)
        return [*super().header_more_buttons, *more]


class WithoutArchive:
    """A listing that shows what is archived only when the filter asks for it."""

    def get_base_queryset(self):
        queryset = super().get_base_queryset()
        return queryset if self.request.GET.get("archived") else queryset.filter(archived=False)


class SegmentDeleteView(GuardedDelete, snippets.DeleteView):
    pass


class SegmentUsageView(DraftUsage, snippets.UsageView):
    pass


class LeadListDeleteView(GuardedDelete, generic.DeleteView):
    def get_object(self, *args, **kwargs):
        found = super().get_object(*args, **kwargs)
        if found.builtin:
            raise PermissionDenied
        return found


class SegmentEditView(PagesButtons, snippets.EditView):
    pass


class SegmentIndexView(WithoutArchive, snippets.IndexView):
    pass


class SegmentChooserViewSet(SnippetChooserViewSet):
    """Offers what is not archived; what was chosen before stays chosen."""

    page_title = _("Choose a segment")
    choose_another_text = _("Choose another segment")
    edit_item_text = _("Edit this segment")

    def get_object_list(self):
        return Segment.objects.filter(archived=False)


class SegmentViewSet(snippets.SnippetViewSet):
    model = Segment
    icon = "group"
    menu_label = _("Segments")
    menu_name = "segments"
    inspect_view_enabled = False
    copy_view_enabled = True
    list_per_page = 50
    list_display = [
        "name",
        ColourColumn("colour", label=_("Colour"), accessor=lambda segment: segment),
        LiveStatusTagColumn(label=_("Status")),
        MembersColumn(
            "members",
            label=_("Members"),
            accessor="state.member_count",
            url_name="wagtailsnippets_wagtail_automation_audiences_segment:members",
            sort_key="state__member_count",
        ),
        Column("category", label=_("Category"), accessor="category"),
        StateColumn("state", label=_("State"), accessor=lambda segment: segment),
    ]
    search_fields = ["name", "description"]
    search_backend_name = None
    list_filter = ["category", "colour", "archived"]
    index_view_class = SegmentIndexView
    edit_view_class = SegmentEditView
    chooser_viewset_class = SegmentChooserViewSet
    delete_view_class = SegmentDeleteView
    usage_view_class = SegmentUsageView
    panels = [
        FieldPanel("name"),
        FieldPanel("rule", heading=_("Who belongs to it")),
        SegmentCountPanel(heading=_("Who that would be now")),
        MultiFieldPanel(
            [FieldPanel("description"), FieldPanel("category"), FieldPanel("colour")],
            heading=_("About"),
            classname="collapsed",
        ),
        MultiFieldPanel(
            [
                FieldPanel("persona_name"),
                FieldPanel("persona_picture", widget=ImageChooser),
                FieldPanel("persona_text"),
            ],
            heading=_("Persona"),
            classname="collapsed",
        ),
    ]

    def get_queryset(self, request):
        return Segment.objects.select_related("state", "category")

    def get_urlpatterns(self):
        return [
            *super().get_urlpatterns(),
            path("members/<int:pk>/", SegmentMembersView.as_view(), name="members"),
            path("growth/<int:pk>/", SegmentGrowthView.as_view(), name="growth"),
            path("overlap/<int:pk>/", OverlapView.as_view(), name="overlap"),
            path("archive/<int:pk>/", ArchiveView.as_view(kind=pages.SEGMENTS), name="archive"),
        ]


def state_of(lead_list) -> str:
    """What is special about a list, in words."""
    if lead_list.filling is not None:
        return _("Is being filled")
    if lead_list.is_computed:
        return _("Computed by the system")
    if lead_list.builtin:
        return _("Kept by the system")
    return _("Archived") if lead_list.archived else ""


class LeadListIndexView(generic.IndexView):
    """Lists of the system have no form: their name leads to their members. What computed ones count is
    asked for those on the page."""

    def get_base_queryset(self):
        queryset = LeadList.objects.with_member_count()
        return queryset if self.request.GET.get("archived") else queryset.filter(archived=False)

    def _get_title_column(self, field_name, *args, **kwargs):
        column = super()._get_title_column(field_name, *args, **kwargs)
        column.accessor = str  # lists of the system in the reader's language
        return column

    def search_queryset(self, queryset):
        """Lists of the system are stored with their English name and found by what they are called here."""
        found = super().search_queryset(queryset)
        if not self.is_searching:
            return found
        words = fold(self.search_query)
        named = [kind.value for kind in builtin.Builtin if words in fold(str(kind.label))]
        return queryset.filter(Q(builtin="", pk__in=found.order_by().values("pk")) | Q(builtin__in=named))

    def get_edit_url(self, instance):
        if instance.builtin:
            return reverse("wagtail_automation_lists:members", args=[instance.pk])
        return super().get_edit_url(instance)

    def get_delete_url(self, instance):
        return None if instance.builtin else super().get_delete_url(instance)

    def get_table(self, object_list):
        object_list = list(object_list)
        for lead_list in object_list:
            if lead_list.is_computed:
                lead_list.member_count = builtin.count(lead_list)
        return super().get_table(object_list)


class LeadListEditView(PagesButtons, generic.EditView):
    kind = pages.LISTS

    def dispatch(self, request, *args, **kwargs):
        pk = str(kwargs.get("pk", ""))
        if pk.isdecimal() and LeadList.objects.filter(pk=pk).exclude(builtin="").exists():
            return redirect("wagtail_automation_lists:members", pk)
        return super().dispatch(request, *args, **kwargs)


class LeadListViewSet(ModelViewSet):
    model = LeadList
    name = "wagtail_automation_lists"
    url_prefix = "automation/lists"
    url_namespace = "wagtail_automation_lists"
    icon = "list-ul"
    menu_label = _("Lists")
    menu_name = "lists"
    list_per_page = 50
    copy_view_enabled = False
    index_view_class = LeadListIndexView
    edit_view_class = LeadListEditView
    delete_view_class = LeadListDeleteView
    usage_view_class = UsageWithDrafts
    list_display = [
        "name",
        ColourColumn("colour", label=_("Colour"), accessor=lambda lead_list: lead_list),
        MembersColumn(
            "members",
            label=_("Members"),
            accessor="member_count",
            url_name="wagtail_automation_lists:members",
            sort_key="member_count",
        ),
        MomentColumn("last_added", label=_("Last added"), accessor="last_added_at", sort_key="last_added_at"),
        Column("state", label=_("State"), accessor=state_of, sort_key="builtin"),
    ]
    search_fields = ["name", "description"]
    list_filter = ["archived", "colour"]
    panels = [
        FieldPanel("name"),
        FieldPanel("description"),
        FieldPanel("colour"),
    ]

    def get_urlpatterns(self):
        return [
            *super().get_urlpatterns(),
            path("members/<int:pk>/", ListMembersView.as_view(), name="members"),
            path("growth/<int:pk>/", ListGrowthView.as_view(), name="growth"),
            path("paste/<int:pk>/", PasteView.as_view(), name="paste"),
            path("merge/<int:pk>/", MergeView.as_view(), name="merge"),
            path("assign/<int:pk>/", AssignView.as_view(), name="assign"),
            path("filter/<int:pk>/", FilterView.as_view(), name="filter"),
            path("archive/<int:pk>/", ArchiveView.as_view(kind=pages.LISTS), name="archive"),
        ]
