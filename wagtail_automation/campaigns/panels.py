"""The panel "Campaigns" of the lead page."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.admin.panels import LeadPanel, lead_panels

from . import standing, trace


@lead_panels.register
class CampaignsPanel(LeadPanel):
    """Where the lead stands and what comes next; then each campaign it was in, with every step, its time and
    its reason."""

    key = "campaigns"
    heading = _("Campaigns")
    icon = "clipboard-list"
    column = "main"
    order = 40
    template_name = "wagtail_automation/campaigns/panels/campaigns.html"

    def is_shown(self):
        return self.request.user.has_perm("wagtail_automation_campaigns.view_campaign") or (
            self.request.user.has_perm("wagtail_automation_campaigns.change_campaign")
        )

    def get_context(self):
        traces = trace.for_lead(self.lead)
        return {"traces": traces, "standings": standing.standings(traces)}
