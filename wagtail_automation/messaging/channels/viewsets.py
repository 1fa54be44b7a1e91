"""Channels, messages over them and answers in the admin."""

from django.utils.translation import gettext, gettext_lazy
from wagtail.admin.ui.tables import (
    Column,
    LiveStatusTagColumn,
    LocaleColumn,
    StatusFlagColumn,
)
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.snippets.views.snippets import CopyView, CreateView, EditView, SnippetViewSet

from wagtail_automation.admin.choosers import SnippetChooserViewSet
from wagtail_automation.admin.readonly import titled
from wagtail_automation.admin.tables import ChangedColumn
from wagtail_automation.leads.records import LeadRecordAdmin
from wagtail_automation.messaging.viewsets import OutboxMixin

from .forms import ChannelForm, NewChannelForm
from .models import Channel, ChannelMessage, ChannelReply
from .names import CHANNEL_MESSAGES_PATH, REPLIES_PATH


class ChannelCreateView(generic.CreateView):
    """Asks for a name and the kind; what the kind needs is asked next."""

    def get_success_url(self):
        return self.get_edit_url()


class ChannelEditView(generic.EditView):
    """The options of the channel's kind, and where its gateway may call."""

    def get_form_class(self):
        return ChannelForm


class ChannelViewSet(ModelViewSet):
    model = Channel
    name = "wagtail_automation_channel"
    url_prefix = "automation/channels"
    icon = "comment"
    menu_label = gettext_lazy("Channels")
    menu_name = "automation-channels"
    copy_view_enabled = False
    add_view_class = ChannelCreateView
    edit_view_class = ChannelEditView
    search_fields = ["name"]
    search_backend_name = None
    list_display = [
        "name",
        Column("medium_label", label=gettext_lazy("For")),
        Column("kind_label", label=gettext_lazy("Kind")),
        StatusFlagColumn(
            "is_active",
            label=gettext_lazy("State"),
            true_label=gettext_lazy("in use"),
            false_label=gettext_lazy("not in use"),
        ),
    ]

    def get_form_class(self, for_update=False):
        return ChannelForm if for_update else NewChannelForm


class ContentCreateView(CreateView):
    """Its preview offers leads that this person may see."""

    def get_initial_form_instance(self):
        message = super().get_initial_form_instance() or self.model()  # none where a site has one language
        message.previewed_by = self.request.user
        return message


class ContentEditView(EditView):
    """Its preview offers leads that this person may see."""

    def get_object(self, queryset=None):
        message = super().get_object(queryset)
        message.previewed_by = self.request.user
        return message


class ContentCopyView(CopyView):
    """A copy is another message: nothing that happened to the first is about it."""

    def get_object(self, queryset=None):
        message = super().get_object(queryset)
        message.translation_key = self.model._meta.get_field("translation_key").get_default()
        return message


class ContentViewSet(SnippetViewSet):
    """Base of what is written for channels; drafts, workflow and comparison are Wagtail's."""

    add_to_admin_menu = False
    list_display = [
        "name",
        LocaleColumn(),
        ChangedColumn(label=gettext_lazy("Updated")),
        LiveStatusTagColumn(label=gettext_lazy("Status")),
    ]
    list_filter = ["live"]
    search_fields = ["name"]
    search_backend_name = None
    copy_view_enabled = True
    add_view_class = ContentCreateView
    edit_view_class = ContentEditView
    copy_view_class = ContentCopyView


def content_chooser(choose, another, edit) -> type[SnippetChooserViewSet]:
    """The modal in which such a message is chosen, with words in whole phrases (lazy)."""
    words = {"page_title": choose, "choose_another_text": another, "edit_item_text": edit}
    return type("ContentChooserViewSet", (SnippetChooserViewSet,), words)


class ChannelMessageAdmin(OutboxMixin, LeadRecordAdmin):
    """Every message over a channel with its state and the reason; written by the sender alone."""

    model = ChannelMessage
    menu_label = gettext_lazy("Text and push messages")
    menu_icon = "comment"
    menu_order = 122
    kind = "channel"
    base_url_path = CHANNEL_MESSAGES_PATH
    list_display = [
        "lead",
        "version",
        "channel",
        "state_shown",
        "why",
        "sent_at",
        "delivered_at",
        "clicked_at",
    ]
    list_filter = [("state", titled(gettext_lazy("state"))), "channel", "sent_at"]
    search_fields = ["lead__email", "lead__last_name", "version__name"]
    list_export = ["lead", "version", "channel", "state", "reason", "detail", "created_at", "sent_at",
                   "delivered_at", "undelivered_at", "clicked_at"]  # fmt: skip
    export_filename = "channel-messages"
    inspect_view_fields = ["lead", "version", "channel", "written", "state", "reason", "detail", "attempts",
                           "created_at", "not_before", "sent_at", "delivered_at", "undelivered_at",
                           "clicked_at", "provider_id", "origin"]  # fmt: skip
    inspect_labels = {
        **OutboxMixin.inspect_labels,
        "provider_id": gettext_lazy("The gateway's number"),
        "written": gettext_lazy("What was sent"),
    }

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("lead", "version", "channel")


class ChannelReplyAdmin(LeadRecordAdmin):
    """What people answered."""

    model = ChannelReply
    section = "sent"
    menu_label = gettext_lazy("Answers to messages")
    menu_icon = "comment-add"
    menu_order = 138
    base_url_path = REPLIES_PATH
    ordering = ["-pk"]
    list_display = ["lead", "text", "stop", "channel", "at"]
    list_filter = ["is_stop", "channel", "at"]
    search_fields = ["lead__email", "lead__last_name", "text"]
    list_export = ["lead", "text", "is_stop", "channel", "at"]
    export_filename = "answers"
    inspect_view_fields = ["lead", "text", "is_stop", "channel", "message", "at"]

    def stop(self, reply):
        return gettext("Yes") if reply.is_stop else gettext("No")

    stop.short_description = gettext_lazy("asks to stop")
    stop.admin_order_field = "is_stop"

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("lead", "channel", "message__version")
