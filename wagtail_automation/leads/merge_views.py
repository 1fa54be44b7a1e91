"""The HTTP edge of merging by hand: the list of suggestions, the screen of two leads, dismissing."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.reports import ReportView

from wagtail_automation import clock
from wagtail_automation.admin import menu
from wagtail_automation.admin.tables import MomentColumn

from . import merge_by_hand
from .bulk import LeadBulkAction
from .models import MergeSuggestion
from .page import avatar
from .permissions import LEAD_POLICY, about_visible, visible_lead

LIST_URL = "wagtail_automation_merges"
MERGE_URL = "wagtail_automation_lead_merge"
DISMISS_URL = "wagtail_automation_lead_merge_dismiss"


class SuggestionsView(ReportView):
    """Pairs of which this person may see both."""

    model = MergeSuggestion
    template_name = "wagtailadmin/reports/base_report.html"
    permission_policy = LEAD_POLICY
    any_permission_required = ["change"]
    page_title = gettext_lazy("Suggested merges")
    header_icon = "resubmit"
    default_ordering = "-found_at"
    index_url_name = LIST_URL
    index_results_url_name = f"{LIST_URL}_results"
    paginate_by = 50
    is_export = False
    list_export = []
    verbose_name_plural = gettext_lazy("suggested merges")

    def get_base_queryset(self):
        pairs = MergeSuggestion.objects.filter(dismissed_at__isnull=True).select_related("first", "second")
        for side in ("first", "second"):
            pairs = about_visible(pairs, self.request.user, side)
        return pairs

    @property
    def columns(self):
        return [
            TitleColumn(
                "pair",
                label=_("Leads"),
                accessor=lambda row: f"{row.first} – {row.second}",
                get_url=lambda row: reverse(MERGE_URL, args=[row.first_id, row.second_id]),
            ),
            Column("emails", label=_("Email address"), accessor=_addresses),
            Column("reason", label=_("Reason"), accessor="get_reason_display", sort_key="reason"),
            MomentColumn("found_at", label=_("Found"), sort_key="found_at"),
        ]


def _addresses(row) -> str:
    return " – ".join(filter(None, (row.first.email, row.second.email)))


def _pair(request, pk, other):
    one, two = (visible_lead(request.user, number, "change") for number in (pk, other))
    return one, two


@require_http_methods(["GET", "POST"])
def merge(request, pk, other):
    """GET: both side by side. POST: ``survivor`` (its number) and, for each field, whose value stays."""
    one, two = _pair(request, pk, other)
    if one.pk == two.pk:
        messages.info(request, _("These leads are one already."))
        return redirect(reverse("wagtail_automation_lead:inspect", args=[one.pk]))
    if request.method == "POST":
        target, source = (two, one) if request.POST.get("survivor") == str(two.pk) else (one, two)
        keys = [row.key for row in merge_by_hand.rows(one, two)]
        take = [key for key in keys if request.POST.get(f"field-{key}") == str(source.pk)]
        try:
            survivor = merge_by_hand.merge_chosen(
                source=source, target=target, take=take, now=clock.now(), user=request.user
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect(request.path)
        messages.success(request, _("%(lead)s is one lead now.") % {"lead": survivor})
        return redirect(reverse("wagtail_automation_lead:inspect", args=[survivor.pk]))
    context = {
        "page_title": _("Merge two leads"),
        "header_icon": "resubmit",
        "breadcrumbs_items": [
            {"url": reverse("wagtailadmin_home"), "label": _("Home")},
            {"url": reverse(LIST_URL), "label": _("Suggested merges")},
            {"url": "", "label": f"{one} – {two}"},
        ],
        "leads": [
            {"lead": lead, "avatar": avatar(lead), "moving": merge_by_hand.moving(lead)}
            for lead in (one, two)
        ],
        "one": one,
        "two": two,
        "rows": merge_by_hand.rows(one, two),
        "stricter": merge_by_hand.stricter(one, two),
    }
    return TemplateResponse(request, "wagtail_automation/leads/merge.html", context)


@require_POST
def dismiss(request, pk, other):
    """Two different people."""
    one, two = _pair(request, pk, other)
    if one.pk != two.pk:
        merge_by_hand.dismiss(one=one, other=two, now=clock.now(), user=request.user)
        messages.success(request, _("They stay two leads and are not suggested again."))
    return redirect(reverse(LIST_URL))


class MergeBulkAction(LeadBulkAction):
    """Leads to the screen that merges exactly two."""

    display_name = gettext_lazy("Merge")
    action_type = "merge"
    aria_label = gettext_lazy("Merge the two selected leads")
    action_priority = 20

    def dispatch(self, request, *args, **kwargs):
        if not self.is_for(request.user):
            raise PermissionDenied
        pks = list(self.leads.values_list("pk", flat=True)[:3])
        if len(pks) != 2:
            messages.error(request, _("Choose exactly two leads to merge."))
            return redirect(self.next_url)
        return redirect(reverse(MERGE_URL, args=pks))


class MergesItem(MenuItem):
    """For those who may change leads."""

    def is_shown(self, request):
        return LEAD_POLICY.user_has_permission(request.user, "change")


menu.register(
    "leads",
    lambda: MergesItem(
        gettext_lazy("Suggested merges"), reverse(LIST_URL), name="automation-merges", icon_name="resubmit"
    ),
    250,
)

urlpatterns = [
    path("automation/merges/", SuggestionsView.as_view(), name=LIST_URL),
    path(
        "automation/merges/results/", SuggestionsView.as_view(results_only=True), name=f"{LIST_URL}_results"
    ),
    path("automation/leads/<int:pk>/merge/<int:other>/", merge, name=MERGE_URL),
    path("automation/leads/<int:pk>/merge/<int:other>/dismiss/", dismiss, name=DISMISS_URL),
]
