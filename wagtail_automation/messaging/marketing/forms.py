"""The form of a marketing message."""

from django.utils.translation import gettext as _
from wagtail.admin.forms import WagtailAdminModelForm


class MarketingMessageForm(WagtailAdminModelForm):
    """One variant at least."""

    def clean(self):
        cleaned = super().clean()
        names = ("email", "text_message", "push_message")
        if not any(cleaned.get(name) for name in names) and not set(names) & set(self.errors):
            self.add_error("email", _("Choose one variant at least."))
        email = cleaned.get("email")
        if email is not None and email.is_transactional:
            self.add_error("email", _("An email that answers an act of the person cannot be sent so."))
        return cleaned
