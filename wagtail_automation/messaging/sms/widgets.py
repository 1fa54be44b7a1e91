"""The field of a text message, which counts parts while one types."""

import json

from django import forms
from django.utils.translation import gettext as _
from wagtail.admin.staticfiles import versioned_static
from wagtail.admin.widgets import AdminAutoHeightTextInput


class PartsTextarea(AdminAutoHeightTextInput):
    """A text area with a line below it: characters, parts, and what makes it dear (``sms-parts.js``)."""

    def build_attrs(self, *args, **kwargs):
        words = {
            "one": _("%(length)s characters · one message"),
            "many": _("%(length)s characters · %(parts)s messages"),
            "wide": _("These make it take more messages: %(characters)s"),
            "values": _("Values and links are counted as written; the preview counts the real text."),
        }
        return {**super().build_attrs(*args, **kwargs), "data-wa-parts": json.dumps(words)}

    @property
    def media(self):
        script = versioned_static("wagtail_automation/messaging/sms-parts.js")
        return super().media + forms.Media(js=[script])
