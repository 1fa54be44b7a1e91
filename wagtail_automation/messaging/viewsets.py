"""Emails and messages in the admin."""

from django.contrib.admin.utils import quote
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.admin.ui.tables import BooleanColumn, Column, LiveStatusTagColumn, LocaleColumn
from wagtail.admin.utils import set_query_params
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.widgets.button import Button
from wagtail.models import Locale
from wagtail.snippets.views.snippets import CopyView, CreateView, EditView, IndexView, SnippetViewSet

from wagtail_automation.admin.readonly import ReadOnlyIndexView, ReadOnlyModelAdmin, titled
from wagtail_automation.admin.strict import ImageChooser
from wagtail_automation.admin.tables import ChangedColumn
from wagtail_automation.audiences.categories.viewsets import ColourName, DotColumn, category_column
from wagtail_automation.leads.records import LeadRecordAdmin

from . import resending
from .choosers import EmailChooserViewSet, EmailTemplateChooserViewSet
from .models import DirectMessage, Email, EmailSettings, EmailTemplate, Message, SenderProfile
from .names import DIRECT_PATH, MESSAGES_PATH, RESEND_ALL_URL, RESEND_URL, TEST_URL
from .panels import ChecksPanel, EmailBodyPanel, SchedulePanel, ValuesPanel
from .reasons import explain
from .writing import starting
from .writing import views as writing_views


def test_button(email) -> Button:
    return Button(
        _("Send a test"),
        url=reverse(TEST_URL, args=[quote(email.pk)]),
        icon_name="mail",
        priority=15,
    )


def results_button(email) -> Button:
    return Button(
        _("Statistics and people"),
        url=reverse("wa_email_statistics", args=[quote(email.pk)]),
        icon_name="order",
        priority=14,
    )


def save_as_button(email) -> Button:
    return Button(
        _("Save as template"),
        url=reverse(writing_views.SAVE_AS_URL, args=[quote(email.pk)]),
        icon_name="copy",
        priority=16,
    )


class EmailIndexView(IndexView):
    """A new email begins with a design, a template or nothing."""

    def get_add_url(self):
        return set_query_params(reverse(writing_views.START_URL), {"locale": self._language()})

    def _language(self):
        return self.locale.language_code if self.locale else None

    def get_list_more_buttons(self, instance):
        return [*super().get_list_more_buttons(instance), results_button(instance), test_button(instance)]

    def get_base_queryset(self):
        return super().get_base_queryset().select_related("category").defer("body", "html", "text_part")


class EmailCreateView(CreateView):
    """``?begin=``: a design or template to begin with. Its preview offers leads that this person may see."""

    def get_initial_form_instance(self):
        email = super().get_initial_form_instance() or Email()
        locale = self.locale or Locale.get_default()
        email = starting.begun_with(self.request.GET.get("begin", ""), locale, email)
        email.previewed_by = self.request.user
        return email


class EmailEditView(EditView):
    """Its preview offers leads that this person may see."""

    def get_object(self, queryset=None):
        email = super().get_object(queryset)
        email.previewed_by = self.request.user
        email.previewed_as = writing_views.asked_for(self.request)
        return email

    @cached_property
    def header_more_buttons(self):
        buttons = [
            *super().header_more_buttons,
            results_button(self.object),
            test_button(self.object),
            Button(
                _("Preview as somebody else"),
                url=reverse(writing_views.PREVIEW_AS_URL, args=[quote(self.object.pk)]),
                icon_name="view",
                priority=14,
            ),
        ]
        if self.request.user.has_perm("wagtail_automation_messaging.add_emailtemplate"):
            buttons.append(save_as_button(self.object))
        return buttons


class EmailCopyView(CopyView):
    """A copy is another email: nothing that happened to the first is about it."""

    def get_object(self, queryset=None):
        email = super().get_object(queryset)
        email.translation_key = Email._meta.get_field("translation_key").get_default()
        return email


class EmailViewSet(SnippetViewSet):
    """Emails are snippets: drafts, workflow, locking, scheduling and comparison are Wagtail's."""

    model = Email
    icon = "mail"
    menu_label = gettext_lazy("Emails")
    url_prefix = "automation/emails"
    url_namespace = "wagtail_automation_emails"
    list_display = [
        "name",
        "subject",
        category_column(),
        DotColumn("colour", label=gettext_lazy("Colour"), accessor=ColourName),
        LocaleColumn(),
        ChangedColumn(label=gettext_lazy("Updated")),
        LiveStatusTagColumn(label=gettext_lazy("Status")),
    ]
    list_filter = ["live", "category", "colour"]
    search_fields = ["name", "subject"]
    search_backend_name = None
    copy_view_enabled = True
    index_view_class = EmailIndexView
    add_view_class = EmailCreateView
    edit_view_class = EmailEditView
    copy_view_class = EmailCopyView
    chooser_viewset_class = EmailChooserViewSet
    panels = [
        FieldPanel("name"),
        MultiFieldPanel(
            [FieldPanel("subject"), FieldPanel("preheader")], heading=gettext_lazy("In the list of messages")
        ),
        ValuesPanel(heading=gettext_lazy("Personal values"), classname="collapsed"),
        EmailBodyPanel("body"),
        ChecksPanel(heading=gettext_lazy("Checks")),
        MultiFieldPanel(
            [FieldPanel("sent_by"), FieldPanel("sent_by_user"), FieldPanel("site")],
            heading=gettext_lazy("Sender"),
        ),
        MultiFieldPanel(
            [FieldPanel("html"), FieldPanel("text_part")],
            heading=gettext_lazy("HTML and text of your own"),
            classname="collapsed",
        ),
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("category"), FieldPanel("colour")]), FieldPanel("is_transactional")],
            heading=gettext_lazy("Order and purpose"),
        ),
        SchedulePanel(),
    ]


class EmailTemplateViewSet(SnippetViewSet):
    """What users kept of their emails, for the next ones."""

    model = EmailTemplate
    icon = "copy"
    chooser_viewset_class = EmailTemplateChooserViewSet
    menu_label = gettext_lazy("Email templates")
    url_prefix = "automation/email-templates"
    url_namespace = "wagtail_automation_email_templates"
    list_display = [
        "name",
        category_column(),
        DotColumn("colour", label=gettext_lazy("Colour"), accessor=ColourName),
        BooleanColumn("is_published", label=gettext_lazy("Published")),
        ChangedColumn(label=gettext_lazy("Updated")),
    ]
    list_filter = ["is_published", "category", "colour"]
    search_fields = ["name", "subject", "description"]
    search_backend_name = None
    copy_view_enabled = True
    panels = [
        FieldPanel("name"),
        FieldPanel("description"),
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("category"), FieldPanel("colour")]), FieldPanel("is_published")],
            heading=gettext_lazy("Order"),
        ),
        MultiFieldPanel(
            [FieldPanel("subject"), FieldPanel("preheader")], heading=gettext_lazy("In the list of messages")
        ),
        EmailBodyPanel("body"),
        MultiFieldPanel(
            [FieldPanel("html")], heading=gettext_lazy("HTML of your own"), classname="collapsed"
        ),
    ]


class SenderProfileViewSet(ModelViewSet):
    """How people of the site sign emails."""

    model = SenderProfile
    name = "wagtail_automation_sender_profile"
    url_prefix = "automation/senders"
    icon = "user"
    menu_label = gettext_lazy("Senders")
    menu_name = "automation-senders"
    add_to_reference_index = False
    copy_view_enabled = False
    list_display = [Column("user", label=gettext_lazy("Person"), accessor=str), "role", "reply_to"]
    panels = [
        FieldPanel("user"),
        FieldPanel("name"),
        FieldPanel("role"),
        FieldPanel("photo", widget=ImageChooser),
        FieldPanel("signature"),
        FieldPanel("reply_to"),
    ]


EmailSettings.panels = [
    MultiFieldPanel(
        [
            FieldPanel("sender_name"),
            FieldPanel("sender_address"),
            FieldPanel("reply_to"),
            FieldPanel("return_path"),
        ],
        heading=gettext_lazy("Sender"),
    ),
    FieldPanel("postal_address"),
    FieldPanel("social_profiles"),
    MultiFieldPanel(
        [
            FieldPanel("logo", widget=ImageChooser),
            FieldPanel("accent_colour"),
            FieldPanel("text_colour"),
            FieldPanel("background_colour"),
            FieldPanel("heading_font"),
            FieldPanel("body_font"),
            FieldPanel("heading_stack"),
            FieldPanel("body_stack"),
        ],
        heading=gettext_lazy("Look"),
    ),
]


class OutboxIndexView(ReadOnlyIndexView):
    """With a button for those who may send again what was given up."""

    def get_context_data(self, **kwargs):
        may = self.request.user.has_perm(f"wagtail_automation_messaging.change_{self.model._meta.model_name}")
        url = reverse(RESEND_ALL_URL, args=[self.model_admin.kind]) if may else ""
        return super().get_context_data(resend_all_url=url, **kwargs)


class OutboxMixin:
    """State and reason in words, and a way to send again what is doubtful or was given up."""

    index_view_class = OutboxIndexView
    index_template_name = "wagtail_automation/messaging/outbox.html"
    section = "sent"
    menu_icon = "mail"
    ordering = ["-pk"]
    kind = ""
    inspect_labels = {
        "state": gettext_lazy("State"),
        "reason": gettext_lazy("Reason"),
        "attempts": gettext_lazy("Attempts"),
        "created_at": gettext_lazy("Created"),
        "not_before": gettext_lazy("Not before"),
        "message_id": gettext_lazy("Message-ID"),
        "origin": gettext_lazy("Origin"),
    }

    def state_shown(self, message):
        if not resending.may_go_again(message):
            return message.get_state_display()
        url = reverse(RESEND_URL, args=[self.kind, message.pk])
        return format_html('{} · <a href="{}">{}</a>', message.get_state_display(), url, _("Send it again…"))

    state_shown.short_description = gettext_lazy("state")
    state_shown.admin_order_field = "state"

    def why(self, message):
        return explain(message.reason) or "–"

    why.short_description = gettext_lazy("reason")


class MessageAdmin(OutboxMixin, LeadRecordAdmin):
    """Every message with its state and the reason; written by the sender alone."""

    model = Message
    menu_label = gettext_lazy("Messages")
    menu_order = 120
    kind = "email"
    base_url_path = MESSAGES_PATH
    list_display = ["lead", "email", "state_shown", "why", "sent_at", "opened_at", "clicked_at"]
    list_filter = [("state", titled(gettext_lazy("state"))), "sent_at", "email_version__language"]
    search_fields = ["lead__email", "lead__last_name", "email_version__name", "email_version__subject"]
    list_export = [
        "lead",
        "email",
        "state",
        "reason",
        "detail",
        "created_at",
        "sent_at",
        "opened_at",
        "clicked_at",
        "unsubscribed_at",
    ]
    export_filename = "messages"
    inspect_view_fields = [
        "lead",
        "email_version",
        "state",
        "reason",
        "detail",
        "attempts",
        "created_at",
        "not_before",
        "sent_at",
        "opened_at",
        "clicked_at",
        "unsubscribed_at",
        "message_id",
        "origin",
    ]

    def get_queryset(self, request):
        related = super().get_queryset(request).select_related("lead", "email_version")
        return related.defer("email_version__html", "email_version__text", "variables")

    def email(self, message):
        return str(message.email_version)

    email.short_description = gettext_lazy("email")
    email.admin_order_field = "email_version__name"


class DirectMessageAdmin(OutboxMixin, ReadOnlyModelAdmin):
    """Confirmations, notifications, receipts, tests: to whom and what became of them, never their content."""

    model = DirectMessage
    menu_label = gettext_lazy("Direct messages")
    menu_order = 130
    base_url_path = DIRECT_PATH
    kind = "direct"
    list_display = ["to", "state_shown", "why", "sent_at"]
    list_filter = [("state", titled(gettext_lazy("state"))), "sent_at"]
    search_fields = ["to", "message_id"]
    inspect_view_fields = [
        "to",
        "state",
        "reason",
        "detail",
        "attempts",
        "created_at",
        "not_before",
        "sent_at",
        "message_id",
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("subject", "text", "html", "attachments", "headers")

    def inspect_title(self, message):
        return message.to
