"""Score sets (snippets), groups, thresholds and decays in the admin: no logic, only what is shown."""

from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column, LiveStatusTagColumn, NumberColumn, StatusFlagColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.widgets.button import Button
from wagtail.snippets.views import snippets
from wagtail.snippets.views.snippets import SnippetViewSet

from wagtail_automation import clock
from wagtail_automation.admin.choosers import SnippetChooserViewSet
from wagtail_automation.audiences.categories.viewsets import ColourName, DotColumn, category_column
from wagtail_automation.audiences.guards import GuardedDelete, UsageWithDrafts

from . import actions
from .models import ScoreDecay, ScoreGroup, ScoreSet, ScoreThreshold
from .querysets import active_rules
from .views import ForecastView

FORECAST = "wagtailsnippets_wagtail_automation_audiences_scoreset:forecast"


class ScoreSetEditView(snippets.EditView):
    @cached_property
    def header_more_buttons(self):
        url = reverse(FORECAST, args=[self.object.pk])
        button = Button(_("Who would change"), url=url, icon_name="view", priority=25)
        return [*super().header_more_buttons, button]


class ScoreSetChooserViewSet(SnippetChooserViewSet):
    page_title = _("Choose a score set")
    choose_another_text = _("Choose another score set")
    edit_item_text = _("Edit this score set")


class ScoreSetViewSet(SnippetViewSet):
    chooser_viewset_class = ScoreSetChooserViewSet
    model = ScoreSet
    icon = "order"
    menu_label = _("Score sets")
    menu_name = "score-sets"
    copy_view_enabled = False
    inspect_view_enabled = False
    list_per_page = 50
    edit_view_class = ScoreSetEditView
    search_fields = ["name", "description"]
    search_backend_name = None
    list_filter = ["category"]
    list_display = [
        "name",
        category_column(),
        LiveStatusTagColumn(label=_("Status")),
        NumberColumn("rule_count", label=_("Rules in force"), sort_key="rule_count"),
    ]
    panels = [
        FieldPanel("name"),
        FieldPanel("rules"),
        MultiFieldPanel(
            [FieldPanel("description"), FieldPanel("category")], heading=_("About"), classname="collapsed"
        ),
    ]

    def get_queryset(self, request):
        return active_rules(ScoreSet.objects.select_related("category"))

    def get_urlpatterns(self):
        return [
            *super().get_urlpatterns(),
            path("forecast/<int:pk>/", ForecastView.as_view(), name="forecast"),
        ]


class GroupSaveMixin:
    """``in_total`` changes every lead's total, so it goes through its action."""

    def save_instance(self):
        wanted = self.form.cleaned_data["in_total"]
        before = (
            ScoreGroup.objects.filter(pk=self.form.instance.pk).values_list("in_total", flat=True).first()
        )
        if before is not None:
            self.form.instance.in_total = before
        group = super().save_instance()
        actions.set_in_total(group=group, in_total=wanted, now=clock.now())
        return group


class ScoreGroupCreateView(GroupSaveMixin, generic.CreateView):
    pass


class ScoreGroupEditView(GroupSaveMixin, generic.EditView):
    pass


class ScoreGroupDeleteView(GuardedDelete, generic.DeleteView):
    confirmation_message = _(
        "Delete this score group? Its points stay part of the totals they were added to; the history of the "
        "group goes."
    )


class ScoreGroupViewSet(ModelViewSet):
    model = ScoreGroup
    name = "wagtail_automation_score_group"
    url_prefix = "automation/score-groups"
    icon = "order"
    menu_label = _("Score groups")
    menu_name = "automation-score-groups"
    copy_view_enabled = False
    ordering = "folded"
    add_view_class = ScoreGroupCreateView
    edit_view_class = ScoreGroupEditView
    delete_view_class = ScoreGroupDeleteView
    usage_view_class = UsageWithDrafts
    search_fields = ["name"]
    search_backend_name = None
    list_display = [
        "name",
        DotColumn("colour", label=_("Colour"), accessor=ColourName),
        StatusFlagColumn(
            "in_total", label=_("Total"), true_label=_("in the total"), false_label=_("not in the total")
        ),
        Column("description", label=_("Description")),
    ]
    panels = [
        FieldPanel("name"),
        FieldPanel("colour"),
        FieldPanel("in_total"),
        FieldPanel("description"),
    ]


class ThresholdDeleteView(GuardedDelete, generic.DeleteView):
    pass


class ScoreThresholdViewSet(ModelViewSet):
    model = ScoreThreshold
    name = "wagtail_automation_score_threshold"
    url_prefix = "automation/score-thresholds"
    icon = "order-up"
    menu_label = _("Score thresholds")
    menu_name = "automation-score-thresholds"
    copy_view_enabled = False
    ordering = "points"
    delete_view_class = ThresholdDeleteView
    usage_view_class = UsageWithDrafts
    search_fields = ["name"]
    search_backend_name = None
    list_filter = ["group"]
    list_display = [
        "name",
        DotColumn("colour", label=_("Colour"), accessor=ColourName),
        NumberColumn("points", label=_("Points"), sort_key="points"),
        Column("group", label=_("Score"), accessor=lambda row: row.group or _("Total")),
        category_column(),
    ]
    panels = [
        FieldPanel("name"),
        FieldPanel("points"),
        FieldPanel("group"),
        FieldPanel("colour"),
        FieldPanel("category"),
    ]


class ScoreDecayViewSet(ModelViewSet):
    model = ScoreDecay
    name = "wagtail_automation_score_decay"
    url_prefix = "automation/score-decay"
    icon = "order-down"
    menu_label = _("Score decay")
    menu_name = "automation-score-decay"
    copy_view_enabled = False
    add_to_reference_index = False
    ordering = "pk"
    list_display = [
        Column("name", label=_("Score"), accessor=str),
        Column("amount", label=_("Fades by"), accessor=lambda row: row.in_words()),
        NumberColumn("days", label=_("Every so many days")),
        Column("next_day", label=_("Next on"), accessor="next_day"),
        StatusFlagColumn("is_active", label=_("State"), true_label=_("Active"), false_label=_("Paused")),
    ]
    panels = [
        FieldPanel("group"),
        FieldPanel("how"),
        FieldPanel("amount"),
        FieldPanel("days"),
        FieldPanel("is_active"),
    ]


score_sets = ScoreSetViewSet()
score_groups = ScoreGroupViewSet()
score_thresholds = ScoreThresholdViewSet()
score_decays = ScoreDecayViewSet()
