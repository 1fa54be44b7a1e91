"""What people agreed to: the ledger of facts and the present state drawn from it."""

import uuid

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock
from wagtail_automation.leads.querysets import ConsentRecordQuerySet


class Topic(models.Model):
    """A subject that people may subscribe to, such as "Offers"; its consents are about ``topic:<key>``."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.CharField(
        _("key"),
        max_length=50,
        unique=True,
        validators=[
            RegexValidator(
                r"\A[a-z][a-z0-9_-]*\Z", _("Use lower-case letters, digits, hyphens and underscores.")
            )
        ],
        help_text=_("The name in forms and in the consent ledger. It cannot be changed later."),
    )
    name = models.CharField(_("name"), max_length=100)
    description = models.TextField(_("description"), blank=True, max_length=1000)
    double_opt_in = models.BooleanField(
        _("confirm by email"),
        default=False,
        help_text=_("Consent given in a form counts once the person has followed the link of an email."),
    )
    is_archived = models.BooleanField(
        _("archived"), default=False, help_text=_("No longer offered; given consents are kept.")
    )
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name

    @property
    def subject(self) -> str:
        return f"topic:{self.key}"


class ConsentRecord(models.Model):
    """One fact of the ledger: on ``at``, the lead granted or withdrew ``subject``. Never changed afterwards.

    ``subject``: ``tracking``, ``email``, another channel, or ``topic:<key>``. ``how``: form, notice,
    preferences, unsubscribe, import, api, admin, merge… ``text``: what was shown then.
    """

    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead", on_delete=models.CASCADE, related_name="consent_records"
    )
    subject = models.CharField(_("subject"), max_length=60)
    granted = models.BooleanField(_("granted"))
    how = models.CharField(_("how"), max_length=100)
    text = models.TextField(_("text shown"), blank=True)
    site = models.ForeignKey(
        "wagtailcore.Site", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(_("when"))

    objects = ConsentRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent record")
        verbose_name_plural = _("consent records")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["lead", "at"], name="wa_consent_lead_at")]

    def __str__(self):
        return f"{self.subject} {'+' if self.granted else '-'} {self.at:%Y-%m-%d %H:%M}"

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise TypeError("The consent ledger is append-only.")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise TypeError("The consent ledger is append-only; only the erasure of a lead removes its records.")


class ConsentState(models.Model):
    """Where a lead stands on one subject now: the last fact, or the stricter one after a merge."""

    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead", on_delete=models.CASCADE, related_name="consent_states"
    )
    subject = models.CharField(_("subject"), max_length=60)
    granted = models.BooleanField(_("granted"))
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["subject"]
        constraints = [
            models.UniqueConstraint(fields=["lead", "subject"], name="wa_consent_state_lead_subject")
        ]
        indexes = [
            models.Index(
                fields=["subject", "lead"], condition=models.Q(granted=True), name="wa_consent_granted"
            )
        ]

    def __str__(self):
        return f"{self.subject} {'+' if self.granted else '-'}"


class ConsentConfirmation(models.Model):
    """A consent that waits for the person's own confirmation (double opt-in), and what became of it.

    ``text`` is what was shown when they agreed. ``address`` is where the link went: only that address is
    confirmed.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead", on_delete=models.CASCADE, related_name="consent_confirmations"
    )
    subject = models.CharField(_("subject"), max_length=60)
    address = models.CharField(_("email address"), max_length=254)
    how = models.CharField(_("how"), max_length=100)
    text = models.TextField(_("text shown"), blank=True)
    language = models.CharField(_("language"), max_length=35, blank=True)
    site = models.ForeignKey(
        "wagtailcore.Site", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    requested_at = models.DateTimeField(_("requested"))
    expires_at = models.DateTimeField(_("expires"))
    #: when each mail was asked for; the sender writes the last one into ``sent_count``
    asked_at = models.DateTimeField()
    asked_count = models.PositiveSmallIntegerField(default=1)
    sent_count = models.PositiveSmallIntegerField(default=0)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)

    class Meta:
        verbose_name = _("consent to be confirmed")
        verbose_name_plural = _("consents to be confirmed")
        ordering = ["-requested_at", "-pk"]
        indexes = [
            models.Index(
                fields=["asked_at"],
                condition=models.Q(sent_count__lt=models.F("asked_count")),
                name="wa_confirmation_unsent",
            )
        ]

    def __str__(self):
        return f"{self.subject} {self.requested_at:%Y-%m-%d %H:%M}"

    def state(self, now) -> str:
        """ "confirmed", "expired" or "pending"."""
        if self.confirmed_at is not None:
            return "confirmed"
        return "expired" if now >= self.expires_at else "pending"
