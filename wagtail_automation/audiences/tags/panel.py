"""The lead page's panel of tags."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.admin.panels import LeadPanel, lead_panels

from .models import LeadTag, Tag

APP = "wagtail_automation_audiences"
#: Offered while one types; who has more finds them by typing on.
SUGGESTED = 200


@lead_panels.register
class TagsPanel(LeadPanel):
    """The lead's tags; one query, and one more for those who may add some."""

    key = "tags"
    heading = _("Tags")
    icon = "tag"
    column = "side"
    order = 15
    template_name = "wagtail_automation/audiences/tags_panel.html"

    def is_shown(self):
        return self.request.user.has_perm(f"{APP}.view_tag")

    def get_context(self):
        user = self.request.user
        context = {
            "lead_tags": LeadTag.objects.filter(lead=self.lead.pk)
            .select_related("tag")
            .order_by("tag__folded"),
            "may_add": user.has_perm(f"{APP}.add_leadtag"),
            "may_remove": user.has_perm(f"{APP}.delete_leadtag"),
        }
        if context["may_add"]:
            context["suggestions"] = Tag.objects.values_list("name", flat=True)[:SUGGESTED]
        return context
