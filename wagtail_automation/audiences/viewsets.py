"""Segments (snippets) and lists in the admin: no logic, only what is shown."""

from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column, DateColumn, LiveStatusTagColumn, StatusFlagColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.widgets.button import Button
from wagtail.snippets.views import snippets

from .guards import GuardedDelete
from .members import ListMembersView, SegmentMembersView
from .models import LeadList, Segment
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


class MembersButton:
    """A link to the members in the header's menu."""

    members_url_name = ""

    @cached_property
    def header_more_buttons(self):
        url = reverse(self.members_url_name, args=[self.object.pk])
        return [*super().header_more_buttons, Button(_("Members"), url=url, icon_name="group", priority=25)]


class SegmentDeleteView(GuardedDelete, snippets.DeleteView):
    pass


class LeadListDeleteView(GuardedDelete, generic.DeleteView):
    pass


class SegmentEditView(MembersButton, snippets.EditView):
    members_url_name = "wagtailsnippets_wagtail_automation_audiences_segment:members"


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
        LiveStatusTagColumn(),
        MembersColumn(
            "members",
            label=_("Members"),
            accessor="state.member_count",
            url_name="wagtailsnippets_wagtail_automation_audiences_segment:members",
            sort_key="state__member_count",
        ),
        StateColumn("state", label=_("State"), accessor=lambda segment: segment),
    ]
    search_fields = ["name", "description"]
    search_backend_name = None
    list_filter = ["colour"]
    edit_view_class = SegmentEditView
    delete_view_class = SegmentDeleteView
    panels = [
        FieldPanel("name", classname="title"),
        FieldPanel("rule", heading=_("Who belongs to it")),
        SegmentCountPanel(heading=_("Who that would be now")),
        MultiFieldPanel(
            [FieldPanel("description"), FieldPanel("colour")], heading=_("About"), classname="collapsed"
        ),
    ]

    def get_queryset(self, request):
        return Segment.objects.select_related("state")

    def get_urlpatterns(self):
        return [
            *super().get_urlpatterns(),
            path("members/<int:pk>/", SegmentMembersView.as_view(), name="members"),
        ]


class LeadListIndexView(generic.IndexView):
    def get_base_queryset(self):
        return LeadList.objects.with_member_count()


class LeadListEditView(MembersButton, generic.EditView):
    members_url_name = "wagtail_automation_lists:members"


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
        DateColumn("last_added", label=_("Last added"), accessor="last_added_at", sort_key="last_added_at"),
        StatusFlagColumn("archived", label=_("State"), true_label=_("archived"), sort_key="archived"),
    ]
    search_fields = ["name", "description"]
    list_filter = ["archived", "colour"]
    panels = [
        FieldPanel("name", classname="title"),
        FieldPanel("description"),
        FieldPanel("colour"),
        FieldPanel("archived"),
    ]

    def get_urlpatterns(self):
        return [
            *super().get_urlpatterns(),
            path("members/<int:pk>/", ListMembersView.as_view(), name="members"),
        ]
