"""The form of an email: what a draft may leave open, publishing may not."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from wagtail.admin.forms import WagtailAdminModelForm


class EmailForm(WagtailAdminModelForm):
    """Checks subject and preview text when the email is published or submitted, not for drafts.

    The blocks of the body check themselves (``registry.EmailBlock.clean``).
    """

    def clean(self):
        from . import personal

        cleaned = super().clean()
        if self.is_deferred_validation:
            return cleaned
        if "subject" in cleaned and not (cleaned["subject"] or "").strip():
            self.add_error("subject", _("An email needs a subject."))
        for name in ("subject", "preheader"):
            try:
                personal.check(cleaned.get(name) or "", any_name=bool(cleaned.get("is_transactional")))
            except ValidationError as error:
                self.add_error(name, error)
        return cleaned
