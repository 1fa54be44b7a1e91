"""Rooms of a chat – Slack, Teams, Matrix… – as channels: a colleague reads there what an alert tells."""

import re

from django import forms
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import ChooserBlock

from wagtail_automation.admin.choosers import ChooserViewSet
from wagtail_automation.messaging.channels.registry import (
    ChannelKind,
    Medium,
    SecretField,
    register,
    register_medium,
)
from wagtail_automation.messaging.sms.apprise_kind import clean_address, deliver, plugin

ROOM = register_medium(Medium("room", _("Alerts in a chat")))
#: which channels are rooms; the other ones write to leads
IS_ROOM = Q(medium=ROOM.key)
#: what a chat takes for a call to everybody, for markup or for a link under other words
_COMMANDS = re.compile(r"<(?=[!@#&a-z])|@(?=(everyone|here|channel|room|all|team)\b)|\](?=\()", re.IGNORECASE)
#: stands invisibly in the midst of those, so that they are text
_BREAK = "\u200b"


def harmless(text: str) -> str:
    """The text without commands to a chat: a lead may have typed anything as a name."""
    return _COMMANDS.sub(lambda found: f"{found[0]}{_BREAK}", text)


class RoomOptions(forms.Form):
    """Where the room is."""

    address = SecretField(
        label=_("Address for apprise"),
        help_text=_(
            "Its name among the SECRETS of the site's settings: the whole address, since keys stand in it, "
            "such as slack://TOKEN_A/TOKEN_B/TOKEN_C/#sales or msteams://…"
        ),
    )

    def clean_address(self):
        return clean_address(self.cleaned_data["address"], place="")


class RoomKind(ChannelKind):
    """Base: a channel that colleagues read; leads are not written to. A subclass defines ``send``; what it
    hands over should pass ``harmless``."""

    medium = ROOM.key

    def addresses(self, leads):
        return {}


@register
class AppriseRoomKind(RoomKind):
    """Alerts to a room of any chat that apprise knows."""

    key = "room_apprise"
    label = _("Alerts in a chat, through apprise")
    description = _("A room of your team in Slack, Teams, Matrix and others. Needs the extra “notify”.")
    Options = RoomOptions

    def send(self, message):
        address, text = self.secret("address"), harmless(message.content.get("text", ""))
        most = getattr(plugin(address, ""), "body_maxlen", 0)
        if most and len(text) > most:
            text = f"{text[: most - 1]}…"
        return deliver(address, "", text)


class RoomChooserViewSet(ChooserViewSet):
    """Choose one of the team's rooms."""

    model = "wagtail_automation_messaging.Channel"
    icon = "comment"
    choose_one_text = _("Choose a chat")
    choose_another_text = _("Choose another chat")
    register_widget = False

    def get_object_list(self):
        from wagtail_automation.messaging.models import Channel

        return Channel.objects.filter(IS_ROOM, is_active=True)


room_chooser = RoomChooserViewSet("wagtail_automation_room_chooser")


class RoomBlock(ChooserBlock):
    """Chooses a room of a chat."""

    @cached_property
    def target_model(self):
        from wagtail_automation.messaging.models import Channel

        return Channel

    @cached_property
    def widget(self):
        return room_chooser.widget_class()

    class Meta:
        icon = "comment"
