"""What a campaign step or a form may do with emails."""

from django.utils.translation import gettext_lazy as _
from wagtail.blocks import IntegerBlock
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

    spread = IntegerBlock(
        label=_("Spread over so many days"),
        help_text=_("0: at once. Otherwise each person gets it at another moment within these days."),
        default=0,
        min_value=0,
        max_value=90,
        required=False,
    )

    class Meta:
        label = _("Send email")
        icon = "mail"
        group = _("Messages")
        tone = "blue"
        description = _("Sends an email in the language of each person, in its published version.")
        keywords = (_("newsletter"), _("mail"))

    def sentence(self, value) -> str:
        if not value.get("email"):
            return str(self.label)
        words = {"email": value["email"], "days": value.get("spread") or 0}
        if words["days"]:
            return _("Send “%(email)s”, spread over so many days: %(days)d") % words
        return _("Send “%(email)s”") % words

    def apply(self, value, cohort) -> None:
        actions.queue_email(cohort=cohort, email=value["email"], spread=value.get("spread") or 0)
