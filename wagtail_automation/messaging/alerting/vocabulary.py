"""What is told about alerts."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.tracking.events import register

ALERT_SENT = register(
    "alert_sent",
    _("Colleagues alerted"),
    _("People who work on the site were told about the lead."),
    group="other",
    icon="warning",
)
