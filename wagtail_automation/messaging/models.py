"""Emails, their compiled versions, messages and suppressed addresses; other models of the app stand in rooms
of their own."""

import uuid

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _
from modelcluster.models import ClusterableModel
from wagtail.models import (
    DraftStateMixin,
    LockableMixin,
    PreviewableMixin,
    RevisionMixin,
    TranslatableMixin,
    WorkflowMixin,
)

from wagtail_automation.audiences.categories.models import Category, category_field
from wagtail_automation.audiences.colours import Colour
from wagtail_automation.leads.models import Lead
from wagtail_automation.outbox import OutboxQuerySet, OutboxRow, waiting_indexes

from .brand.models import EmailSettings  # noqa: F401
from .delivery.models import (  # noqa: F401
    AddressChange,
    BounceKind,
    EarlyReport,
    LinkClick,
    Mailbox,
    MailServer,
    OriginPause,
    Pause,
    SendBucket,
)
from .fields import EmailBodyField
from .forms import EmailForm
from .newsletters.models import Newsletter as Newsletter
from .newsletters.models import NewsletterGroup as NewsletterGroup
from .newsletters.models import NewsletterRecipient as NewsletterRecipient
from .querysets import EmailVersionQuerySet, MessageQuerySet
from .writing.models import EmailTemplate, SenderProfile, SentBy  # noqa: F401  (models of this app)


class Email(
    WorkflowMixin,
    DraftStateMixin,
    LockableMixin,
    RevisionMixin,
    PreviewableMixin,
    TranslatableMixin,
    ClusterableModel,
):
    """What editors write. Each publication is compiled into an ``EmailVersion``; that is what is sent."""

    name = models.CharField(_("name"), max_length=160, help_text=_("Only seen by your team."))
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    preheader = models.CharField(
        _("preview text"),
        max_length=250,
        blank=True,
        help_text=_("Shown by mail programs after the subject."),
    )
    body = EmailBodyField(verbose_name=_("body"), blank=True)
    html = models.TextField(
        _("HTML of your own"),
        blank=True,
        help_text=_(
            "A whole document made elsewhere. It is cleaned and sent instead of the blocks; links in it are "
            "counted, and the way to unsubscribe is added where it has none."
        ),
    )
    text_part = models.TextField(
        _("text part"), blank=True, help_text=_("Empty: it is made from the blocks or the HTML.")
    )
    category = category_field(Category.Type.EMAIL)
    colour = models.CharField(_("colour"), max_length=10, choices=Colour.choices, default=Colour.GREY)
    sent_by = models.CharField(_("sent by"), max_length=8, choices=SentBy.choices, default=SentBy.SITE)
    sent_by_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Who sends it when a person does, and for leads without an owner."),
    )
    site = models.ForeignKey(
        "wagtailcore.Site",
        verbose_name=_("site"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Whose sender, look and addresses apply. Empty: the default site."),
    )
    is_transactional = models.BooleanField(
        _("answers an act of the person"),
        default=False,
        help_text=_(
            "An order, a booking, a password: sent by the site itself, with values of its own, without "
            "unsubscription. Campaigns and forms cannot send it."
        ),
    )

    base_form_class = EmailForm

    class Meta(TranslatableMixin.Meta):
        verbose_name = _("email")
        verbose_name_plural = _("emails")
        ordering = ["name"]
        permissions = [("write_mjml", "Can write MJML in emails")]

    def __str__(self):
        return self.name

    #: whose preview it is: the leads on offer are theirs to see
    previewed_by = None
    #: numbers of the leads that they asked to see it as
    previewed_as = ()

    @property
    def preview_modes(self):
        from . import preview

        return preview.modes(self.previewed_by, self, self.previewed_as)

    def serve_preview(self, request, mode_name):
        from . import preview

        return preview.respond(request, self, mode_name)

    def publish(self, revision, **kwargs):
        """As DraftStateMixin, in one transaction with the compiled version (``actions.compile_version``).

        The email is locked first, before its revisions, as saving a draft does.
        """
        with transaction.atomic():
            list(type(self).objects.select_for_update(of=("self",)).filter(pk=self.pk).values_list("pk"))
            return super().publish(revision, **kwargs)


class EmailVersion(models.Model):
    """One publication of an email, compiled to Liquid templates. Never changed afterwards."""

    email = models.ForeignKey(
        Email, verbose_name=_("email"), on_delete=models.SET_NULL, null=True, related_name="versions"
    )
    #: the same for all translations, and kept when the email is deleted
    translation_key = models.UUIDField(db_index=True)
    language = models.CharField(_("language"), max_length=20)
    name = models.CharField(_("name"), max_length=160)
    revision = models.ForeignKey(
        "wagtailcore.Revision", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    site = models.ForeignKey(
        "wagtailcore.Site", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    subject = models.TextField(_("subject"))
    html = models.TextField(_("HTML part"))
    text = models.TextField(_("text part"))
    #: ``{"<id of tracking.Link>": {"url": …, "label": …}}``: only these may be redirected to
    links = models.JSONField(default=dict)
    #: ``{"d1": [{"name": …, "rule": …}, …]}``: what is decided for each recipient (``choosing``)
    alternatives = models.JSONField(default=dict, blank=True)
    sent_by = models.CharField(_("sent by"), max_length=8, choices=SentBy.choices, default=SentBy.SITE)
    sent_by_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    is_current = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    objects = EmailVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of an email")
        verbose_name_plural = _("versions of emails")
        constraints = [
            models.UniqueConstraint(
                fields=["email"], condition=models.Q(is_current=True), name="wa_emailversion_one_current"
            ),
        ]

    def __str__(self):
        return f"{self.name} ({self.language})"


class EmailRow(OutboxRow):
    """Abstract: an email in an outbox, and what servers and providers said of it."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4)
    site = models.ForeignKey(
        "wagtailcore.Site", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    #: the person who lends name and Reply-To; empty: the site
    sent_by_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    #: the Message-ID header, without angle brackets; fixed when queued, so that a doubtful one can be found
    message_id = models.CharField(max_length=255, blank=True)
    #: what the server said, or more about the reason
    detail = models.CharField(_("detail"), max_length=255, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    #: what the provider calls the message in its reports
    provider_id = models.CharField(max_length=255, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    bounced_at = models.DateTimeField(_("bounced"), null=True, blank=True)
    bounce_kind = models.CharField(
        _("kind of bounce"), max_length=8, choices=BounceKind.choices, blank=True, default=""
    )
    complained_at = models.DateTimeField(_("reported as unwanted"), null=True, blank=True)

    class Meta:
        abstract = True


class Message(EmailRow):
    """One email to one lead: queued by an activity, handed over by the sender. Pins the email's version."""

    lead = models.ForeignKey(
        Lead, verbose_name=_("lead"), on_delete=models.CASCADE, related_name="email_messages"
    )
    email_version = models.ForeignKey(
        EmailVersion, verbose_name=_("email"), on_delete=models.PROTECT, related_name="messages"
    )
    #: what the person got in the places of Liquid values, for "view in browser"; emptied by retention
    variables = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    #: as chosen by what queued it; empty: as the email's version says
    sent_by = models.CharField(max_length=8, choices=SentBy.choices, blank=True)
    opened_at = models.DateTimeField(_("opened"), null=True, blank=True)
    clicked_at = models.DateTimeField(_("clicked"), null=True, blank=True)
    unsubscribed_at = models.DateTimeField(_("unsubscribed"), null=True, blank=True)
    #: the HMAC of the address it went to, since the person may have another one by now, and its domain
    sent_to = models.CharField(max_length=64, blank=True)
    domain = models.CharField(_("domain"), max_length=253, blank=True)
    replied_at = models.DateTimeField(_("answered"), null=True, blank=True)
    #: by a proxy or scanner, and never counted with people
    machine_opened_at = models.DateTimeField(_("loaded by a machine"), null=True, blank=True)
    machine_clicked_at = models.DateTimeField(_("followed by a machine"), null=True, blank=True)
    #: when a program followed the link that no person sees
    scanned_at = models.DateTimeField(null=True, blank=True)
    #: of the first human open or click: one of ``tracking.models.Device``
    device = models.CharField(_("device"), max_length=10, blank=True, default="")

    #: what comes later: read by whoever records it
    not_leased = (
        "uuid",
        "created_at",
        "opened_at",
        "clicked_at",
        "unsubscribed_at",
        "delivered_at",
        "bounced_at",
        "bounce_kind",
        "complained_at",
        "replied_at",
        "machine_opened_at",
        "machine_clicked_at",
        "scanned_at",
        "device",
    )

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [
            *waiting_indexes("message"),
            models.Index(
                fields=["lease_token"], condition=models.Q(state="in_hand"), name="wa_message_token"
            ),
            # whose turn it is, however many wait
            models.Index(
                fields=["origin", "not_before", "id"],
                condition=models.Q(state="queued"),
                name="wa_message_turn",
            ),
            # what a campaign sent today, and what of it is still open or went wrong
            models.Index(
                fields=["origin", "sent_at"], condition=models.Q(state="sent"), name="wa_message_origin_sent"
            ),
            models.Index(
                fields=["origin", "state", "not_before"],
                condition=models.Q(state__in=["queued", "in_hand", "doubtful", "failed"]),
                name="wa_message_origin_open",
            ),
            # whom a provider's report is about
            models.Index(
                fields=["provider_id"], condition=models.Q(provider_id__gt=""), name="wa_message_provider"
            ),
            # bounces and complaints of the last days: the rates
            models.Index(
                fields=["bounced_at"], condition=models.Q(bounced_at__isnull=False), name="wa_message_bounced"
            ),
        ]

    def __str__(self):
        return f"{self.email_version} → {self.lead}"


class DirectMessage(EmailRow):
    """One email to one address, finished when queued: confirmations, notifications, receipts.

    ``sent_by_user``: the person who lends name and Reply-To; empty: the site.

    Not marketing: no consent is asked and no unsubscription offered. Its content is emptied once it is
    sent.
    """

    to = models.CharField(_("to"), max_length=254)
    subject = models.TextField(_("subject"), blank=True)
    text = models.TextField(_("text part"), blank=True)
    html = models.TextField(_("HTML part"), blank=True)
    #: where an answer goes, instead of to whoever sends it
    reply_to = models.CharField(_("answers go to"), max_length=254, blank=True, default="")
    #: small files: ``name``, ``kind`` and ``content`` in Base64
    attachments = models.JSONField(default=list, blank=True)
    #: further headers by name, of those that ``mime.FURTHER`` lets in
    headers = models.JSONField(default=dict, blank=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("direct message")
        verbose_name_plural = _("direct messages")
        indexes = [
            *waiting_indexes("direct"),
            models.Index(
                fields=["provider_id"], condition=models.Q(provider_id__gt=""), name="wa_direct_provider"
            ),
        ]

    def __str__(self):
        return str(self.uuid)


class Suppression(models.Model):
    """An address that never gets mail. It is looked up by its HMAC, the only thing that an erased person
    leaves; ``address`` is for the people who look after the list, and emptied by an erasure."""

    class Reason(models.TextChoices):
        BOUNCE = "bounce", _("Bounced for good")
        COMPLAINT = "complaint", _("Complained")
        MANUAL = "manual", _("Added by hand")
        ERASED = "erased", _("Erased on request")

    address_hash = models.CharField(max_length=64, unique=True)
    reason = models.CharField(_("reason"), max_length=12, choices=Reason.choices)
    at = models.DateTimeField(_("since"), db_index=True)
    address = models.CharField(_("address"), max_length=254, blank=True)
    #: what the server said, or a note
    detail = models.CharField(_("detail"), max_length=255, blank=True)

    class Meta:
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")

    def __str__(self):
        return self.address or f"{self.address_hash[:12]}…"


# those that refer to models above
from .alerting.models import Alert, AlertNotice, AlertPost, AlertPostLead, AlertRecord  # noqa: E402, F401
from .channels.models import (  # noqa: E402, F401
    Channel,
    ChannelMessage,
    ChannelReply,
    ChannelVersion,
)
from .marketing.models import MarketingMessage  # noqa: E402, F401
from .push.models import PushMessage, PushSubscription  # noqa: E402, F401
from .sms.models import TextMessage  # noqa: E402, F401
