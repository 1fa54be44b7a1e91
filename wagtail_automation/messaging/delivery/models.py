"""Mailboxes that are read for reports, and reports that came before their message was known."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

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
    """A mailbox read by IMAP: what mail servers and people answer to emails arrives there."""

    name = models.CharField(_("name"), max_length=80, unique=True)
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
    folder = models.CharField(_("folder"), max_length=120, default="INBOX")
    is_active = models.BooleanField(_("read it"), default=True)
    #: where reading stands: RFC 3501 §2.3.1.1
    uid_validity = models.BigIntegerField(default=0, editable=False)
    last_uid = models.BigIntegerField(default=0, editable=False)
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
