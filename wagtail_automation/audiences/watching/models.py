"""Watched rules with who matches them, and the events and changed leads still to be worked off."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from wagtail_automation.audiences.querysets import DirtyQuerySet, PlainQuerySet
from wagtail_automation.rules.fields import RuleField

from . import querysets


class Watch(models.Model):
    """A rule that is in force. ``owner`` says whose it is: ``score:12``, ``stage:3``.

    ``is_quiet``: whoever matches already at the first evaluation is noted, and nobody is told.
    """

    owner = models.CharField(max_length=60, unique=True)
    rule = RuleField(verbose_name=_("rule"))
    is_quiet = models.BooleanField(default=False)
    #: not evaluated yet since it was made
    is_new = models.BooleanField(default=True)
    due_at = models.DateTimeField(null=True)
    #: how often it is still to be evaluated soon
    looks = models.PositiveSmallIntegerField(default=2)
    refreshed_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)

    objects = querysets.WatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("watched rule")
        verbose_name_plural = _("watched rules")

    def __str__(self):
        return self.owner

    @property
    def kind(self) -> str:
        return self.owner.partition(":")[0]

    @property
    def owner_pk(self) -> int:
        return int(self.owner.partition(":")[2])


class WatchFact(models.Model):
    """A fact that a watched rule depends on."""

    watch = models.ForeignKey(Watch, on_delete=models.CASCADE, related_name="facts")
    fact = models.CharField(max_length=160)

    objects = PlainQuerySet.as_manager()

    class Meta:
        verbose_name = _("fact of a watched rule")
        verbose_name_plural = _("facts of watched rules")
        constraints = [models.UniqueConstraint(fields=["fact", "watch"], name="wa_watch_fact")]

    def __str__(self):
        return self.fact


class WatchDirty(models.Model):
    """A lead that changed in what a watched rule depends on; append only, as ``DirtyLead``."""

    lead_id = models.BigIntegerField()
    fact = models.CharField(max_length=160)

    objects = DirtyQuerySet.as_manager()

    class Meta:
        verbose_name = _("changed lead of a watched rule")
        verbose_name_plural = _("changed leads of watched rules")

    def __str__(self):
        return f"{self.lead_id}: {self.fact}"


class WatchMatch(models.Model):
    """A lead that matches the rule, or once did. The row stays, so that "once" means once."""

    watch = models.ForeignKey(Watch, on_delete=models.CASCADE, related_name="matches", db_index=False)
    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    matches = models.BooleanField(default=True)
    since_at = models.DateTimeField()

    objects = PlainQuerySet.as_manager()

    class Meta:
        verbose_name = _("match of a watched rule")
        verbose_name_plural = _("matches of watched rules")
        constraints = [models.UniqueConstraint(fields=["watch", "lead"], name="wa_watch_match")]
        indexes = [models.Index(fields=["lead"], name="wa_watch_of_lead")]

    def __str__(self):
        return f"{self.watch_id} ← {self.lead_id}"


class Listener(models.Model):
    """Somebody wants events of this name (about this object, unless null): ``owner`` as of a watch."""

    owner = models.CharField(max_length=60)
    event = models.CharField(max_length=40)
    object_key = models.UUIDField(null=True)

    objects = PlainQuerySet.as_manager()

    class Meta:
        verbose_name = _("listener")
        verbose_name_plural = _("listeners")
        indexes = [
            models.Index(fields=["event"], name="wa_listener_event"),
            models.Index(fields=["owner"], name="wa_listener_owner"),
        ]

    def __str__(self):
        return f"{self.owner}: {self.event}"


class PendingEvent(models.Model):
    """A copy of an event that somebody listens to, written in the event's own transaction and deleted in
    the one that works it off: no cursor that could pass an event whose transaction commits late."""

    lead_id = models.BigIntegerField()
    name = models.CharField(max_length=40)
    object_kind = models.SmallIntegerField(null=True)
    object_key = models.UUIDField(null=True)
    url = models.TextField(blank=True)
    value = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)
    channel = models.CharField(max_length=20, blank=True)
    at = models.DateTimeField()
    #: as an Event says it; machine traffic is never copied
    human = True

    objects = querysets.PendingQuerySet.as_manager()

    class Meta:
        verbose_name = _("event to be worked off")
        verbose_name_plural = _("events to be worked off")
        indexes = [models.Index(fields=["lead_id"], name="wa_pending_lead")]

    def __str__(self):
        return f"{self.name} {self.at:%Y-%m-%d %H:%M:%S}"
