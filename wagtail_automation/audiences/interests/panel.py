"""The lead page's panel of interests, the strongest first."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock
from wagtail_automation.admin.panels import LeadPanel, lead_panels

from .fading import LEAST, points_of
from .models import Interest, LeadInterest

APP = "wagtail_automation_audiences"
SHOWN = 12


@lead_panels.register
class InterestsPanel(LeadPanel):
    """One query. Hidden while the site has no interests."""

    key = "interests"
    heading = _("Interests")
    icon = "glasses"
    column = "side"
    order = 14
    template_name = "wagtail_automation/audiences/interests_panel.html"

    def is_shown(self):
        return self.request.user.has_perm(f"{APP}.view_interest") and Interest.objects.exists()

    def get_context(self):
        now = clock.now()
        rows = LeadInterest.objects.filter(lead_id=self.lead.pk).select_related("interest")
        worth = [(points_of(row.strength, now, row.interest.half_life_days), row.interest) for row in rows]
        shown = sorted((pair for pair in worth if pair[0] >= LEAST), key=lambda pair: -pair[0])[:SHOWN]
        most = shown[0][0] if shown else 0
        return {"interests": [(interest, points, round(100 * points / most)) for points, interest in shown]}
