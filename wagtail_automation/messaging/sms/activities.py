"""What a campaign step or a form may do with text messages."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.activities import Activity, activities
from wagtail_automation.admin.choosers import SnippetChooserBlock
from wagtail_automation.messaging import reasons
from wagtail_automation.messaging.channels import actions, preparing, publication
from wagtail_automation.messaging.models import TextMessage


@activities.register
class SmsSend(Activity):
    """Queues the text message; the worker hands it over. Consent and suppression are looked at then."""

    key = "sms_send"
    immediate = True
    messages = True
    changes = ("event:sms_sent",)

    message = SnippetChooserBlock("wagtail_automation_messaging.TextMessage", label=_("Text message"))

    class Meta:
        label = _("Send text message")
        icon = "comment"
        group = _("Messages")
        tone = "blue"
        description = _("Sends a text message (SMS) to those who agreed to text messages.")
        keywords = (_("SMS"), _("phone"), _("mobile"))

    def sentence(self, value) -> str:
        if not value.get("message"):
            return str(self.label)
        return _("Text “%(message)s”") % {"message": value["message"]}

    def warnings(self, values):
        return publication.warnings(TextMessage, [value.get("message") for value in values])

    def apply(self, value, cohort) -> None:
        actions.queue_message(cohort=cohort, message=value["message"])

    def refused(self, value, leads):
        if not value.get("message"):
            return {}
        found = preparing.refusals(value["message"].key, leads)
        return {pk: reasons.explain(code) for pk, code in found.items()}
