"""Marketing messages in the admin."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column
from wagtail.snippets.views.snippets import SnippetViewSet

from wagtail_automation.messaging.channels.viewsets import content_chooser

from .models import MarketingMessage


class MarketingMessageViewSet(SnippetViewSet):
    model = MarketingMessage
    icon = "comment"
    menu_label = _("Marketing messages")
    menu_name = "automation-marketing-messages"
    add_to_admin_menu = False
    url_prefix = "automation/marketing-messages"
    url_namespace = "wagtail_automation_marketing_messages"
    search_fields = ["name"]
    search_backend_name = None
    copy_view_enabled = False
    chooser_viewset_class = content_chooser(
        _("Choose a marketing message"),
        _("Choose another marketing message"),
        _("Edit this marketing message"),
    )
    list_display = [
        "name",
        Column("email", label=_("Email")),
        Column("text_message", label=_("Text message")),
        Column("push_message", label=_("Push message")),
    ]
    panels = [
        FieldPanel("name"),
        MultiFieldPanel(
            [FieldPanel("email"), FieldPanel("text_message"), FieldPanel("push_message")],
            heading=_("Variants"),
        ),
    ]
