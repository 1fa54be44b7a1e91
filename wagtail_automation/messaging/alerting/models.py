"""Alerts, what they still have to tell, and who was told."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from wagtail_automation.leads.models import Lead, Team
from wagtail_automation.leads.people import name_of
from wagtail_automation.messaging.channels.models import Channel, ChannelRow
from wagtail_automation.outbox import OutboxQuerySet, waiting_indexes
from wagtail_automation.rules.fields import RuleField

from .forms import AlertForm


class Alert(models.Model):
    """Tell these people when this happens to a lead that matches this rule."""

    class To(models.TextChoices):
        OWNER = "owner", _("The owner; without one, the sales team")
        ONLY_OWNER = "only_owner", _("The owner; without one, nobody")
        SALES = "sales", _("The whole sales team")
        OTHERS = "others", _("Only those chosen below")

    class Digest(models.TextChoices):
        AT_ONCE = "", _("One message for each person, at once")
        HOUR = "hour", _("One message an hour about all")
        DAY = "day", _("One message a day about all")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=120, unique=True)
    is_active = models.BooleanField(_("active"), default=True)
    event = models.CharField(_("when this happens"), max_length=40)
    rule = RuleField(
        _("to people like these"), blank=True, help_text=_("As they are when it is noticed. Empty: anybody.")
    )
    text = models.TextField(_("message"), max_length=5000)
    to = models.CharField(_("who is told"), max_length=12, choices=To.choices, default=To.OWNER)
    team = models.ForeignKey(
        Team,
        verbose_name=_("also a team"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("also a person"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    address = models.EmailField(_("also an address"), blank=True)
    room = models.ForeignKey(
        Channel,
        verbose_name=_("also a chat"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        limit_choices_to={"medium": "room"},
        related_name="+",
        help_text=_("A channel for alerts. Everybody in that room reads about everybody."),
    )
    digest = models.CharField(_("how often"), max_length=4, choices=Digest.choices, blank=True, default="")
    #: everything up to this event has been looked at; up to the next one, at that moment
    seen_pk = models.BigIntegerField(default=0, editable=False)
    next_pk = models.BigIntegerField(default=0, editable=False)
    next_at = models.DateTimeField(null=True, editable=False)

    base_form_class = AlertForm

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["name"]

    def __str__(self):
        return self.name

    @property
    def told(self) -> str:
        """Who is told, for people."""
        names = [name_of(self.person), self.team, self.address, self.room]
        found = [self.get_to_display()] if self.to != self.To.OTHERS else []
        return ", ".join([*found, *(str(name) for name in names if name)])

    @property
    def event_label(self):
        from wagtail_automation.tracking import events

        return events.get(self.event).label


class AlertNotice(models.Model):
    """One event that an alert has to tell, once."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="notices")
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="+")
    event = models.BigIntegerField()
    at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alert", "event"], name="wa_alertnotice_once")]
        indexes = [
            models.Index(
                fields=["alert", "id"], condition=models.Q(told_at__isnull=True), name="wa_alertnotice_untold"
            )
        ]

    def __str__(self):
        return f"{self.alert}: {self.lead_id}"


class AlertRecord(models.Model):
    """Somebody was told about a lead. ``alert`` is empty where a step of a campaign asked for it."""

    alert = models.ForeignKey(
        Alert,
        verbose_name=_("alert"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="records",
    )
    lead = models.ForeignKey(
        Lead, verbose_name=_("lead"), on_delete=models.CASCADE, related_name="alert_records"
    )
    to = models.CharField(_("told"), max_length=254)
    origin = models.CharField(_("origin"), max_length=60, blank=True)
    at = models.DateTimeField(_("when"), db_index=True)

    class Meta:
        verbose_name = _("alert sent")
        verbose_name_plural = _("alerts sent")

    def __str__(self):
        return f"{self.lead} → {self.to}"


class AlertPost(ChannelRow):
    """What a room of a chat is told: by an alert, or by a step of a campaign. It is written when it is handed
    over, about the people who are still there; nothing about them stands in it."""

    alert = models.ForeignKey(
        Alert, verbose_name=_("alert"), on_delete=models.SET_NULL, null=True, blank=True, related_name="posts"
    )
    channel = models.ForeignKey(
        Channel,
        verbose_name=_("chat"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="posts",
    )
    #: as the author wrote it, with its Liquid
    text = models.TextField(_("message"))
    is_digest = models.BooleanField(default=False)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("alert in a chat")
        verbose_name_plural = _("alerts in chats")
        indexes = [
            *waiting_indexes("alertpost"),
        ]

    def __str__(self):
        return f"{self.alert or self.origin} → {self.channel or '–'}"


class AlertPostLead(models.Model):
    """One person whom a post is about."""

    post = models.ForeignKey(AlertPost, on_delete=models.CASCADE, related_name="people")
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "lead"], name="wa_alertpostlead_once")]

    def __str__(self):
        return f"{self.post_id}: {self.lead_id}"
