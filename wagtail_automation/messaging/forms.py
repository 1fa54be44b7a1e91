"""The form of an email: what a draft may leave open, publishing may not."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from wagtail.admin.forms import WagtailAdminModelForm

from wagtail_automation.leads.people import name_of, possible_owners


class EmailForm(WagtailAdminModelForm):
    """Checks subject and preview text when the email is published or submitted, not for drafts.

    The blocks of the body check themselves (``registry.EmailBlock.clean``).
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "sent_by_user" in self.fields:
            people = self.fields["sent_by_user"]
            people.queryset = possible_owners(self.instance.sent_by_user_id)
            people.label_from_instance = name_of
        #: before the form writes into the instance
        self._body_before = list(self.instance.body or ())

    def full_clean(self):
        """As usual; the blocks of a transactional email may name what only the site's own code knows."""
        from . import personal

        with personal.names_of_callers("is_transactional" in self.data):
            super().full_clean()

    def clean(self):
        from . import personal
        from .writing import html

        cleaned = super().clean()
        self._check_withheld(cleaned.get("body"))
        if self.is_deferred_validation:
            return cleaned
        if cleaned.get("sent_by") == "person" and cleaned.get("sent_by_user") is None:
            self.add_error("sent_by_user", _("Say which person sends it."))
        if "subject" in cleaned and not (cleaned["subject"] or "").strip():
            self.add_error("subject", _("An email needs a subject."))
        for name in ("subject", "preheader", "html", "text_part"):
            try:
                personal.check(cleaned.get(name) or "", any_name=bool(cleaned.get("is_transactional")))
            except ValidationError as error:
                self.add_error(name, error)
        if (cleaned.get("html") or "").strip() and "html" not in self.errors:
            try:
                html.check(cleaned["html"])
            except ValidationError as error:
                self.add_error("html", error)
        return cleaned

    def _post_clean(self):
        """What shows only in the finished email – a picture that is none, a forbidden link – is told here,
        not by a failing publication."""
        super()._post_clean()
        if self.errors or self.is_deferred_validation:
            return
        from . import actions
        from .compiler import compile_email

        site, email = actions.site_of(self.instance), self.instance
        settings = actions.settings_of(site)
        try:
            compile_email(email, site=site, settings=settings, transactional=email.is_transactional)
        except ValidationError as error:
            self.add_error("html" if email.html.strip() else "body", " ".join(error.messages))

    def _check_withheld(self, body) -> None:
        """Blocks that need a permission are added and changed by those who have it only."""
        from . import withheld

        if body is None or self.for_user is None:
            return
        for child in withheld.foreign(body, self._body_before, self.for_user):
            words = {"block": child.block.label}
            self.add_error("body", _("You may not add or change “%(block)s”.") % words)
