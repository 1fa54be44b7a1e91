"""What a campaign step or a form may do with emails."""

from django.utils.translation import gettext_lazy as _
from wagtail.snippets.blocks import SnippetChooserBlock

from wagtail_automation.activities import Activity, activities

from . import actions


@activities.register
class EmailSend(Activity):
    """Queues the email; the worker hands it over. Consent and suppression are looked at then."""

    key = "email_send"
    immediate = True
    messages = True
    email = SnippetChooserBlock("wagtail_automation_messaging.Email", label=_("Email"))

    class Meta:
        label = _("Send email")
        icon = "mail"
        group = _("Messages")
        tone = "blue"
        description = _("Sends an email in the language of each person, in its published version.")
        keywords = (_("newsletter"), _("mail"))

    def sentence(self, value) -> str:
        return _("Send “%(email)s”") % {"email": value["email"]} if value.get("email") else str(self.label)

    def apply(self, value, cohort) -> None:
        actions.queue_email(cohort=cohort, email=value["email"])
