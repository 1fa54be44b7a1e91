"""Panels of the email editor."""

from wagtail.admin.panels import FieldPanel, PublishingPanel

from wagtail_automation.leads.field_types import MomentInput

from .withheld import withheld_keys


class EmailBodyPanel(FieldPanel):
    """The body; tells ``email-body.js`` which blocks this person may not add."""

    class BoundPanel(FieldPanel.BoundPanel):
        """For one form."""

        template_name = "wagtail_automation/messaging/body_panel.html"

        def get_context_data(self, parent_context=None):
            context = super().get_context_data(parent_context)
            return context | {"withheld": " ".join(withheld_keys(self.request.user))}


class SchedulePanel(PublishingPanel):
    """Wagtail's dialog for a publication at a time, with the browser's own pickers: Wagtail's need an
    inline script, which a strict policy forbids."""

    def __init__(self, **kwargs):
        in_dialog = {
            "data-controller": "w-action",
            "data-action": "w-dialog:hidden->w-action#reset",
            "data-w-dialog-target": "notify",
        }
        fields = [
            FieldPanel(name, widget=MomentInput(attrs=in_dialog)) for name in ("go_live_at", "expire_at")
        ]
        super().__init__(**{"children": fields, **kwargs})
