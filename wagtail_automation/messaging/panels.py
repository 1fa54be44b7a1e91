"""Panels of the email editor."""

from django import forms
from django.urls import reverse
from wagtail.admin.panels import FieldPanel, Panel, PublishingPanel
from wagtail.admin.staticfiles import versioned_static

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


class ChecksPanel(Panel):
    """What is wrong with the email as last saved, each finding a link to its block."""

    class BoundPanel(Panel.BoundPanel):
        """For one form."""

        template_name = "wagtail_automation/messaging/writing/checks_panel.html"

        def is_shown(self):
            return bool(self.instance.pk) and super().is_shown()

        def get_context_data(self, parent_context=None):
            from .writing.views import CHECKS_URL, findings_context

            context = super().get_context_data(parent_context)
            url = reverse(CHECKS_URL, args=[self.instance.pk])
            return context | findings_context(self.instance) | {"checks_url": url}


class ValuesPanel(Panel):
    """Every value that Liquid may name, to be put where the cursor is."""

    class BoundPanel(Panel.BoundPanel):
        """For one form."""

        template_name = "wagtail_automation/messaging/writing/values_panel.html"

        @property
        def media(self):
            return super().media + forms.Media(
                js=[versioned_static("wagtail_automation/messaging/email-editor.js")],
                css={"all": [versioned_static("wagtail_automation/messaging/writing.css")]},
            )

        def get_context_data(self, parent_context=None):
            from .writing.values import values

            return super().get_context_data(parent_context) | {"groups": values()}
