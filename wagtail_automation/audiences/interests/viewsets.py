"""Interests in the admin, and their chooser."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column, NumberColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet

from wagtail_automation import clock
from wagtail_automation.admin.choosers import ChooserViewSet
from wagtail_automation.admin.strict import InlinePanel
from wagtail_automation.audiences.categories.viewsets import ColourName, DotColumn
from wagtail_automation.audiences.guards import GuardedDelete, UsageWithDrafts

from . import querysets
from .models import Interest


class InterestEditView(generic.EditView):
    """A new half-life keeps what everybody's interest is worth today."""

    def save_instance(self):
        before = Interest.objects.values_list("half_life_days", flat=True).get(pk=self.object.pk)
        interest = super().save_instance()
        if interest.half_life_days != before:
            querysets.change_half_life(interest.pk, before, interest.half_life_days, clock.now())
        return interest


class InterestDeleteView(GuardedDelete, generic.DeleteView):
    pass


class InterestViewSet(ModelViewSet):
    model = Interest
    name = "wagtail_automation_interest"
    url_prefix = "automation/interests"
    icon = "glasses"
    menu_label = _("Interests")
    menu_name = "automation-interests"
    list_per_page = 50
    ordering = "folded"
    copy_view_enabled = False
    edit_view_class = InterestEditView
    delete_view_class = InterestDeleteView
    usage_view_class = UsageWithDrafts
    search_fields = ["name", "description"]
    search_backend_name = None
    list_display = [
        "name",
        DotColumn("colour", label=_("Colour"), accessor=ColourName),
        Column("tags", label=_("Page tags")),
        NumberColumn("half_life_days", label=_("Half-life in days"), sort_key="half_life_days"),
    ]
    panels = [
        FieldPanel("name"),
        MultiFieldPanel(
            [
                InlinePanel("sections", heading=_("Sections"), label=_("section")),
                FieldPanel("tags"),
                FieldPanel("addresses"),
            ],
            heading=_("What feeds it"),
        ),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("page_points"), FieldPanel("click_points")]),
                FieldPanel("half_life_days"),
            ],
            heading=_("How it grows and fades"),
        ),
        FieldPanel("colour"),
        FieldPanel("description"),
    ]


class InterestChooserViewSet(ChooserViewSet):
    model = Interest
    icon = "glasses"
    choose_one_text = _("Choose an interest")
    choose_another_text = _("Choose another interest")
    edit_item_text = _("Edit this interest")


interest_chooser = InterestChooserViewSet("wagtail_automation_interest_chooser")
