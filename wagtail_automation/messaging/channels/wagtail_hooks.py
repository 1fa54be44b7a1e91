"""Channels in the Wagtail admin: registration only. Imported by messaging's hooks."""

from wagtail import hooks
from wagtail.snippets.models import register_snippet

from wagtail_automation.admin import menu
from wagtail_automation.messaging.marketing.viewsets import MarketingMessageViewSet
from wagtail_automation.messaging.push.viewsets import PushMessageViewSet
from wagtail_automation.messaging.sms.viewsets import TextMessageViewSet

from .viewsets import ChannelMessageAdmin, ChannelReplyAdmin, ChannelViewSet

channels = ChannelViewSet()
text_messages = TextMessageViewSet()
push_messages = PushMessageViewSet()
marketing_messages = MarketingMessageViewSet()
register_snippet(text_messages)
register_snippet(push_messages)
register_snippet(marketing_messages)
menu.register_viewset_in_menu("content", push_messages, 115)
menu.register_viewset_in_menu("content", marketing_messages, 120)
menu.register_viewset_in_menu("content", text_messages, 110)
menu.register_viewset_in_menu("settings", channels, 280)
ChannelMessageAdmin().register_with_wagtail()
ChannelReplyAdmin().register_with_wagtail()


@hooks.register("register_admin_viewset")
def viewsets():
    return [channels]
