"""What a rule may ask about text messages."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.admin.choosers import SnippetChooserBlock
from wagtail_automation.messaging.channels import vocabulary as events
from wagtail_automation.messaging.conditions import GROUP
from wagtail_automation.rules.conditions import Condition, Events, conditions


def message_block() -> SnippetChooserBlock:
    return SnippetChooserBlock(
        "wagtail_automation_messaging.TextMessage",
        label=_("Text message"),
        required=False,
        help_text=_("In whatever language it was sent. Leave it empty for any text message."),
    )


class AboutText(Condition):
    """Base: what became of one text message, or of any."""

    message = message_block()
    waitable = True
    counted_from = "entry"
    event = ""

    def q(self, value, scope):
        about = {"about": value["message"]} if value.get("message") else {}
        return scope.happened(self.event, **about)

    def said(self, value, one: str, any_message: str) -> str:
        return one % {"message": value["message"]} if value.get("message") else str(any_message)


@conditions.register
class SmsDelivered(AboutText):
    key = "sms_delivered"
    event = events.SMS_DELIVERED
    depends_on = Events(events.SMS_DELIVERED)
    keywords = (_("SMS"), _("arrived"), _("received"))

    class Meta:
        label = _("Text message was delivered")
        icon = "comment"
        group = GROUP
        tone = "blue"
        description = _("The network reported that the text message reached the phone.")

    def sentence(self, value):
        return self.said(value, _("“%(message)s” was delivered"), _("A text message was delivered"))


@conditions.register
class SmsClicked(AboutText):
    key = "sms_clicked"
    event = events.SMS_CLICKED
    depends_on = Events(events.SMS_CLICKED)
    keywords = (_("SMS"), _("link"))

    class Meta:
        label = _("Clicked in the text message")
        icon = "link"
        group = GROUP
        tone = "blue"
        description = _("The person followed a link of the text message.")

    def sentence(self, value):
        return self.said(value, _("Clicked in “%(message)s”"), _("Clicked in a text message"))


@conditions.register
class SmsReplied(AboutText):
    key = "sms_replied"
    event = events.SMS_REPLIED
    depends_on = Events(events.SMS_REPLIED)
    keywords = (_("SMS"), _("reply"), _("answer"))

    class Meta:
        label = _("Answered the text message")
        icon = "comment"
        group = GROUP
        tone = "blue"
        description = _("The person answered the text message, also with STOP.")

    def sentence(self, value):
        return self.said(value, _("Answered “%(message)s”"), _("Answered a text message"))
