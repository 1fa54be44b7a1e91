"""Experiments in the admin: the list, the few things editors set, the result with its decision."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column, NumberColumn, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.widgets.button import Button

from wagtail_automation import clock
from wagtail_automation.admin.tables import MomentColumn
from wagtail_automation.audiences.guards import UsageWithDrafts

from . import actions
from .models import Experiment, ExperimentVariant
from .results import Verdict, results

APP = "wagtail_automation_audiences"

#: What the places count, in words; a place with a name of its own adds it.
METRICS = {
    "goal": _("reached the goal"),
    "click": _("clicked"),
    "open": _("opened"),
    "form": _("sent the form"),
}


def state(experiment: Experiment) -> str:
    """In words, for lists."""
    if experiment.is_decided:
        return gettext("decided: %(name)s") % {"name": experiment.winner or "?"}
    return gettext("running")


#: in words, how experiments begin; apps that own such places add theirs
BEGINNINGS: list = []


class ExperimentIndexView(generic.IndexView):
    results_template_name = "wagtail_automation/audiences/experiment_index_results.html"

    def get_base_queryset(self):
        return Experiment.objects.with_people().select_related("winner", "goal")

    def get_add_url(self):
        """Experiments begin where their variants are written."""
        return None

    def get_context_data(self, *args, **kwargs):
        return super().get_context_data(*args, **kwargs) | {"places": BEGINNINGS}


class ExperimentEditView(generic.EditView):
    @cached_property
    def header_more_buttons(self):
        url = reverse("wagtail_automation_experiment:results", args=[self.object.pk])
        return [*super().header_more_buttons, Button(_("Results"), url=url, icon_name="history", priority=5)]


class ResultsView(WagtailAdminTemplateMixin, TemplateView):
    """The figures of one experiment; POST ``winner=<key>`` decides, ``restart=1`` begins anew."""

    template_name = "wagtail_automation/audiences/experiment.html"
    header_icon = "wa-experiment"

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.experiment = get_object_or_404(
            Experiment.objects.select_related("winner", "goal"), pk=kwargs["pk"]
        )

    def dispatch(self, request, *args, **kwargs):
        needed = "change" if request.method == "POST" else "view"
        if not request.user.has_perm(f"{APP}.{needed}_experiment"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_page_title(self):
        return self.experiment.name

    def get_breadcrumbs_items(self):
        return [
            *self.breadcrumbs_items,
            {"url": reverse("wagtail_automation_experiment:index"), "label": gettext("Experiments")},
            {"url": "", "label": self.experiment.name},
        ]

    def post(self, request, *args, **kwargs):
        now = clock.now()
        if request.POST.get("restart") == "1":
            actions.start_again(experiment=self.experiment, now=now, user=request.user)
            messages.success(request, gettext("The experiment began anew."))
        else:
            self._decide(request, now)
        return HttpResponseRedirect(request.path)

    def _decide(self, request, now):
        try:
            is_new = actions.decide(
                experiment=self.experiment, key=request.POST.get("winner", ""), now=now, user=request.user
            )
        except ExperimentVariant.DoesNotExist:
            messages.error(request, gettext("Choose one of the variants."))
            return
        if is_new:
            messages.success(request, gettext("From now on everybody gets this variant."))
        else:
            messages.warning(request, gettext("This experiment was decided already."))

    def get_context_data(self, **kwargs):
        found = results(self.experiment)
        rows = []
        for one in found.tallies:
            low, high = one.interval
            rows.append(
                {
                    "key": one.key,
                    "label": one.name,
                    "people": one.people,
                    "successes": one.successes,
                    "share": _percent(one.share),
                    "range": f"{_percent(low)} – {_percent(high)}" if one.people else "–",
                    "is_leader": found.leader is not None and one.key == found.leader.key,
                    "low": round(low * 100, 1),
                    "span": round((high - low) * 100, 1),
                    "is_winner": self.experiment.winner is not None and self.experiment.winner.key == one.key,
                }
            )
        may_change = self.request.user.has_perm(f"{APP}.change_experiment")
        return super().get_context_data(
            experiment=self.experiment,
            results=found,
            rows=rows,
            gone=found.gone,
            may_decide=may_change and not self.experiment.is_decided,
            may_change=may_change,
            is_proved=found.verdict == Verdict.WINNER,
            counted=self.experiment.goal or METRICS.get(found.metric, found.metric),
            edit_url=reverse("wagtail_automation_experiment:edit", args=[self.experiment.pk]),
            **kwargs,
        )


def _percent(share: float) -> str:
    return f"{number_format(share * 100, 1)}\u00a0%"


class ExperimentViewSet(ModelViewSet):
    model = Experiment
    name = "wagtail_automation_experiment"
    url_prefix = "automation/experiments"
    icon = "wa-experiment"
    menu_label = _("Experiments")
    menu_name = "automation-experiments"
    list_per_page = 50
    copy_view_enabled = False
    inspect_view_enabled = False
    index_view_class = ExperimentIndexView
    edit_view_class = ExperimentEditView
    usage_view_class = UsageWithDrafts
    search_fields = ["name"]
    search_backend_name = None
    list_display = [
        TitleColumn(
            "name",
            label=_("Name"),
            sort_key="name",
            get_url=lambda row: reverse("wagtail_automation_experiment:results", args=[row.pk]),
        ),
        Column("state", label=_("State"), accessor=state),
        NumberColumn("people_count", label=_("People"), sort_key="people_count"),
        Column("goal", label=_("Goal")),
        MomentColumn("started_at", label=_("Started"), sort_key="started_at"),
    ]
    panels = [
        FieldPanel("name"),
        FieldPanel("goal"),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("least"), FieldPanel("share")]),
                FieldPanel("is_automatic"),
                FieldRowPanel([FieldPanel("ends_at"), FieldPanel("at_end")]),
            ],
            heading=_("How it is decided"),
        ),
    ]

    def get_urlpatterns(self):
        known = [one for one in super().get_urlpatterns() if one.name != "add"]
        return [*known, path("results/<int:pk>/", ResultsView.as_view(), name="results")]


experiments = ExperimentViewSet()
