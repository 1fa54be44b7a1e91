"""The lead page's panel about its owner."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.admin.panels import LeadPanel, lead_panels

from .people import AssignForm, name_of
from .permissions import LEAD_POLICY


@lead_panels.register
class OwnerPanel(LeadPanel):
    """Who looks after the person, changed in place by those who may edit the lead. One query."""

    key = "owner"
    heading = _("Owner")
    icon = "user"
    column = "side"
    order = 5
    template_name = "wagtail_automation/leads/panels/owner.html"

    def get_context(self):
        user = self.request.user
        may_assign = LEAD_POLICY.user_has_permission_for_instance(user, "change", self.lead)
        form = AssignForm(user=user, lead=self.lead) if may_assign else None
        return {"owner": name_of(self.lead.owner), "form": form}
