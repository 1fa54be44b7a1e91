"""Alerts in the admin. Imported by messaging's hooks."""

from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column, StatusFlagColumn
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from wagtail_automation.admin import menu
from wagtail_automation.admin.readonly import ReadOnlyModelAdmin, titled
from wagtail_automation.leads.records import LeadRecordAdmin
from wagtail_automation.messaging.channels.viewsets import content_chooser
from wagtail_automation.messaging.names import ALERT_POSTS_PATH
from wagtail_automation.messaging.viewsets import OutboxMixin

from .models import Alert, AlertPost, AlertRecord
from .rooms import room_chooser


class AlertViewSet(SnippetViewSet):
    model = Alert
    icon = "warning"
    menu_label = _("Alerts")
    menu_name = "automation-alerts"
    add_to_admin_menu = False
    url_prefix = "automation/alerts"
    url_namespace = "wagtail_automation_alerts"
    search_fields = ["name"]
    search_backend_name = None
    copy_view_enabled = False
    chooser_viewset_class = content_chooser(
        _("Choose an alert"), _("Choose another alert"), _("Edit this alert")
    )
    list_display = [
        "name",
        Column("event_label", label=_("When this happens")),
        Column("told", label=_("Who is told")),
        StatusFlagColumn("is_active", label=_("State"), true_label=_("active"), false_label=_("not active")),
    ]

    def get_queryset(self, request):
        return Alert.objects.select_related("person", "team", "room")

    panels = [
        FieldPanel("name"),
        FieldPanel("is_active"),
        MultiFieldPanel([FieldPanel("event"), FieldPanel("rule")], heading=_("When")),
        FieldPanel(
            "text",
            help_text=_(
                "Values such as {{ lead.first_name }} may stand in it. Name, address and a link to the "
                "person's page stand below it."
            ),
        ),
        MultiFieldPanel(
            [
                FieldPanel("to"),
                FieldPanel("team"),
                FieldPanel("person"),
                FieldPanel("address"),
                FieldPanel("room"),
            ],
            heading=_("Who is told"),
        ),
        FieldPanel("digest"),
    ]


class AlertPostAdmin(OutboxMixin, ReadOnlyModelAdmin):
    """What became of alerts in chats; never what they said."""

    model = AlertPost
    menu_label = _("Alerts in chats")
    menu_icon = "comment"
    menu_order = 132
    base_url_path = ALERT_POSTS_PATH
    kind = "room"
    list_display = ["alert", "channel", "state_shown", "why", "sent_at"]
    list_filter = [("state", titled(_("state"))), "channel", "sent_at"]
    search_fields = ["alert__name", "channel__name"]
    inspect_view_fields = ["alert", "channel", "state", "reason", "detail", "attempts", "created_at",
                           "not_before", "sent_at", "origin"]  # fmt: skip

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("alert", "channel").defer("text")


class AlertRecordAdmin(LeadRecordAdmin):
    """Who was told about whom."""

    model = AlertRecord
    section = "sent"
    menu_label = _("Alerts sent")
    menu_icon = "warning"
    menu_order = 134
    base_url_path = "automation/alerts-sent"
    ordering = ["-pk"]
    list_display = ["lead", "to", "alert", "at"]
    list_filter = ["alert", "at"]
    search_fields = ["lead__email", "lead__last_name", "to"]
    list_export = ["lead", "to", "alert", "at"]
    export_filename = "alerts"
    inspect_view_fields = ["lead", "to", "alert", "origin", "at"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("lead", "alert")


alerts = AlertViewSet()
register_snippet(alerts)
menu.register_viewset_in_menu("content", alerts, 150)
AlertRecordAdmin().register_with_wagtail()
AlertPostAdmin().register_with_wagtail()


@hooks.register("register_admin_viewset")
def viewsets():
    return [room_chooser]
