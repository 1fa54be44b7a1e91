"""Panels of the mail server's form."""

from django import forms
from wagtail.admin.panels import Panel
from wagtail.admin.staticfiles import versioned_static

from wagtail_automation import clock

from . import warming


class WarmUpPanel(Panel):
    """Today's limit, what was sent, and the days that come, of the plan as saved."""

    class BoundPanel(Panel.BoundPanel):
        """For one form."""

        template_name = "wagtail_automation/messaging/warm_up_panel.html"

        @property
        def media(self):
            css = versioned_static("wagtail_automation/messaging/results.css")
            return super().media + forms.Media(css={"all": [css]})

        def is_shown(self):
            return bool(self.instance.pk and self.instance.warm_up_from) and super().is_shown()

        def get_context_data(self, parent_context=None):
            context = super().get_context_data(parent_context)
            return context | {"progress": warming.progress(self.instance, clock.now())}
