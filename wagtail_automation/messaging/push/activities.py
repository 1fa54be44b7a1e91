"""What a campaign step may do with push messages."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.activities import Activity, activities
from wagtail_automation.admin.choosers import SnippetChooserBlock
from wagtail_automation.messaging import reasons
from wagtail_automation.messaging.channels import actions, preparing, publication
from wagtail_automation.messaging.models import PushMessage


@activities.register
class PushSend(Activity):
    """Queues the push message; the worker hands it over."""

    key = "push_send"
    messages = True
    changes = ("event:push_sent",)

    message = SnippetChooserBlock("wagtail_automation_messaging.PushMessage", label=_("Push message"))

    class Meta:
        label = _("Send push message")
        icon = "desktop"
        group = _("Messages")
        tone = "blue"
        description = _("Shows a notice in the browsers of those who asked for push messages.")
        keywords = (_("browser"), _("notification"))

    def sentence(self, value) -> str:
        if not value.get("message"):
            return str(self.label)
        return _("Push “%(message)s”") % {"message": value["message"]}

    def warnings(self, values):
        return publication.warnings(PushMessage, [value.get("message") for value in values])

    def apply(self, value, cohort) -> None:
        actions.queue_message(cohort=cohort, message=value["message"])

    def refused(self, value, leads):
        if not value.get("message"):
            return {}
        found = preparing.refusals(value["message"].key, leads)
        return {pk: reasons.explain(code) for pk, code in found.items()}
