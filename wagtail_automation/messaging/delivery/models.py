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
