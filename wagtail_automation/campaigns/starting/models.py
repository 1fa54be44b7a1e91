"""Starts that are to happen or under way, and how far the clock of a trigger has been read."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Start(models.Model):
    """Once: the people of a trigger enter, chunk by chunk. ``key`` names the occasion, such as ``list:3``.

    A start that was interrupted goes on behind ``cursor``; whoever entered already is refused by the key.
    """

    identity = models.ForeignKey(
        "wagtail_automation_campaigns.StepIdentity", on_delete=models.CASCADE, related_name="starts"
    )
    key = models.CharField(max_length=80)
    #: when it was ordered; "since entry" counts from here
    since_at = models.DateTimeField()
    #: the last lead who was looked at
    cursor = models.BigIntegerField(default=0)
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("start")
        verbose_name_plural = _("starts")
        constraints = [models.UniqueConstraint(fields=["identity", "key"], name="wa_start_once")]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(done_at__isnull=True), name="wa_start_waiting")
        ]

    def __str__(self):
        return f"{self.identity_id}: {self.key}"


class TriggerClock(models.Model):
    """Until when a trigger that goes by the calendar has let everybody in."""

    identity = models.OneToOneField(
        "wagtail_automation_campaigns.StepIdentity",
        on_delete=models.CASCADE,
        related_name="clock",
        primary_key=True,
    )
    checked_at = models.DateTimeField()

    class Meta:
        verbose_name = _("clock of a trigger")
        verbose_name_plural = _("clocks of triggers")

    def __str__(self):
        return f"{self.identity_id}: {self.checked_at}"
