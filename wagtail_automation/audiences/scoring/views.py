"""HTTP edge of scores: points by hand, and who would change if a set were published."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from wagtail_automation import clock
from wagtail_automation.audiences.panels import LEAD_PERMISSION
from wagtail_automation.audiences.tags.views import back, lead_or_refuse
from wagtail_automation.leads import access

from . import actions, publishing
from .models import ScoreGroup, ScoreSet

APP = "wagtail_automation_audiences"
SETS = "wagtailsnippets_wagtail_automation_audiences_scoreset"
MOST = 1_000_000


@require_POST
def change(request, lead_pk):
    """Add (or, negative, take) ``points``, in ``group`` unless empty."""
    lead = lead_or_refuse(request, lead_pk, f"{APP}.add_scoreentry")
    try:
        points = int(request.POST.get("points", ""))
        group = request.POST.get("group") or None
        group = ScoreGroup.objects.get(pk=int(group)) if group else None
    except (ValueError, OverflowError, ScoreGroup.DoesNotExist):
        points = 0
    if not points or abs(points) > MOST:
        messages.error(request, _("Type a whole number of points that is not zero."))
        return back(request)
    actions.change_lead_score(
        lead=lead, operation="add", value=points, group=group, now=clock.now(), user=request.user
    )
    messages.success(request, _("The score of %(lead)s was changed.") % {"lead": lead})
    return back(request)


class ForecastView(WagtailAdminTemplateMixin, TemplateView):
    """The newest draft of a set, rule by rule: who would get points the moment it is published."""

    template_name = "wagtail_automation/audiences/forecast.html"
    header_icon = "order"

    def dispatch(self, request, *args, **kwargs):
        may_edit = any(
            request.user.has_perm(f"{APP}.{name}_scoreset") for name in ("change", "publish", "view")
        )
        if not (may_edit and request.user.has_perm(LEAD_PERMISSION)):
            raise PermissionDenied
        self.stored = get_object_or_404(ScoreSet, pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def get_page_title(self):
        return _("Who would change")

    def get_page_subtitle(self):
        return str(self.stored)

    def get_breadcrumbs_items(self):
        return [
            *self.breadcrumbs_items,
            {"url": reverse(f"{SETS}:list"), "label": str(_("Score sets"))},
            {"url": reverse(f"{SETS}:edit", args=[self.stored.pk]), "label": str(self.stored)},
            {"url": "", "label": _("Who would change")},
        ]

    def get_context_data(self, **kwargs):
        draft = self.stored.get_latest_revision_as_object()
        finder = AdminURLFinder(self.request.user)
        lines = publishing.forecast(draft, now=clock.now(), visible=access.leads_for(self.request.user))
        for line in lines:
            line.examples = [(str(lead), finder.get_edit_url(lead) or "") for lead in line.examples]
        return super().get_context_data(
            lines=lines,
            score_set=self.stored,
            has_draft=self.stored.has_unpublished_changes or not self.stored.live,
            edit_url=reverse(f"{SETS}:edit", args=[self.stored.pk]),
            **kwargs,
        )
