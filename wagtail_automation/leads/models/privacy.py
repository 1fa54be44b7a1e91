"""What the law asks us to keep: suppressed addresses, erasures under way, who did what with personal data."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting


class SuppressedAddress(models.Model):
    """An address or number of somebody who was erased, known by its HMAC alone (``leads.suppression``).

    Marketing reaches it no more until the person consents again; nothing here says who that was.
    """

    kind = models.CharField(_("kind"), max_length=30)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")
        constraints = [models.UniqueConstraint(fields=["kind", "digest"], name="wa_suppressed_once")]

    def __str__(self):
        return f"{self.kind} {self.digest[:12]}…"


class PrivacyAct(models.Model):
    """Something done with personal data on purpose: who, when, whose (a number only), why. Never changed by
    people; an erasure empties the reasons of earlier acts."""

    class Kind(models.TextChoices):
        ERASURE = "erasure", _("Erasure")
        ANONYMISATION = "anonymisation", _("Anonymisation")
        DOWNLOAD = "download", _("Download of all data")
        CONSENT = "consent", _("Consent recorded by hand")
        RETENTION = "retention", _("Deleted after retention")

    kind = models.CharField(_("act"), max_length=20, choices=Kind.choices)
    lead_pk = models.BigIntegerField(_("number of the lead"), null=True, db_index=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    origin = models.CharField(_("origin"), max_length=100, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    details = models.JSONField(_("details"), default=dict)
    at = models.DateTimeField(_("when"), db_index=True)
    completed_at = models.DateTimeField(_("completed"), null=True)

    class Meta:
        verbose_name = _("privacy act")
        verbose_name_plural = _("privacy acts")
        ordering = ["-at", "-pk"]

    def __str__(self):
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"


class Erasure(models.Model):
    """A lead to be erased or anonymised, until nothing of it is left; ``leads.erasure`` works it off.

    ``texts`` and ``files`` hold what the second stage has to look for; the row is deleted when it is done.
    """

    class Mode(models.TextChoices):
        ERASE = "erase", _("Erase")
        ANONYMISE = "anonymise", _("Anonymise")

    class Stage(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SWEEPING = "sweeping", _("Looking for traces")

    lead_pk = models.BigIntegerField(unique=True)
    mode = models.CharField(max_length=10, choices=Mode.choices)
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.WAITING)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    origin = models.CharField(max_length=100, blank=True)
    reason = models.TextField(blank=True)
    texts = models.JSONField(default=list)
    files = models.JSONField(default=list)
    act = models.ForeignKey(PrivacyAct, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_at = models.DateTimeField()

    class Meta:
        verbose_name = _("erasure under way")
        verbose_name_plural = _("erasures under way")

    def __str__(self):
        return f"{self.lead_pk}: {self.stage}"


@register_setting(icon="lock", order=710)
class PrivacySettings(BaseSiteSetting):
    """What one site promises about consent."""

    minimum_age = models.PositiveSmallIntegerField(
        _("minimum age"),
        default=16,
        validators=[MaxValueValidator(25)],
        help_text=_(
            "Younger people are neither remembered nor written to for marketing. In France 15, in Germany 16,"
            " in the United States 13. 0 switches the check off."
        ),
    )
    email_double_opt_in = models.BooleanField(
        _("confirm consent to emails"),
        default=False,
        help_text=_(
            "Somebody who agrees to emails in a form first gets one with a link; the consent counts once "
            "they confirmed it. Topics have a setting of their own."
        ),
    )
    confirmation_days = models.PositiveSmallIntegerField(
        _("days to confirm"),
        default=7,
        validators=[MinValueValidator(1), MaxValueValidator(90)],
        help_text=_("The link of a confirmation email is good for so many days."),
    )

    panels = [
        FieldPanel("minimum_age"),
        FieldPanel("email_double_opt_in"),
        FieldPanel("confirmation_days"),
    ]

    class Meta:
        verbose_name = _("privacy settings")
        verbose_name_plural = _("privacy settings")

    def __str__(self):
        return str(self._meta.verbose_name)
