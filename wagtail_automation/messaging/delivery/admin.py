"""The suppression list and the mailboxes in the admin."""

from django.db.models import Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column, StatusFlagColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.widgets.button import Button
from wagtail_modeladmin.helpers import DjangoORMSearchHandler

from wagtail_automation import clock
from wagtail_automation.admin.readonly import ReadOnlyIndexView, ReadOnlyModelAdmin, titled
from wagtail_automation.admin.tables import MomentColumn
from wagtail_automation.leads.field_types import DayInput
from wagtail_automation.leads.permissions import sees_everybody
from wagtail_automation.messaging import addresses
from wagtail_automation.messaging.models import Mailbox, MailServer, Suppression

from . import warming
from .names import MAILBOX_READ, SUPPRESSION_ADD, SUPPRESSION_PATH, SUPPRESSION_REMOVE
from .panels import WarmUpPanel

APP = "wagtail_automation_messaging"


class AddressSearch(DjangoORMSearchHandler):
    """An erased address is found by typing the whole of it: only its HMAC is kept."""

    def search_queryset(self, queryset, search_term, **kwargs):
        whole = addresses.normalise(search_term)
        if not whole:
            return queryset
        return queryset.filter(Q(address__icontains=whole) | Q(address_hash__in=addresses.hashes(whole)))


class SuppressionIndexView(ReadOnlyIndexView):
    def get_context_data(self, **kwargs):
        may_add = self.request.user.has_perm(f"{APP}.add_suppression")
        return super().get_context_data(add_url=reverse(SUPPRESSION_ADD) if may_add else "", **kwargs)


class SuppressionAdmin(ReadOnlyModelAdmin):
    """Who never gets mail, and why."""

    model = Suppression
    section = "sent"
    menu_label = gettext_lazy("Suppressed addresses")
    menu_icon = "cross"
    menu_order = 140
    base_url_path = SUPPRESSION_PATH
    index_view_class = SuppressionIndexView
    search_handler_class = AddressSearch
    index_template_name = "wagtail_automation/messaging/suppressions.html"
    list_display = ["shown", "why", "at", "detail", "act"]
    list_filter = [("reason", titled(gettext_lazy("reason"))), "at"]
    search_fields = ["address"]
    list_export = ["address", "reason", "at", "detail"]
    export_filename = "suppressions"
    ordering = ["-at", "-pk"]
    inspect_view_fields = ["address", "reason", "at", "detail"]

    def get_queryset(self, request):
        self._user = request.user
        rows = super().get_queryset(request)
        # anybody's address stands here, whoever looks after the person
        return rows if sees_everybody(request.user) else rows.none()

    def shown(self, row):
        return row.address or _("(erased) %(mark)s…") % {"mark": row.address_hash[:12]}

    shown.short_description = gettext_lazy("address")
    shown.admin_order_field = "address"

    def why(self, row):
        return row.get_reason_display()

    why.short_description = gettext_lazy("reason")
    why.admin_order_field = "reason"

    def act(self, row):
        if row.reason == Suppression.Reason.ERASED or not self._user.has_perm(f"{APP}.delete_suppression"):
            return "–"
        return format_html('<a href="{}">{}</a>', reverse(SUPPRESSION_REMOVE, args=[row.pk]), _("Remove…"))

    act.short_description = gettext_lazy("action")


class MailboxIndexView(generic.IndexView):
    def get_list_more_buttons(self, instance):
        read = Button(
            _("Read it now"), url=reverse(MAILBOX_READ, args=[instance.pk]), icon_name="download", priority=15
        )
        return [*super().get_list_more_buttons(instance), read]


class MailboxViewSet(ModelViewSet):
    model = Mailbox
    name = "wagtail_automation_mailbox"
    url_prefix = "automation/mailboxes"
    icon = "mail"
    menu_label = gettext_lazy("Mailboxes")
    menu_name = "automation-mailboxes"
    copy_view_enabled = False
    index_view_class = MailboxIndexView
    search_fields = ["name", "host", "username"]
    search_backend_name = None
    list_display = [
        "name",
        Column("host", label=gettext_lazy("Server")),
        StatusFlagColumn("is_active", label=gettext_lazy("State"), true_label=gettext_lazy("is read")),
        MomentColumn("read_at", label=gettext_lazy("Last read")),
        Column("error", label=gettext_lazy("Error")),
    ]
    panels = [
        FieldPanel("name"),
        MultiFieldPanel(
            [
                FieldPanel("protocol"),
                FieldRowPanel([FieldPanel("host"), FieldPanel("port")]),
                FieldPanel("use_ssl"),
                FieldPanel("username"),
                FieldPanel("secret"),
                FieldPanel("folder"),
            ],
            heading=gettext_lazy("Where it is"),
        ),
        FieldPanel("is_active"),
        MultiFieldPanel(
            [FieldPanel("relays_replies"), FieldPanel("authority")], heading=gettext_lazy("Answers")
        ),
    ]


def _warm_up(server: MailServer) -> str:
    """How far the plan of a server is, for the list."""
    progress = warming.progress(server, clock.now())
    if progress is None:
        return ""
    if progress.is_over:
        return _("finished")
    if progress.today is None:
        return _("begins on %(day)s") % {"day": date_format(server.warm_up_from)}
    return _("day %(number)d of %(days)d: %(sent)d of %(limit)d sent") % {
        "number": progress.today.number,
        "days": len(progress.days),
        "sent": progress.today.sent,
        "limit": progress.today.limit,
    }


class MailServerViewSet(ModelViewSet):
    model = MailServer
    name = "wagtail_automation_mail_server"
    url_prefix = "automation/mail-servers"
    icon = "site"
    menu_label = gettext_lazy("Mail servers")
    menu_name = "automation-mail-servers"
    copy_view_enabled = False
    search_fields = ["name", "host"]
    search_backend_name = None
    list_display = [
        "name",
        Column("host", label=gettext_lazy("Server")),
        Column("per_minute", label=gettext_lazy("A minute")),
        Column("warm_up", label=gettext_lazy("Warm-up"), accessor=_warm_up),
        Column("order", label=pgettext_lazy("sequence", "Order")),
        StatusFlagColumn("is_active", label=gettext_lazy("State"), true_label=gettext_lazy("in use")),
    ]
    panels = [
        FieldPanel("name"),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("host"), FieldPanel("port")]),
                FieldPanel("security"),
                FieldPanel("username"),
                FieldPanel("secret"),
            ],
            heading=pgettext_lazy("mail server", "Where it is"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("domains"),
                FieldPanel("campaigns", classname="wa-ticks"),
                FieldRowPanel([FieldPanel("order"), FieldPanel("per_minute")]),
            ],
            heading=gettext_lazy("What goes through it"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("warm_up_from", widget=DayInput),
                WarmUpPanel(),
                FieldPanel("warm_up_plan"),
                FieldRowPanel([FieldPanel("warm_up_begin"), FieldPanel("warm_up_end")]),
            ],
            heading=gettext_lazy("Warm-up plan"),
        ),
        FieldPanel("is_active"),
    ]
