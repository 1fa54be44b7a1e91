"""Text messages in the admin."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel

from wagtail_automation.messaging.channels.viewsets import ContentViewSet, content_chooser

from .models import TextMessage
from .widgets import PartsTextarea

TextMessageChooserViewSet = content_chooser(
    _("Choose a text message"), _("Choose another text message"), _("Edit this text message")
)


class TextMessageViewSet(ContentViewSet):
    model = TextMessage
    icon = "comment"
    menu_label = _("Text messages")
    menu_name = "automation-text-messages"
    url_prefix = "automation/text-messages"
    url_namespace = "wagtail_automation_text_messages"
    chooser_viewset_class = TextMessageChooserViewSet
    panels = [
        FieldPanel("name"),
        FieldPanel("text", widget=PartsTextarea),
        FieldPanel("channel"),
        FieldPanel("site"),
    ]
