"""Mailboxes that are read for reports, and reports that came before their message was known."""

import datetime as dt

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from . import plans
from .forms import MailServerForm

#: the name of an entry of the setting SECRETS: never the secret itself
secret_name = RegexValidator(
    r"^[A-Za-z][A-Za-z0-9_.-]{0,59}$", _("A name of letters, digits, dots, hyphens and underscores.")
)


class BounceKind(models.TextChoices):
    """Why an email came back. Only a hard bounce says that the address is dead."""

    HARD = "hard", _("Hard: the address does not exist")
    SOFT = "soft", _("Soft: for now, such as a full mailbox")
    BLOCKED = "blocked", _("Blocked: refused for its content or sender")


class Mailbox(models.Model):
    """A mailbox read by IMAP or POP3: what mail servers and people answer to emails arrives there."""

    class Protocol(models.TextChoices):
        IMAP = "imap", _("IMAP")
        POP3 = "pop3", _("POP3")

    name = models.CharField(_("name"), max_length=80, unique=True)
    protocol = models.CharField(
        _("protocol"),
        max_length=4,
        choices=Protocol.choices,
        default=Protocol.IMAP,
        help_text=_("IMAP (mostly port 993) where there is a choice; else POP3 (mostly port 995)."),
    )
    host = models.CharField(_("server"), max_length=253)
    port = models.PositiveIntegerField(_("port"), default=993)
    use_ssl = models.BooleanField(_("encrypted (TLS)"), default=True)
    username = models.CharField(_("user name"), max_length=254)
    secret = models.CharField(
        _("password"),
        max_length=60,
        validators=[secret_name],
        help_text=_("Its name among the SECRETS of the site's settings; the password itself stays there."),
    )
    folder = models.CharField(
        _("folder"), max_length=120, default="INBOX", help_text=_("Of IMAP; POP3 has none.")
    )
    is_active = models.BooleanField(_("read it"), default=True)
    relays_replies = models.BooleanField(
        _("pass answers on"),
        default=False,
        help_text=_(
            "What a person answers to a campaign or newsletter goes to the colleague who looks after them, "
            "whose answer then goes to the person. Automatic answers and bounces are never passed on."
        ),
    )
    authority = models.CharField(
        _("who verifies senders"),
        max_length=253,
        blank=True,
        help_text=_(
            "The name at the beginning of “Authentication-Results” in a mail of this mailbox, such as "
            "mx.google.com: whether it could verify who wrote is told with an answer that is passed on. "
            "Empty: the one with the domain of the server."
        ),
    )
    #: where reading stands: RFC 3501 §2.3.1.1
    uid_validity = models.BigIntegerField(default=0, editable=False)
    last_uid = models.BigIntegerField(default=0, editable=False)
    #: by POP3: short digests of the names (UIDL) of mails that are read and still there
    seen = models.JSONField(default=list, blank=True, editable=False)
    read_at = models.DateTimeField(_("last read"), null=True, blank=True, editable=False)
    error = models.CharField(_("error"), max_length=255, blank=True, editable=False)

    class Meta:
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")
        ordering = ["name"]

    def __str__(self):
        return self.name


class EarlyReport(models.Model):
    """A provider's report about a message that is not known yet: the result of its hand-over is still being
    written. Looked at again for some minutes, then dropped. Holds no address."""

    provider_id = models.CharField(max_length=255)
    kind = models.CharField(max_length=16)
    data = models.JSONField(default=dict)
    at = models.DateTimeField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider_id", "kind"], name="wa_earlyreport_once"),
        ]

    def __str__(self):
        return f"{self.kind} {self.provider_id}"


class LinkClick(models.Model):
    """That one link of one message was followed; counted once, by a person or by a machine.

    ``human``: empty while it is not decided – a scanner at the receiving server follows all links within
    seconds, and only the next ones tell.
    """

    message = models.ForeignKey(
        "wagtail_automation_messaging.Message", on_delete=models.CASCADE, related_name="link_clicks"
    )
    #: id of ``tracking.Link``, and its number in the email's version
    link = models.UUIDField()
    number = models.PositiveSmallIntegerField()
    human = models.BooleanField(null=True)
    at = models.DateTimeField()
    #: evidence kept for an undecided one
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("followed link")
        verbose_name_plural = _("followed links")
        constraints = [
            models.UniqueConstraint(fields=["message", "number"], name="wa_linkclick_once"),
        ]
        indexes = [
            models.Index(fields=["at"], condition=models.Q(human__isnull=True), name="wa_linkclick_open"),
        ]

    def __str__(self):
        return f"{self.message_id}.{self.number}"


class Pause(models.Model):
    """A person wants no marketing emails until then; consent stays as it is."""

    lead = models.OneToOneField(
        "wagtail_automation_leads.Lead", on_delete=models.CASCADE, related_name="email_pause"
    )
    until = models.DateTimeField(_("until"))
    asked_at = models.DateTimeField(_("asked on"))

    class Meta:
        verbose_name = _("pause of emails")
        verbose_name_plural = _("pauses of emails")

    def __str__(self):
        return f"{self.lead_id} – {self.until:%Y-%m-%d}"


class AddressChange(models.Model):
    """A person asked to be written to at another address; done when that mailbox confirms it."""

    lead = models.ForeignKey("wagtail_automation_leads.Lead", on_delete=models.CASCADE, related_name="+")
    address = models.CharField(_("address"), max_length=254)
    language = models.CharField(max_length=20, blank=True)
    asked_at = models.DateTimeField(_("asked on"))
    done_at = models.DateTimeField(_("done"), null=True, blank=True)

    class Meta:
        verbose_name = _("change of address")
        verbose_name_plural = _("changes of addresses")

    def __str__(self):
        return str(self.lead_id)


class MailServer(models.Model):
    """A mail server beside the site's own, and which messages go through it."""

    class Security(models.TextChoices):
        TLS = "tls", _("STARTTLS")
        SSL = "ssl", _("TLS from the start")
        NONE = "none", _("None (only inside your own network)")

    name = models.CharField(_("name"), max_length=80, unique=True)
    host = models.CharField(_("server"), max_length=253)
    port = models.PositiveIntegerField(_("port"), default=587)
    security = models.CharField(_("encryption"), max_length=4, choices=Security.choices, default=Security.TLS)
    username = models.CharField(_("user name"), max_length=254, blank=True)
    secret = models.CharField(
        _("password"),
        max_length=60,
        blank=True,
        validators=[secret_name],
        help_text=_("Its name among the SECRETS of the site's settings; the password itself stays there."),
    )
    domains = models.TextField(
        _("for recipients at"),
        blank=True,
        help_text=_("Domains, one a line, such as gmail.com. Empty: all."),
    )
    campaigns = models.CharField(
        _("for campaigns"),
        max_length=250,
        blank=True,
        help_text=_("Their numbers, as they stand in the campaign's address, with commas. Empty: all."),
    )
    per_minute = models.PositiveIntegerField(
        _("messages a minute"), default=0, help_text=_("At most so many; 0: as fast as it goes.")
    )
    order = models.PositiveSmallIntegerField(
        _("order"), default=100, help_text=_("The first that fits a message gets it.")
    )
    is_active = models.BooleanField(_("in use"), default=True)
    warm_up_from = models.DateField(
        _("first day"),
        null=True,
        blank=True,
        help_text=_(
            "Of a new server, so that receivers come to know it. Before this day no marketing email goes "
            "through it, then as many a day as the plan says, after the plan as many as there are. "
            "Empty: no plan."
        ),
    )
    warm_up_plan = models.TextField(
        _("messages a day"),
        blank=True,
        validators=[plans.check],
        help_text=_(
            "One number a line, for each day. What is too much for today waits until tomorrow, and a day on "
            "which nothing was sent does not count. Answers to people's acts, such as receipts and "
            "confirmations, are counted and never held back."
        ),
    )
    warm_up_begin = models.TimeField(
        _("spread from"),
        null=True,
        blank=True,
        default=dt.time(8),
        help_text=_("The messages of a day go evenly between these times, in the site's time zone."),
    )
    warm_up_end = models.TimeField(
        _("spread until"),
        null=True,
        blank=True,
        default=dt.time(20),
        help_text=_("Both the same: over the whole day. Both empty: as fast as it goes."),
    )

    base_form_class = MailServerForm

    class Meta:
        verbose_name = _("mail server")
        verbose_name_plural = _("mail servers")
        ordering = ["order", "pk"]

    def __str__(self):
        return self.name


class SendBucket(models.Model):
    """The token bucket of one server: how many messages may go now, in all processes together.

    Beside them, for the same processes: ``server/origin``, where the line of those that wait ends (``at``);
    ``server@day``, how many went on a day of a plan (``tokens``, below zero) and until when the time is used
    that let them go (``at``); ``server@day/``, where the line of that day ends; and ``turn``, the origin that
    was looked at last.
    """

    name = models.CharField(max_length=40, primary_key=True)
    tokens = models.FloatField()
    at = models.DateTimeField()
    last = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        verbose_name = _("rate of sending")
        verbose_name_plural = _("rates of sending")

    def __str__(self):
        return self.name


class OriginPause(models.Model):
    """Messages of one origin (``campaign:12``) are held back, since too many of them came back."""

    origin = models.CharField(_("origin"), max_length=60, primary_key=True)
    reason = models.CharField(_("reason"), max_length=12)
    sent = models.PositiveIntegerField(_("sent"))
    bad = models.PositiveIntegerField(_("came back"))
    at = models.DateTimeField(_("since"))
    #: a person let it go on; counted anew from then
    resumed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("stopped sending")
        verbose_name_plural = _("stopped sendings")

    def __str__(self):
        return self.origin
