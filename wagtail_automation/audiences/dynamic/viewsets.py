"""Shared dynamic content in the admin: a snippet."""

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column, LiveStatusTagColumn, LocaleColumn
from wagtail.snippets.views import snippets

from wagtail_automation.admin.choosers import SnippetChooserViewSet
from wagtail_automation.admin.tables import ChangedColumn
from wagtail_automation.audiences.guards import DraftUsage, GuardedDelete

from .models import DynamicContent

#: functions ``(content) -> Button`` of the apps that show it, for the header of its edit page
header_buttons: list = []


class DynamicContentDeleteView(GuardedDelete, snippets.DeleteView):
    pass


class DynamicContentUsageView(DraftUsage, snippets.UsageView):
    pass


class DynamicContentEditView(snippets.EditView):
    @cached_property
    def header_more_buttons(self):
        return [*super().header_more_buttons, *(make(self.object) for make in header_buttons)]


class DynamicContentChooserViewSet(SnippetChooserViewSet):
    page_title = _("Choose a dynamic content")
    choose_another_text = _("Choose another dynamic content")
    edit_item_text = _("Edit this dynamic content")


class DynamicContentViewSet(snippets.SnippetViewSet):
    model = DynamicContent
    icon = "group"
    menu_label = _("Dynamic content")
    menu_name = "automation-dynamic-content"
    add_to_admin_menu = False
    inspect_view_enabled = False
    copy_view_enabled = False
    list_per_page = 50
    edit_view_class = DynamicContentEditView
    delete_view_class = DynamicContentDeleteView
    usage_view_class = DynamicContentUsageView
    chooser_viewset_class = DynamicContentChooserViewSet
    search_fields = ["name"]
    search_backend_name = None
    list_display = [
        "name",
        Column("alternatives", label=_("Alternatives"), accessor=lambda row: len(row.alternatives)),
        LocaleColumn(),
        ChangedColumn(label=_("Updated")),
        LiveStatusTagColumn(label=_("Status")),
    ]
    panels = [
        FieldPanel("name"),
        FieldPanel("alternatives"),
        FieldPanel("fallback", heading=_("Everybody else")),
        MultiFieldPanel(
            [FieldPanel("holdout"), FieldPanel("goal")], heading=_("Measuring"), classname="collapsed"
        ),
    ]
