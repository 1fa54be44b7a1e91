"""Tags in the admin: the list in the settings, and the chooser."""

from django.db.models import Count
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.admin.ui.tables import Column, NumberColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet

from wagtail_automation.admin.choosers import ChooserViewSet
from wagtail_automation.audiences.categories.viewsets import ColourName, DotColumn
from wagtail_automation.audiences.guards import GuardedDelete, UsageWithDrafts

from .models import Tag


class TagIndexView(generic.IndexView):
    def get_base_queryset(self):
        return Tag.objects.annotate(lead_count=Count("leads"))


class TagDeleteView(GuardedDelete, generic.DeleteView):
    pass


class TagViewSet(ModelViewSet):
    model = Tag
    name = "wagtail_automation_tag"
    url_prefix = "automation/tags"
    icon = "tag"
    menu_label = _("Tags")
    menu_name = "automation-tags"
    list_per_page = 50
    ordering = "folded"
    copy_view_enabled = False
    index_view_class = TagIndexView
    delete_view_class = TagDeleteView
    usage_view_class = UsageWithDrafts
    search_fields = ["name", "folded", "description"]
    search_backend_name = None
    list_display = [
        "name",
        DotColumn("colour", label=_("Colour"), accessor=ColourName),
        NumberColumn("lead_count", label=_("Leads"), sort_key="lead_count"),
        Column("description", label=_("Description")),
    ]
    panels = [
        FieldPanel("name"),
        FieldPanel("colour"),
        FieldPanel("description"),
    ]


class TagChooserViewSet(ChooserViewSet):
    model = Tag
    icon = "tag"
    choose_one_text = _("Choose a tag")
    choose_another_text = _("Choose another tag")
    edit_item_text = _("Edit this tag")
    form_fields = ["name", "colour"]


tag_chooser = TagChooserViewSet("wagtail_automation_tag_chooser")
