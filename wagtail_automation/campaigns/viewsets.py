"""Campaigns in the admin: the list, the editor, the tree for those who may only look."""

from django.contrib.admin.utils import quote
from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList, TabbedInterface
from wagtail.admin.ui.components import Component
from wagtail.admin.ui.tables import Column, NumberColumn, StatusTagColumn
from wagtail.admin.widgets.button import Button, HeaderButton
from wagtail.models import Revision, WorkflowState
from wagtail.snippets.views.snippets import (
    CopyView,
    CreateView,
    EditView,
    IndexView,
    InspectView,
    SnippetViewSet,
    WorkflowActionView,
)

from wagtail_automation import clock
from wagtail_automation.admin.choosers import SnippetChooserViewSet
from wagtail_automation.admin.settled import SettledList
from wagtail_automation.admin.tables import ChangedColumn
from wagtail_automation.audiences.categories.viewsets import ColourName, DotColumn, category_column
from wagtail_automation.leads.field_types import MomentInput

from . import progress, publication
from .cautions import ApprovalCautionsMixin, CautionsMixin
from .forms import CampaignForm
from .limits.models import LIMIT_FIELDS, limit_panels
from .models import Campaign, Enrollment, State
from .transfer.missing import find_missing
from .transfer.names import EXPORT_URL, IMPORT_URL
from .tree.fields import raw_steps
from .tree.panels import CampaignTreePanel, SchedulePanel
from .tree.widgets import CampaignTreeWidget

#: what can be done to a published campaign in each state
STATE_CHANGES = {
    State.RUNNING: ("pause", "stop"),
    State.PAUSED: ("resume", "stop"),
    State.STOPPED: ("resume",),
}
PEOPLE_URL, STATE_URL = "wagtail_automation_campaigns_people", "wagtail_automation_campaigns_state"
SCENARIOS_URL = "wagtail_automation_campaigns_scenarios"


def count_people(queryset):
    """Adds ``people_inside`` and ``people_passed``; counted only for the rows that are shown."""
    people = Enrollment.objects.filter(campaign=OuterRef("pk")).order_by().values("campaign")
    inside, passed = Q(step__isnull=False), Q(finished_at__isnull=False)
    return queryset.annotate(
        people_inside=Coalesce(Subquery(people.annotate(n=Count("pk", filter=inside)).values("n")), 0),
        people_passed=Coalesce(Subquery(people.annotate(n=Count("pk", filter=passed)).values("n")), 0),
    )


def note_plans(queryset):
    """Adds ``is_scheduled`` and ``is_moderated``; Wagtail's own properties cost two queries a row."""
    this = {
        "base_content_type": ContentType.objects.get_for_model(Campaign, for_concrete_model=False),
        "object_id": Cast(OuterRef("pk"), CharField()),
    }
    waiting = WorkflowState.objects.filter(**this).active()
    return queryset.annotate(
        is_scheduled=Exists(Revision.objects.filter(**this, approved_go_live_at__isnull=False)),
        is_moderated=Exists(waiting),
    )


def status_words(campaign) -> str:
    """What the campaign does now, for the list; ``note_plans`` must have been there."""
    if campaign.live:
        state = campaign.get_state_display()
        if campaign.has_unpublished_changes:
            return _("%(state)s, with unpublished changes") % {"state": state}
        return state
    if campaign.is_scheduled:
        return _("Scheduled")
    return _("In moderation") if campaign.is_moderated else _("Draft")


def dates_words(campaign) -> str:
    """“Begins on 3 March · ended on 5 March”; empty without dates."""
    now, said = clock.now(), []
    for moment, coming, past in (
        (campaign.starts_at, _("begins on %(time)s"), _("began on %(time)s")),
        (campaign.ends_at, _("ends on %(time)s"), _("ended on %(time)s")),
    ):
        if moment:
            words = coming if moment > now else past
            said.append(words % {"time": date_format(localtime(moment), "SHORT_DATETIME_FORMAT")})
    return capfirst(" · ".join(said))


def progress_words(campaign) -> str:
    """“62 %”; empty where there is nothing to do for anybody."""
    percent = getattr(campaign, "progress", None)
    return "" if percent is None else _("%(percent)d %%") % {"percent": percent}


def state_buttons(campaign, *, may_change) -> list[Button]:
    """What can be done to a campaign beside editing it."""
    buttons = [
        Button(
            _("People in this campaign"),
            url=reverse(PEOPLE_URL, args=[quote(campaign.pk)]),
            icon_name="group",
            priority=5,
        ),
        Button(
            _("Export as a file"),
            url=reverse(EXPORT_URL, args=[quote(campaign.pk)]),
            icon_name="download",
            priority=9,
        ),
    ]
    if may_change and campaign.live and campaign.current_version_id:
        words = {
            "pause": (_("Pause…"), "wa-pause"),
            "resume": (_("Resume…"), "wa-play"),
            "stop": (_("Stop…"), "wa-stop"),
        }
        for priority, change in enumerate(STATE_CHANGES[campaign.state], start=6):
            label, icon = words[change]
            url = reverse(STATE_URL, args=[quote(campaign.pk), change])
            buttons.append(Button(label, url=url, icon_name=icon, priority=priority))
    return buttons


class PeopleColumn(NumberColumn):
    """A number of people that leads to them."""

    cell_template_name = "wagtailadmin/tables/title_cell.html"

    def get_cell_context_data(self, instance, parent_context):
        context = super().get_cell_context_data(instance, parent_context)
        context["link_url"] = reverse(PEOPLE_URL, args=[quote(instance.pk)])
        return context


class CampaignIndexView(IndexView):
    """Each campaign with its state and its people."""

    @cached_property
    def header_more_buttons(self):
        buttons = super().header_more_buttons
        if self.user_has_permission("add"):
            buttons = [
                *buttons,
                Button(_("Import from a file"), url=reverse(IMPORT_URL), icon_name="upload", priority=90),
            ]
        return buttons

    def get_base_queryset(self):
        rows = super().get_base_queryset().select_related("category").defer("tree")
        return note_plans(count_people(rows))

    def get_table(self, object_list):
        rows = list(object_list)
        percent = progress.of(rows)
        for campaign in rows:
            campaign.progress = percent[campaign.pk]
        return super().get_table(rows)

    @cached_property
    def header_buttons(self):
        buttons = super().header_buttons
        if self.add_url:
            label, url = _("New from a scenario"), reverse(SCENARIOS_URL)
            buttons.append(HeaderButton(label, url=url, icon_name="clipboard-list"))
        return buttons

    def get_list_more_buttons(self, instance):
        buttons = super().get_list_more_buttons(instance)
        return buttons + state_buttons(instance, may_change=self.user_has_permission("change"))


class CampaignCreateView(CautionsMixin, CreateView):
    """A campaign has a name from the start, so that it can be saved whatever is drawn first."""

    def get_initial_form_instance(self):
        return Campaign(name=_("New campaign"))


class CampaignEditView(CautionsMixin, EditView):
    """Wagtail's own, with what can be done to a running campaign and what publishing would do to it."""

    _looked_at = None

    def get_object(self, queryset=None):
        """While the page is only looked at, the campaign is read once and not twice, and its workflow is
        asked for once and not by each of nine parts."""
        if self.request.method != "GET":
            return super().get_object(queryset)
        if self._looked_at is None:
            campaign = self._looked_at = super().get_object(queryset)
            states = campaign.workflow_states.active().select_related("current_task_state__task")
            campaign._current_workflow_states = list(states)
        return self._looked_at

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        draft = context["form"].instance
        return context | {
            "publication": publication.foresee(self.object, lambda: raw_steps(draft.tree), draft.at_removed),
            "missing": find_missing(draft),
        }

    @cached_property
    def header_more_buttons(self):
        return super().header_more_buttons + state_buttons(
            self.object, may_change=self.user_has_permission("change")
        )


class CampaignWorkflowActionView(ApprovalCautionsMixin, WorkflowActionView):
    """Approving a campaign, also from the dashboard."""


class CampaignCopyView(CopyView):
    """A copy is another campaign: its own identity, not started, nobody inside."""

    def get_initial_form_instance(self):
        original = self.get_object()
        copied = ("name", "description", "tree", "reentry", "reentry_days", "category", "colour", "at_end")
        copied += ("at_removed", "missing")
        copied += ("goal", "exit_rule", "holdout", "limits", *LIMIT_FIELDS)
        return Campaign(**{name: getattr(original, name) for name in copied})


class DrawnTree(Component):
    """The tree as saved, to look at."""

    template_name = "wagtail_automation/campaigns/tree_shown.html"

    def __init__(self, widget, tree):
        self.widget, self.tree = widget, tree

    @property
    def media(self):
        return self.widget.media

    def get_context_data(self, parent_context=None):
        return {"tree": self.widget.render_with_errors("tree", self.tree)}


def _moment(moment, without: str) -> str:
    return date_format(localtime(moment), "DATETIME_FORMAT") if moment else without


class CampaignInspectView(InspectView):
    """The campaign for those who may look but not edit."""

    @cached_property
    def header_more_buttons(self):
        return super().header_more_buttons + state_buttons(
            self.object, may_change=self.user_has_permission("change")
        )

    def get_starts_at_display_value(self):
        return _moment(self.object.starts_at, _("At once"))

    def get_ends_at_display_value(self):
        return _moment(self.object.ends_at, _("Never"))

    def get_tree_display_value(self):
        return self._tree

    @cached_property
    def _tree(self):
        latest = self.object.get_latest_revision_as_object()
        widget = CampaignTreeWidget(Campaign._meta.get_field("tree").stream_block)
        widget.read_only, widget.campaign = True, self.object
        return DrawnTree(widget, latest.tree)

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {"media": self._tree.media}


class CampaignChooserViewSet(SnippetChooserViewSet):
    page_title = gettext_lazy("Choose a campaign")
    choose_another_text = gettext_lazy("Choose another campaign")
    edit_item_text = gettext_lazy("Edit this campaign")


class CampaignViewSet(SnippetViewSet):
    """Campaigns are snippets: drafts, workflow, locking, scheduling and comparison are Wagtail's."""

    model = Campaign
    icon = "wa-campaign"
    menu_label = gettext_lazy("Campaigns")
    add_to_admin_menu = False
    index_view_class = CampaignIndexView
    add_view_class = CampaignCreateView
    edit_view_class = CampaignEditView
    chooser_viewset_class = CampaignChooserViewSet
    edit_template_name = "wagtail_automation/campaigns/edit.html"
    copy_view_class = CampaignCopyView
    workflow_action_view_class = CampaignWorkflowActionView
    inspect_view_class = CampaignInspectView
    inspect_view_enabled = True
    inspect_template_name = "wagtail_automation/campaigns/tree_inspect.html"
    inspect_view_fields = [
        "tree",
        "description",
        "category",
        "colour",
        "starts_at",
        "ends_at",
        "reentry",
        "at_removed",
    ]
    list_filter = ["state", "category", "colour"]
    list_per_page = 50

    @property
    def list_display(self):
        return [
            "name",
            StatusTagColumn(
                "state",
                label=gettext_lazy("State"),
                accessor=status_words,
                sort_key="state",
                primary=lambda campaign: campaign.is_running,
            ),
            DotColumn("colour", label=gettext_lazy("Colour"), accessor=ColourName),
            category_column(),
            Column("dates", label=gettext_lazy("Start and end"), accessor=dates_words, sort_key="starts_at"),
            PeopleColumn("people_inside", label=gettext_lazy("People in"), sort_key="people_inside"),
            NumberColumn("people_passed", label=gettext_lazy("Went through"), sort_key="people_passed"),
            Column("progress", label=gettext_lazy("Progress"), accessor=progress_words),
            ChangedColumn(label=gettext_lazy("Updated")),
        ]

    edit_handler = TabbedInterface(
        [
            ObjectList(
                [FieldPanel("name", disable_comments=True), CampaignTreePanel("tree")],
                heading=gettext_lazy("Flow"),
            ),
            SettledList(
                [
                    FieldPanel("description"),
                    FieldRowPanel([FieldPanel("category"), FieldPanel("colour")]),
                    MultiFieldPanel(
                        [
                            FieldRowPanel(
                                [
                                    FieldPanel("starts_at", widget=MomentInput),
                                    FieldPanel("ends_at", widget=MomentInput),
                                ]
                            ),
                            FieldPanel("at_end"),
                        ],
                        heading=gettext_lazy("Start and end"),
                    ),
                    MultiFieldPanel(
                        [FieldPanel("goal"), FieldPanel("exit_rule"), FieldPanel("holdout")],
                        heading=gettext_lazy("Goal, leaving early and holdout"),
                    ),
                    MultiFieldPanel(
                        [FieldPanel("limits")],
                        heading=gettext_lazy("Limits for messages"),
                    ),
                    *limit_panels(),
                    MultiFieldPanel(
                        [FieldRowPanel([FieldPanel("reentry"), FieldPanel("reentry_days")])],
                        heading=gettext_lazy("Entering again"),
                    ),
                    SchedulePanel(),
                    MultiFieldPanel(
                        [FieldPanel("at_removed")],
                        heading=gettext_lazy("When it is published while people are inside"),
                    ),
                ],
                heading=gettext_lazy("Settings"),
            ),
        ],
        base_form_class=CampaignForm,
    )
