"""The panel below a segment's rule: how many people match what is on the screen, and five of them."""

from django.forms import Media
from django.urls import reverse
from wagtail.admin.panels import Panel
from wagtail.admin.staticfiles import versioned_static

LEAD_PERMISSION = "wagtail_automation_leads.view_lead"


class SegmentCountPanel(Panel):
    """Counts while one edits; for those who may see leads."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "wagtail_automation/audiences/count_panel.html"

        def is_shown(self):
            return super().is_shown() and self.request.user.has_perm(LEAD_PERMISSION)

        def get_context_data(self, parent_context=None):
            context = super().get_context_data(parent_context)
            context["count_url"] = reverse("wagtail_automation_segment_count")
            return context

        @property
        def media(self):
            return super().media + Media(
                js=[versioned_static("wagtail_automation/audiences/segment-count.js")]
            )
