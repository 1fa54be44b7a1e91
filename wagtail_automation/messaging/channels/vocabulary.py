"""What is told about messages over channels, and the media that the package brings."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.tracking.events import register

from .registry import Medium, register_medium

SMS_SENT = register(
    "sms_sent",
    _("Text message sent"),
    _("A text message was handed over to the gateway."),
    group="message",
    icon="comment",
)
SMS_DELIVERED = register(
    "sms_delivered",
    _("Text message delivered"),
    _("The network reported that a text message reached the phone."),
    group="message",
    icon="comment",
)
SMS_CLICKED = register(
    "sms_clicked",
    _("Text message clicked"),
    _("The person followed a link of a text message."),
    group="message",
    icon="link",
)
SMS_REPLIED = register(
    "sms_replied",
    _("Text message answered"),
    _("The person answered a text message."),
    group="message",
    icon="comment-add",
)

SMS = register_medium(
    Medium(
        "sms",
        _("Text messages"),
        sent=SMS_SENT,
        delivered=SMS_DELIVERED,
        clicked=SMS_CLICKED,
        replied=SMS_REPLIED,
    )
)

PUSH_SENT = register(
    "push_sent",
    _("Push message sent"),
    _("A push message was handed over to the service of the browser."),
    group="message",
    icon="warning",
)
PUSH_CLICKED = register(
    "push_clicked",
    _("Push message clicked"),
    _("The person pressed a push message."),
    group="message",
    icon="link",
)

PUSH = register_medium(Medium("push", _("Push messages"), sent=PUSH_SENT, clicked=PUSH_CLICKED))
