"""The lead page's panel: which lists and segments the person is in, and putting them on and off lists."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.admin.panels import LeadPanel, lead_panels

from .models import LeadList, ListMembership, Segment, SegmentMembership

APP = "wagtail_automation_audiences"


@lead_panels.register
class AudiencesPanel(LeadPanel):
    """Three queries, and one more for those who may add to lists."""

    key = "audiences"
    heading = _("Lists and segments")
    icon = "list-ul"
    column = "side"
    order = 200
    template_name = "wagtail_automation/audiences/lead_panel.html"

    def is_shown(self) -> bool:
        user = self.request.user
        return user.has_perm(f"{APP}.view_leadlist") or user.has_perm(f"{APP}.view_segment")

    def get_context(self) -> dict:
        user = self.request.user
        lists = (
            ListMembership.objects.filter(lead=self.lead).select_related("list").order_by("list__name", "pk")
        )
        segments = SegmentMembership.objects.filter(lead=self.lead, segment__live=True)
        context = {
            "list_memberships": lists if user.has_perm(f"{APP}.view_leadlist") else [],
            "segment_memberships": (
                segments.select_related("segment").defer("segment__rule").order_by("segment__name", "pk")
                if user.has_perm(f"{APP}.view_segment")
                else []
            ),
            "may_remove": user.has_perm(f"{APP}.delete_listmembership"),
            "may_add": user.has_perm(f"{APP}.add_listmembership"),
        }
        if user.has_perm(f"{APP}.view_segment"):
            inside = SegmentMembership.objects.filter(lead=self.lead).values("segment_id")
            others = Segment.objects.filter(live=True).exclude(pk__in=inside)
            context["other_segments"] = others.only("pk", "name").order_by("name", "pk")
        if context["may_add"]:
            context["other_lists"] = (
                LeadList.objects.stored()
                .filter(archived=False)
                .exclude(pk__in=ListMembership.objects.filter(lead=self.lead).values("list_id"))
            )
        return context
