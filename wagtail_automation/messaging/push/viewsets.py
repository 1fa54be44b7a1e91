"""Push messages in the admin."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel

from wagtail_automation.messaging.channels.viewsets import ContentViewSet, content_chooser

from .models import PushMessage


class PushMessageViewSet(ContentViewSet):
    model = PushMessage
    icon = "desktop"
    menu_label = _("Push messages")
    menu_name = "automation-push-messages"
    url_prefix = "automation/push-messages"
    url_namespace = "wagtail_automation_push_messages"
    chooser_viewset_class = content_chooser(
        _("Choose a push message"), _("Choose another push message"), _("Edit this push message")
    )
    panels = [
        FieldPanel("name"),
        FieldPanel("title"),
        FieldPanel("body"),
        FieldPanel("url"),
        FieldPanel("site"),
    ]
