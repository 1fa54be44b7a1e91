"""Stages in the admin: the list in the settings, and the chooser."""

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.admin.ui.tables import BooleanColumn, NumberColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.widgets.button import HeaderButton

from wagtail_automation.admin.choosers import ChooserViewSet
from wagtail_automation.audiences.categories.viewsets import ColourName, DotColumn, category_column
from wagtail_automation.audiences.guards import GuardedDelete, UsageWithDrafts

from .models import Stage


class StageIndexView(generic.IndexView):
    def get_base_queryset(self):
        return Stage.objects.with_counts().select_related("category")

    @cached_property
    def header_buttons(self):
        url = reverse("wagtail_automation_stage_funnel")
        return [*super().header_buttons, HeaderButton(_("Funnel"), url=url, icon_name="view")]


class StageDeleteView(GuardedDelete, generic.DeleteView):
    confirmation_message = _(
        "Delete this stage? Those who are in it are in none afterwards, and it leaves the funnel."
    )


class StageViewSet(ModelViewSet):
    model = Stage
    name = "wagtail_automation_stage"
    url_prefix = "automation/stages"
    icon = "tasks"
    menu_label = _("Stages")
    menu_name = "automation-stages"
    list_per_page = 50
    ordering = "weight"
    copy_view_enabled = False
    index_view_class = StageIndexView
    delete_view_class = StageDeleteView
    usage_view_class = UsageWithDrafts
    search_fields = ["name", "description"]
    search_backend_name = None
    list_display = [
        "name",
        NumberColumn("weight", label=_("Weight"), sort_key="weight"),
        DotColumn("colour", label=_("Colour"), accessor=ColourName),
        category_column(),
        NumberColumn("lead_count", label=_("Leads"), sort_key="lead_count"),
        BooleanColumn("forward_only", label=_("Forward only")),
    ]
    panels = [
        FieldPanel("name"),
        FieldPanel("weight"),
        FieldPanel("colour"),
        FieldPanel("category"),
        FieldPanel("forward_only"),
        FieldPanel("rule", heading=_("Who is moved here")),
        FieldPanel("description"),
    ]


class StageChooserViewSet(ChooserViewSet):
    model = Stage
    icon = "tasks"
    choose_one_text = _("Choose a stage")
    choose_another_text = _("Choose another stage")
    edit_item_text = _("Edit this stage")


stage_chooser = StageChooserViewSet("wagtail_automation_stage_chooser")
