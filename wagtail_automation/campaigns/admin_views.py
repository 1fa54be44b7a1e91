"""Pages around a campaign: the people in it, the way of one of them, pausing and stopping."""

from dataclasses import dataclass

import django_filters
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, F, OuterRef
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import ButtonsColumnMixin, Column, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView, WagtailAdminTemplateMixin

from wagtail_automation.admin.tables import MomentColumn
from wagtail_automation.leads.permissions import about_visible

from . import actions, stats, trace
from .acts import act_buttons, act_menu
from .models import Campaign, Enrollment, Step, StepLog
from .plan import kind_of

LOOK = ("add", "change", "view")


class CampaignPageMixin(WagtailAdminTemplateMixin):
    """A page about one campaign, for those who hold one of ``permissions`` on campaigns."""

    permissions = LOOK
    header_icon = "wa-campaign"

    def dispatch(self, request, *args, **kwargs):
        policy = Campaign.snippet_viewset.permission_policy
        if not policy.user_has_any_permission(request.user, self.permissions):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def campaign(self):
        return get_object_or_404(Campaign.objects.defer("tree"), pk=self.kwargs["pk"])

    @property
    def may_change(self) -> bool:
        return Campaign.snippet_viewset.permission_policy.user_has_permission(self.request.user, "change")

    def campaign_url(self) -> str:
        name = "edit" if self.may_change else "inspect"
        return reverse(Campaign.snippet_viewset.get_url_name(name), args=[self.campaign.pk])

    def get_page_subtitle(self):
        return str(self.campaign)

    def get_breadcrumbs_items(self):
        viewset = Campaign.snippet_viewset
        return [
            *self.breadcrumbs_items,
            {"url": reverse(viewset.get_url_name("list")), "label": viewset.menu_label},
            {"url": self.campaign_url(), "label": str(self.campaign)},
            {"url": "", "label": self.get_page_title(), "sublabel": self.get_page_subtitle()},
        ]


@dataclass(frozen=True)
class KnownStep:
    """A step that people may be at."""

    pk: int
    uuid: str
    title: str


def steps_of(campaign) -> list[KnownStep]:
    """The steps of all versions in reading order, named as in the latest version that has them; one query."""
    rows = (
        Step.objects.filter(version__campaign=campaign)
        .select_related("identity")
        .order_by("version__number", "position")
    )
    latest = {row.identity_id: row for row in rows}
    return [KnownStep(pk, str(row.identity.uuid), _title(row)) for pk, row in latest.items()]


def _title(row) -> str:
    _kind, cls = kind_of(row.type)
    return row.name or (str(cls().label) if cls else row.type)


WHERE = (
    ("inside", gettext_lazy("Inside")),
    ("held", gettext_lazy("Held")),
    ("left", gettext_lazy("Left")),
)


class PeopleFilterSet(WagtailFilterSet):
    """Which of the people."""

    where = django_filters.ChoiceFilter(
        label=gettext_lazy("Where"), choices=WHERE, method="filter_where", empty_label=gettext_lazy("All")
    )
    step = django_filters.ChoiceFilter(
        label=gettext_lazy("Step"), field_name="step__uuid", empty_label=gettext_lazy("All")
    )
    passed = django_filters.ChoiceFilter(
        label=gettext_lazy("Came past"), method="filter_passed", empty_label=gettext_lazy("All")
    )

    class Meta:
        model = Enrollment
        fields = []

    def __init__(self, *args, steps=(), **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("step", "passed"):
            self.filters[name].extra["choices"] = [(str(step.uuid), step.title) for step in steps]

    def filter_passed(self, queryset, name, value):
        """Those in whose log the step is done, skipped or decided."""
        visits = StepLog.objects.filter(enrollment=OuterRef("pk"), outcome__in=stats.PASSED)
        return queryset.filter(Exists(visits.filter(step__uuid=value)))

    def filter_where(self, queryset, name, value):
        return {
            "inside": queryset.filter(step__isnull=False),
            "held": queryset.filter(step__isnull=False, due_at__isnull=True),
            "left": queryset.filter(step__isnull=True),
        }[value]


class PersonColumn(ButtonsColumnMixin, TitleColumn):
    """A person, and behind three dots what can be done with somebody who is inside."""

    def __init__(self, *args, may_change: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.may_change = may_change

    def get_buttons(self, instance, parent_context):
        if not self.may_change or instance.step_id is None:
            return []
        return [act_menu(instance.campaign_id, enrollment=instance.pk)]


class PeopleView(CampaignPageMixin, BaseListingView):
    """Everybody who is or was in the campaign: where, until when, and the way to the trace."""

    page_title = gettext_lazy("People in this campaign")
    filterset_class = PeopleFilterSet
    #: those inside first, then those who left last
    default_ordering = (F("finished_at").desc(nulls_first=True), "-pk")
    paginate_by = 50
    verbose_name_plural = gettext_lazy("people")

    def get_base_queryset(self):
        people = Enrollment.objects.filter(campaign=self.campaign).select_related("lead")
        return about_visible(people, self.request.user)

    @cached_property
    def steps(self):
        return steps_of(self.campaign)

    def get_filterset_kwargs(self):
        return super().get_filterset_kwargs() | {"steps": self.steps}

    def get_index_url(self):
        return reverse("wagtail_automation_campaigns_people", args=[self.campaign.pk])

    def get_index_results_url(self):
        return reverse("wagtail_automation_campaigns_people_results", args=[self.campaign.pk])

    @cached_property
    def header_buttons(self):
        """For everybody at the step that is looked at."""
        wanted = self.request.GET.get("step")
        if not self.may_change or not any(step.uuid == wanted for step in self.steps):
            return []
        return [act_menu(self.campaign.pk, _("Everybody at this step"), step=wanted)]

    @cached_property
    def columns(self):
        titles = {step.pk: step.title for step in self.steps}
        finder = AdminURLFinder(self.request.user)
        return [
            PersonColumn(
                "lead",
                label=_("Lead"),
                may_change=self.may_change,
                accessor=lambda enrollment: str(enrollment.lead),
                get_url=lambda enrollment: finder.get_edit_url(enrollment.lead),
            ),
            Column("step", label=_("Step"), accessor=lambda enrollment: self._where(enrollment, titles)),
            MomentColumn("due_at", label=_("Due"), sort_key="due_at"),
            MomentColumn("entered_at", label=_("Entered"), sort_key="entered_at"),
            TitleColumn(
                "trace",
                label=_("Way"),
                accessor=lambda enrollment: _("Step by step"),
                get_url=lambda enrollment: reverse(
                    "wagtail_automation_campaigns_trace", args=[self.campaign.pk, enrollment.pk]
                ),
            ),
        ]

    @staticmethod
    def _where(enrollment, titles):
        if enrollment.step_id is None:
            return _("Left")
        title = titles.get(enrollment.step_id, _("A step that was removed"))
        if enrollment.due_at is None:
            return _("%(step)s (held)") % {"step": title}
        return title


class TraceView(CampaignPageMixin, TemplateView):
    """The way of one lead through one campaign."""

    page_title = gettext_lazy("Step by step")
    template_name = "wagtail_automation/campaigns/trace_page.html"

    @cached_property
    def enrollment(self):
        return get_object_or_404(
            about_visible(
                Enrollment.objects.select_related("campaign", "lead").defer("campaign__tree"),
                self.request.user,
            ),
            pk=self.kwargs["enrollment"],
            campaign=self.campaign,
        )

    def get_context_data(self, **kwargs):
        enrollment = self.enrollment
        inside = self.may_change and enrollment.step_id is not None
        return super().get_context_data(
            **kwargs,
            traces=[trace.for_enrollment(enrollment)],
            lead=enrollment.lead,
            lead_url=AdminURLFinder(self.request.user).get_edit_url(enrollment.lead),
            acts=act_buttons(self.campaign.pk, enrollment=enrollment.pk) if inside else [],
        )


CHANGES = {
    "pause": (
        actions.pause,
        gettext_lazy("Pause this campaign"),
        gettext_lazy(
            "Nobody moves while it is paused. People may still enter; they wait at the first step. "
            "Emails that were already handed over cannot be called back."
        ),
        gettext_lazy("Yes, pause it"),
        gettext_lazy("The campaign “%(campaign)s” is paused."),
    ),
    "stop": (
        actions.stop,
        gettext_lazy("Stop this campaign"),
        gettext_lazy("Everybody who is inside leaves, and nobody enters any more until it is resumed."),
        gettext_lazy("Yes, stop it"),
        gettext_lazy("The campaign “%(campaign)s” is stopped."),
    ),
}


class ChangeStateView(CampaignPageMixin, TemplateView):
    """Asks before it pauses or stops a campaign."""

    permissions = ("change",)
    template_name = "wagtail_automation/campaigns/confirm_state.html"

    @cached_property
    def change(self):
        try:
            return CHANGES[self.kwargs["change"]]
        except KeyError as error:
            raise Http404 from error

    def get_page_title(self):
        return self.change[1]

    def get_context_data(self, **kwargs):
        _act, _title, explanation, yes, _done = self.change
        return super().get_context_data(
            **kwargs,
            campaign=self.campaign,
            people=Enrollment.objects.inside().filter(campaign=self.campaign).count(),
            explanation=explanation,
            yes=yes,
            back=self.campaign_url(),
        )

    def post(self, request, *args, **kwargs):
        act, *_words, done = self.change
        act(campaign=self.campaign, user=request.user)
        messages.success(request, done % {"campaign": self.campaign})
        return redirect(self.campaign_url())
