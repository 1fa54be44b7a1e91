"""Emails in the timeline, and a lead's messages on its page."""

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_automation.admin.panels import LeadPanel, lead_panels
from wagtail_automation.tracking import events, timeline

from .models import Message
from .names import MESSAGES_URL
from .reasons import explain

APP = "wagtail_automation_messaging"
SHOWN = 8


class EmailRenderer(timeline.TimelineRenderer):
    """Base: the email's name, with a way to the messages."""

    def url(self, event):
        return reverse(MESSAGES_URL)


@timeline.register
class SentRenderer(EmailRenderer):
    key = events.EMAIL_SENT


@timeline.register
class OpenedRenderer(EmailRenderer):
    key = events.EMAIL_OPENED

    def detail(self, event):
        return _("known by a click") if event.data.get("by") == "click" else ""


@timeline.register
class ClickedRenderer(EmailRenderer):
    key = events.EMAIL_CLICKED

    def detail(self, event):
        return event.url


@timeline.register
class PassedOnRenderer(EmailRenderer):
    key = events.EMAIL_PASSED_ON

    def detail(self, event):
        return _("to %(colleague)s") % {"colleague": event.data.get("to", "")}


@timeline.register
class UnsubscribedRenderer(EmailRenderer):
    key = events.EMAIL_UNSUBSCRIBED

    def detail(self, event):
        return _("by its mail program's button") if event.data.get("how") == "one_click" else ""


@lead_panels.register
class MessagesPanel(LeadPanel):
    """The last messages to the person, each with what became of it; one query."""

    key = "messages"
    heading = gettext_lazy("Messages")
    icon = "mail"
    column = "main"
    order = 250
    template_name = "wagtail_automation/messaging/lead_panel.html"

    def is_shown(self):
        return self.request.user.has_perm(f"{APP}.view_message")

    def get_context(self):
        rows = Message.objects.filter(lead=self.lead).select_related("email_version").order_by("-pk")
        rows = list(rows.defer("email_version__html", "email_version__text", "variables")[: SHOWN + 1])
        return {
            "messages_to_lead": [(row, explain(row.reason)) for row in rows[:SHOWN]],
            "has_more": len(rows) > SHOWN,
            "all_url": f"{reverse(MESSAGES_URL)}?{urlencode({'q': self.lead.email})}",
        }
