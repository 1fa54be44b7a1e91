"""Campaigns as people write them, the versions that run, the people inside and what happened to them."""

import uuid

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _
from wagtail.models import DraftStateMixin, LockableMixin, RevisionMixin, WorkflowMixin
from wagtail.search import index

from wagtail_automation import clock
from wagtail_automation.audiences.categories.models import Category, category_field
from wagtail_automation.audiences.colours import Colour
from wagtail_automation.rules.fields import RuleField

from . import querysets
from .limits.models import ContactLimits, ContactSettings  # noqa: F401  (a model of this app)
from .outcomes import Outcome
from .starting.models import Start, TriggerClock  # noqa: F401  (models of this app)
from .tree.fields import CampaignTreeField

#: Columns of a campaign that ``actions`` alone writes: an old draft must not bring old values back.
ENGINE_COLUMNS = ("state", "current_version")


class State(models.TextChoices):
    """Whether people move. Publishing and unpublishing is Wagtail's, and decides whether they may enter."""

    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    STOPPED = "stopped", _("Stopped")


class Reentry(models.TextChoices):
    """Whether somebody who was in the campaign may enter again."""

    NEVER = "never", _("Never")
    EACH = "each", _("Each time it is triggered")
    AFTER = "after", _("After some days")


class Limits(models.TextChoices):
    """Which rules hold for the messages of a campaign."""

    SITE = "site", _("Those of the site")
    OWN = "own", _("Its own, set here")
    NONE = "none", _("None")


class AtEnd(models.TextChoices):
    """What becomes of the people inside when a campaign's end has come."""

    FINISH = "finish", _("They go on to the end")
    LEAVE = "leave", _("They leave at once")


class AtRemoved(models.TextChoices):
    """What becomes of the people at a step that a new version does not have any more."""

    NEXT = "next", _("They go on at the next step that is left")
    LEAVE = "leave", _("They leave the campaign")


class Campaign(WorkflowMixin, DraftStateMixin, LockableMixin, RevisionMixin, index.Indexed, ContactLimits):
    """A tree of steps. What runs is its ``current_version``, compiled when it was last published."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=160)
    description = models.TextField(_("description"), blank=True)
    tree = CampaignTreeField(verbose_name=_("steps"), blank=True)
    reentry = models.CharField(
        _("may enter again"), max_length=8, choices=Reentry.choices, default=Reentry.NEVER
    )
    reentry_days = models.PositiveSmallIntegerField(
        _("days before entering again"),
        default=30,
        validators=[MinValueValidator(1)],
        help_text=_("Counted from the last time they entered."),
    )
    category = category_field(Category.Type.CAMPAIGN)
    colour = models.CharField(_("colour"), max_length=10, choices=Colour.choices, default=Colour.GREY)
    starts_at = models.DateTimeField(
        _("start"), null=True, blank=True, help_text=_("Nobody enters before. Empty: at once.")
    )
    ends_at = models.DateTimeField(
        _("end"), null=True, blank=True, help_text=_("Nobody enters any more. Empty: never.")
    )
    at_end = models.CharField(
        _("people inside at the end"), max_length=8, choices=AtEnd.choices, default=AtEnd.FINISH
    )
    at_removed = models.CharField(
        _("people at removed steps"),
        max_length=5,
        choices=AtRemoved.choices,
        default=AtRemoved.NEXT,
        help_text=_("When the campaign is published. Where no step is left behind theirs they leave."),
    )
    goal = RuleField(
        _("goal"),
        blank=True,
        help_text=_("Who has reached it leaves with success before the next step."),
    )
    exit_rule = RuleField(
        _("leave when"), blank=True, help_text=_("Of whom this is true leaves before the next step.")
    )
    holdout = models.PositiveSmallIntegerField(
        _("held out, in percent"),
        default=0,
        validators=[MaxValueValidator(90)],
        help_text=_("This share of the people gets nothing, to compare with. Always the same people."),
    )
    limits = models.CharField(
        _("limits for messages"), max_length=5, choices=Limits.choices, default=Limits.SITE
    )
    state = models.CharField(
        _("state"), max_length=8, choices=State.choices, default=State.RUNNING, editable=False
    )
    current_version = models.ForeignKey(
        "CampaignVersion", on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    #: of an imported draft: what its steps refer to and this site does not have (``transfer.missing``)
    missing = models.JSONField(default=list, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    objects = querysets.CampaignQuerySet.as_manager()

    search_fields = [
        index.SearchField("name"),
        index.AutocompleteField("name"),
        index.SearchField("description"),
        index.FilterField("state"),
    ]

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["name"]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        """As Django's, but an edit form that was open meanwhile does not undo a pause or a publication."""
        if not self._state.adding and self.pk and kwargs.get("update_fields") is None:
            kwargs["update_fields"] = [
                field.name
                for field in self._meta.concrete_fields
                if not field.primary_key and field.name not in ENGINE_COLUMNS
            ]
        super().save(*args, **kwargs)

    def clean(self):
        super().clean()
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": _("The end lies before the start.")})

    def publish(self, revision, **kwargs):
        """As Wagtail's, in one transaction with the version: a tree that cannot run changes nothing.

        The campaign is locked first: a draft that is being saved meanwhile takes the campaign and then its
        revisions, and publishing would take them the other way round.
        """
        with transaction.atomic():
            querysets.lock_in_order(Campaign.objects.filter(pk=self.pk))
            return super().publish(revision, **kwargs)

    @property
    def is_running(self) -> bool:
        return bool(self.live and self.state == State.RUNNING and self.current_version_id)

    def with_content_json(self, content):
        """As Wagtail's; state and version belong to the campaign as a whole, not to a revision."""
        campaign = super().with_content_json(content)
        for name in ENGINE_COLUMNS:
            field = self._meta.get_field(name)
            setattr(campaign, field.attname, getattr(self, field.attname))
        return campaign


class CampaignVersion(models.Model):
    """One publication of a campaign, compiled to steps. Never changed afterwards."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("number"))
    #: names the version in the memory of every process: primary keys come back after a restore
    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    first = models.ForeignKey("StepIdentity", on_delete=models.SET_NULL, null=True, related_name="+")
    published_at = models.DateTimeField(_("published"))
    #: what holds for every step: ``{"goal", "exit"}`` (rules as JSON), ``"limits"`` (None: the site's),
    #: ``"removed"`` (what becomes of people at steps that are gone)
    rules = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("version of a campaign")
        verbose_name_plural = _("versions of campaigns")
        ordering = ["campaign", "number"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="wa_campaignversion_number")
        ]

    def __str__(self):
        return str(_("Version %(number)s") % {"number": self.number})


class StepIdentity(models.Model):
    """The small number of a step, the same in all versions: what people and the log point at."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="identities")
    uuid = models.UUIDField()

    objects = querysets.StepIdentityQuerySet.as_manager()

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        constraints = [models.UniqueConstraint(fields=["campaign", "uuid"], name="wa_stepidentity_uuid")]

    def __str__(self):
        return str(self.uuid)


class Step(models.Model):
    """One step of one version: what it does and where each of its branches leads."""

    version = models.ForeignKey(CampaignVersion, on_delete=models.CASCADE, related_name="steps")
    identity = models.ForeignKey(StepIdentity, on_delete=models.CASCADE, related_name="steps")
    type = models.CharField(max_length=80)
    name = models.CharField(max_length=80, blank=True)
    config = models.JSONField(default=dict)
    #: ``{branch: pk of the StepIdentity it leads to}``; a branch that is not named ends
    edges = models.JSONField(default=dict)
    position = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("step of a version")
        verbose_name_plural = _("steps of versions")
        ordering = ["version", "position"]
        constraints = [models.UniqueConstraint(fields=["version", "identity"], name="wa_step_once_a_version")]

    def __str__(self):
        return self.name or self.type


class TriggerSubscription(models.Model):
    """An event that starts a campaign; only of current versions. One indexed query per recorded event."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="subscriptions")
    identity = models.ForeignKey(StepIdentity, on_delete=models.CASCADE, related_name="+")
    type = models.CharField(max_length=80)
    event = models.CharField(max_length=80)
    #: key of the object the event must be about; null: any
    object_key = models.UUIDField(null=True)
    config = models.JSONField(default=dict)

    objects = querysets.TriggerSubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("trigger")
        verbose_name_plural = _("triggers")
        indexes = [models.Index(fields=["event", "object_key"], name="wa_subscription_event")]

    def __str__(self):
        return f"{self.event} → {self.campaign_id}"


class AwaitedFact(models.Model):
    """A fact that a decision of a current version waits for (names as in ``signals.facts_changed``)."""

    identity = models.ForeignKey(StepIdentity, on_delete=models.CASCADE, related_name="+")
    fact = models.CharField(max_length=100)

    class Meta:
        verbose_name = _("awaited fact")
        verbose_name_plural = _("awaited facts")
        constraints = [models.UniqueConstraint(fields=["fact", "identity"], name="wa_awaitedfact_once")]

    def __str__(self):
        return f"{self.fact} → {self.identity_id}"


class FactNote(models.Model):
    """Something awaited became true of a lead; written in the transaction that changed it.

    A note, and not an update of the enrollment: the engine may hold the enrollment's lock, and a page
    request must neither wait for it nor deadlock with it. The walker settles notes before it walks.
    """

    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead", on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    fact = models.CharField(max_length=100)

    objects = querysets.FactNoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("note of a changed fact")
        verbose_name_plural = _("notes of changed facts")

    def __str__(self):
        return f"{self.fact}: {self.lead_id}"


class Enrollment(models.Model):
    """One lead on its way through one campaign. Written by the engine once per walk, where it rests."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, db_index=False, related_name="enrollments"
    )
    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead", on_delete=models.CASCADE, related_name="enrollments"
    )
    #: "" where one may enter once, else the key of what made the lead enter this time
    key = models.CharField(max_length=120, blank=True)
    #: the version that was current when it entered or last moved
    version = models.ForeignKey(
        CampaignVersion, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    #: where it is; null when it has left
    step = models.ForeignKey(
        StepIdentity, on_delete=models.CASCADE, null=True, related_name="enrollments", db_index=False
    )
    #: grows along the way and never repeats: with the enrollment's id it names one act
    visit = models.PositiveIntegerField(default=0)
    #: when the engine should look again; null while held or finished
    due_at = models.DateTimeField(null=True)
    #: when its waiting at this step ends; null while it has not begun
    deadline_at = models.DateTimeField(null=True)
    entered_at = models.DateTimeField(_("entered"))
    #: server time of the event that made it enter: "since entry" counts from here
    since_at = models.DateTimeField()
    finished_at = models.DateTimeField(_("left"), null=True)
    left_reason = models.CharField(_("reason of leaving"), max_length=120, blank=True)
    #: why it cannot go on until the campaign is published again: a code of ``reasons``
    held_reason = models.TextField(_("held"), blank=True)

    objects = querysets.EnrollmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("enrollment")
        verbose_name_plural = _("enrollments")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "lead", "key"], name="wa_enrollment_once_a_key")
        ]
        indexes = [
            models.Index(
                fields=["step", "due_at"], condition=models.Q(step__isnull=False), name="wa_enrollment_due"
            ),
            # those held are few, and monitoring lists them all
            models.Index(
                fields=["id"],
                condition=models.Q(step__isnull=False, due_at__isnull=True),
                name="wa_enrollment_held",
            ),
        ]

    def __str__(self):
        return f"{self.campaign_id}: {self.lead_id} {self.key}".strip()


class StepLog(models.Model):
    """What happened to an enrollment at one visit. Append-only; the key makes an act unrepeatable."""

    pk = models.CompositePrimaryKey("enrollment_id", "visit")
    enrollment = models.ForeignKey(
        Enrollment, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="log"
    )
    visit = models.PositiveIntegerField()
    step = models.ForeignKey(
        StepIdentity, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    outcome = models.PositiveSmallIntegerField(choices=Outcome.choices)
    branch = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=40, blank=True)
    detail = models.JSONField(null=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("step log entry")
        verbose_name_plural = _("step log")
        # what the log in the admin is read by: by time alone, or so many of each step and outcome. A walk
        # writes one moment for a whole chunk, so that PostgreSQL keeps both small: equal keys stand once
        indexes = [
            models.Index(fields=["at"], name="wa_steplog_at"),
            models.Index(fields=["step", "outcome", "at"], name="wa_steplog_step"),
        ]

    def __str__(self):
        return f"{self.enrollment_id}:{self.visit} {self.get_outcome_display()}"


class StepTally(models.Model):
    """How many people a walk took through a branch of a step; summed for the editor's cards.

    One row per walk, since two walkers must not wait for each other at a counter; the beat adds up those
    of a day.
    """

    step = models.ForeignKey(StepIdentity, on_delete=models.CASCADE, related_name="tallies")
    outcome = models.PositiveSmallIntegerField(choices=Outcome.choices)
    branch = models.CharField(max_length=40, blank=True)
    #: why they left, "" for other outcomes; without the editor's own words
    reason = models.CharField(max_length=40, blank=True)
    #: of the site's zone; null for what was counted before days were
    day = models.DateField(null=True)
    count = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("count of a step")
        verbose_name_plural = _("counts of steps")

    def __str__(self):
        return f"{self.step_id} {self.branch}: {self.count}"
