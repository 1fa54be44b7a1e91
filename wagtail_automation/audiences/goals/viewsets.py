"""Goals in the admin: the list with what was reached, who reached one, and the chooser."""

import datetime as dt

from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column, NumberColumn, StatusFlagColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet

from wagtail_automation import clock
from wagtail_automation.admin.choosers import ChooserViewSet
from wagtail_automation.admin.export import neutral
from wagtail_automation.audiences.categories.viewsets import ColourName, DotColumn
from wagtail_automation.audiences.guards import GuardedDelete, UsageWithDrafts
from wagtail_automation.audiences.lead_rows import LeadRowsView

from .models import Goal, GoalReach
from .words import amount

RECENT = dt.timedelta(days=30)
APP = "wagtail_automation_audiences"


class ReachedColumn(NumberColumn):
    """How often in all, linked to who."""

    cell_template_name = "wagtail_automation/audiences/members_cell.html"

    def get_cell_context_data(self, instance, parent_context):
        context = super().get_cell_context_data(instance, parent_context)
        context["url"] = reverse("wagtail_automation_goal:reached", args=[instance.pk])
        return context


class GoalIndexView(generic.IndexView):
    list_export = ["name", "recent_count", "reach_count", "lead_count", "value_sum", "currency"]
    export_headings = {
        "recent_count": _("Reached in 30 days"),
        "reach_count": _("Reached in all"),
        "lead_count": _("People"),
        "value_sum": _("Value in the smallest unit"),
    }

    def get_base_queryset(self):
        return Goal.objects.with_totals(clock.now() - RECENT)

    def to_row_dict(self, item):
        return {name: neutral(value) for name, value in super().to_row_dict(item).items()}


class GoalDeleteView(GuardedDelete, generic.DeleteView):
    pass


class GoalReachedView(LeadRowsView):
    """Who reached one goal, newest first."""

    model = GoalReach
    owner_model = Goal
    owner_field = "goal"
    moment, moment_label = "at", _("Reached")
    permission = f"{APP}.view_goal"
    list_url_name = "wagtail_automation_goal:index"
    index_url_name = index_results_url_name = "wagtail_automation_goal:reached"
    header_icon = "success"
    verbose_name, verbose_name_plural = _("goal reached"), _("goals reached")

    def get_page_title(self):
        return gettext("Who reached “%(name)s”") % {"name": self.owner}

    #: the goals' own list is what is exported
    header_more_buttons = ()

    @property
    def more_columns(self):
        currency = self.owner.currency
        return [
            Column("value", label=_("Value"), accessor=lambda row: amount(row.value, currency)),
            Column("origin", label=_("By"), accessor=lambda row: origin_words(row.origin)),
        ]


def origin_words(origin: str):
    """What brought somebody there."""
    words = {"rule": _("Rule"), "event": _("Event"), "campaign": _("Campaign"), "form": _("Form")}
    return words.get(origin.partition(":")[0], origin)


class GoalViewSet(ModelViewSet):
    model = Goal
    name = "wagtail_automation_goal"
    url_prefix = "automation/goals"
    icon = "success"
    menu_label = _("Goals")
    menu_name = "automation-goals"
    list_per_page = 50
    ordering = "folded"
    copy_view_enabled = False
    index_view_class = GoalIndexView
    delete_view_class = GoalDeleteView
    usage_view_class = UsageWithDrafts
    export_filename = "goals"
    search_fields = ["name", "description"]
    search_backend_name = None
    list_filter = ["archived"]
    list_display = [
        "name",
        DotColumn("colour", label=_("Colour"), accessor=ColourName),
        NumberColumn("recent_count", label=_("Reached in 30 days"), sort_key="recent_count"),
        ReachedColumn("reach_count", label=_("Reached in all"), sort_key="reach_count"),
        NumberColumn("lead_count", label=_("People"), sort_key="lead_count"),
        Column("value_sum", label=_("Value"), accessor=lambda row: amount(row.value_sum, row.currency)),
        StatusFlagColumn("archived", label=_("State"), true_label=_("archived"), sort_key="archived"),
    ]
    panels = [
        FieldPanel("name"),
        FieldPanel("rule", heading=_("Who reaches it")),
        FieldPanel("events", heading=_("Or what happens")),
        MultiFieldPanel(
            [FieldPanel("counting"), FieldRowPanel([FieldPanel("value"), FieldPanel("currency")])],
            heading=_("How it counts"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("colour"),
                FieldPanel("description"),
                FieldPanel("archived", heading=_("archived goal")),
            ],
            heading=_("About"),
        ),
    ]

    def get_urlpatterns(self):
        return [
            *super().get_urlpatterns(),
            path("reached/<int:pk>/", GoalReachedView.as_view(), name="reached"),
        ]


class GoalChooserViewSet(ChooserViewSet):
    model = Goal
    icon = "success"
    choose_one_text = _("Choose a goal")
    choose_another_text = _("Choose another goal")
    edit_item_text = _("Edit this goal")

    def get_object_list(self):
        return Goal.objects.filter(archived=False)


goal_chooser = GoalChooserViewSet("wagtail_automation_goal_chooser")
