"""The pages of monitoring: overview, log, people held and the way to try again."""

from functools import partial

from django.core.exceptions import PermissionDenied
from django.db.models import Max
from django.forms import Media
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.staticfiles import versioned_static
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView

from wagtail_automation.admin.tables import MomentColumn
from wagtail_automation.campaigns import reasons, trace
from wagtail_automation.campaigns.acts import act_menu
from wagtail_automation.campaigns.admin_views import LOOK, CampaignPageMixin
from wagtail_automation.campaigns.models import Campaign, Enrollment, Outcome, StepLog
from wagtail_automation.leads.permissions import about_visible

from . import log, overview, trouble
from .filters import HeldFilterSet, LogFilterSet

TEMPLATES = "wagtail_automation/campaigns/monitoring"
MONITORING_URL, RETRY_URL = (
    "wagtail_automation_campaigns_monitoring",
    "wagtail_automation_campaigns_try_again",
)


class WatchMixin:
    """For everybody who may look at campaigns."""

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        context["media"] += Media(
            css={"all": [versioned_static("wagtail_automation/campaigns/monitoring.css")]}
        )
        return context

    def dispatch(self, request, *args, **kwargs):
        policy = Campaign.snippet_viewset.permission_policy
        if not policy.user_has_any_permission(request.user, LOOK):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @property
    def may_change(self) -> bool:
        return Campaign.snippet_viewset.permission_policy.user_has_permission(self.request.user, "change")


class NumberColumn(Column):
    """An ``overview.Number`` that leads to its list."""

    cell_template_name = f"{TEMPLATES}/number_cell.html"


class CampaignColumn(Column):
    """Name, state and progress."""

    cell_template_name = f"{TEMPLATES}/campaign_cell.html"


class MonitoringView(WatchMixin, BaseListingView):
    """The campaigns that run or are paused, with numbers that each lead to their list."""

    page_title = gettext_lazy("Monitoring")
    header_icon = "view"
    template_name = f"{TEMPLATES}/overview.html"
    results_template_name = f"{TEMPLATES}/overview_results.html"
    index_url_name = MONITORING_URL
    index_results_url_name = f"{MONITORING_URL}_results"
    paginate_by = 25
    default_ordering = "name"
    verbose_name_plural = gettext_lazy("campaigns")

    def get_base_queryset(self):
        return Campaign.objects.open().defer("tree", "description")

    columns = [
        CampaignColumn("campaign", label=gettext_lazy("Campaign")),
        NumberColumn("inside", label=gettext_lazy("People in")),
        NumberColumn("entered", label=gettext_lazy("Entered today")),
        NumberColumn("reached", label=gettext_lazy("Reached today")),
        NumberColumn("sent", label=gettext_lazy("Sent today")),
        NumberColumn("planned", label=gettext_lazy("Still planned today")),
        NumberColumn("held", label=gettext_lazy("People held")),
        NumberColumn("failed", label=gettext_lazy("Messages failed")),
        NumberColumn("doubtful", label=gettext_lazy("Doubtful")),
    ]

    def get_table(self, object_list):
        return super().get_table(overview.lines(list(object_list), self.request.user))

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs, engine=overview.engine_state(self.request.user))


class EntryColumn(Column):
    """A cell of the log; ``part`` names its template."""

    def __init__(self, part: str, **kwargs):
        super().__init__(part, **kwargs)
        self.cell_template_name = f"{TEMPLATES}/log_{part}_cell.html"

    def get_cell_context_data(self, instance, parent_context):
        return super().get_cell_context_data(instance, parent_context) | {"entry": instance}


class LogView(WatchMixin, BaseListingView):
    """What happened, newest first. There are no page numbers: nobody counts ten million lines."""

    page_title = gettext_lazy("Log")
    header_icon = "list-ul"
    results_template_name = f"{TEMPLATES}/log_results.html"
    filterset_class = LogFilterSet
    index_url_name = overview.LOG_URL
    index_results_url_name = f"{overview.LOG_URL}_results"
    # Wagtail drops "p" when a filter changes; here it holds the place to go on from, not a number
    page_kwarg = "p"
    verbose_name_plural = gettext_lazy("entries")

    columns = [
        EntryColumn("when", label=gettext_lazy("When"), width="12%"),
        EntryColumn("what", label=gettext_lazy("What"), width="33%"),
        EntryColumn("lead", label=gettext_lazy("Lead"), width="17%"),
        EntryColumn("campaign", label=gettext_lazy("Campaign"), width="15%"),
        EntryColumn("result", label=gettext_lazy("Result"), width="23%"),
    ]

    def get_queryset(self):
        if not self.filters.is_valid():  # the form says what is wrong; more than was asked for is not shown
            return []
        asked, kind = self.filters.narrowed()
        page = log.page_of(asked, kind=kind, cursor=self.request.GET.get(self.page_kwarg, ""))
        self.older = page.older
        finder = AdminURLFinder(self.request.user)
        for entry in page.entries:
            entry.lead_url = finder.get_edit_url(entry.lead) if entry.lead else None
        return page.entries

    older = ""

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        query = self.request.GET.copy()
        for name in (self.page_kwarg, "_w_filter_fragment"):
            query.pop(name, None)
        base = reverse(self.index_url_name)
        newest = f"{base}?{query.urlencode()}" if query else base
        if self.older:
            query[self.page_kwarg] = self.older
            context["older_url"] = f"{base}?{query.urlencode()}"
        if self.request.GET.get(self.page_kwarg):
            context["newest_url"] = newest
        context["filter_errors"] = [] if self.filters.is_valid() else self.filters.form.errors.values()
        return context


class ActsColumn(Column):
    """Try again, and what else can be done by hand to one person."""

    cell_template_name = f"{TEMPLATES}/acts_cell.html"

    def get_cell_context_data(self, instance, parent_context):
        context = super().get_cell_context_data(instance, parent_context)
        again = f"{reverse(RETRY_URL, args=[instance.campaign_id])}?person={instance.pk}"
        menu = act_menu(instance.campaign_id, enrollment=instance.pk)
        return context | {"again_url": again, "menu": menu}


class HeldView(WatchMixin, BaseListingView):
    """People whose step failed, with the reason: those held last first."""

    page_title = gettext_lazy("People held")
    header_icon = "warning"
    template_name = f"{TEMPLATES}/held.html"
    filterset_class = HeldFilterSet
    index_url_name = overview.HELD_URL
    index_results_url_name = f"{overview.HELD_URL}_results"
    default_ordering = "-pk"
    paginate_by = 50
    verbose_name_plural = gettext_lazy("people")

    def get_base_queryset(self):
        held = Enrollment.objects.held().select_related("lead", "campaign").defer("campaign__tree")
        return about_visible(held, self.request.user)

    @cached_property
    def _finder(self):
        return AdminURLFinder(self.request.user)

    def get_table(self, object_list):
        rows = list(object_list)
        words = trace.steps_in_words({row.step_id for row in rows})
        failures = StepLog.objects.filter(enrollment_id__anyof=[row.pk for row in rows], outcome=Outcome.HELD)
        since = dict(failures.order_by().values_list("enrollment_id").annotate(last=Max("at")))
        for row in rows:
            row.held_since = since.get(row.pk)
            row.step_words = words.get(row.step_id, (_("A step that no longer exists"), ""))[0]
        return super().get_table(rows)

    @cached_property
    def columns(self):
        found = [
            TitleColumn("lead", label=_("Lead"), get_url=lambda row: self._finder.get_edit_url(row.lead)),
            TitleColumn(
                "campaign",
                label=_("Campaign"),
                get_url=lambda row: overview.link(overview.PEOPLE_URL, row.campaign_id, where="held"),
            ),
            Column("step", label=_("Step"), accessor="step_words"),
            Column("why", label=_("Why"), accessor=lambda row: reasons.words(row.held_reason)),
            MomentColumn("since", label=_("Since"), accessor="held_since"),
            TitleColumn(
                "trace",
                label=_("Way"),
                accessor=lambda row: _("Step by step"),
                get_url=lambda row: reverse(
                    "wagtail_automation_campaigns_trace", args=[row.campaign_id, row.pk]
                ),
            ),
        ]
        if self.may_change:
            found.append(ActsColumn("acts", label=_("What to do")))
        return found

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        campaign = self.filters.form.cleaned_data.get("campaign") if self.filters.is_valid() else None
        if campaign is not None:
            context["people_url"] = overview.link(overview.PEOPLE_URL, campaign.pk, where="held")
            if self.may_change and context["object_list"]:
                context["all_url"] = reverse(RETRY_URL, args=[campaign.pk])
        return context


class TryAgainView(CampaignPageMixin, TemplateView):
    """Asks before one person, or everybody held in a campaign, comes to their step again."""

    permissions = ("change",)
    page_title = gettext_lazy("Try again")
    template_name = f"{TEMPLATES}/try_again.html"

    @cached_property
    def person(self) -> Enrollment | None:
        number = self.request.GET.get("person")
        if number is None:
            return None
        if not number.isdecimal() or len(number) > 18:
            raise Http404
        inside = about_visible(Enrollment.objects.select_related("lead"), self.request.user)
        return get_object_or_404(inside, pk=number, campaign=self.campaign)

    def back(self) -> str:
        return overview.link(overview.HELD_URL, campaign=self.campaign.pk)

    def get_context_data(self, **kwargs):
        held = Enrollment.objects.held().filter(campaign=self.campaign)
        if self.person is not None:
            held = held.filter(pk=self.person.pk)
        return super().get_context_data(
            **kwargs,
            people=about_visible(held, self.request.user).count(),
            person=self.person,
            why=reasons.words(self.person.held_reason) if self.person and self.person.held_reason else "",
            back=self.back(),
        )

    def post(self, request, *args, **kwargs):
        act = partial(trouble.try_again, campaign=self.campaign, user=request.user)
        visible = Enrollment.objects.held().filter(campaign=self.campaign)
        people = [self.person.pk] if self.person else None
        if people is None and about_visible(visible, request.user) is not visible:
            people = list(about_visible(visible, request.user).values_list("pk", flat=True))
        released = act(enrollments=people)
        if released:
            words = ngettext("%(count)d person tries again now.", "%(count)d people try again now.", released)
            messages.success(request, words % {"count": released})
        else:
            messages.warning(request, _("Nobody is held here any more."))
        return redirect(self.back())
