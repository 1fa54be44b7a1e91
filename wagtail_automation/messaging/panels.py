"""Panels of the email editor."""

from wagtail.admin.panels import FieldPanel

from .withheld import withheld_keys


class EmailBodyPanel(FieldPanel):
    """The body; tells ``email-body.js`` which blocks this person may not add."""

    class BoundPanel(FieldPanel.BoundPanel):
        """For one form."""

        template_name = "wagtail_automation/messaging/body_panel.html"

        def get_context_data(self, parent_context=None):
            context = super().get_context_data(parent_context)
            return context | {"withheld": " ".join(withheld_keys(self.request.user))}
