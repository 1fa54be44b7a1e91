"""Experiments, their variants, who was shown which, and what they did then."""

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock

from . import querysets

MOST_VARIANTS = 10


class Experiment(models.Model):
    """Two or more variants of one thing, shown at random and compared by what people do.

    ``place`` says what it belongs to (``page:12:hero``, ``email:<uuid>``) and is unique, so that whoever owns
    the variants finds it again. ``metric`` is what counts: "goal" (then ``goal`` says which) or whatever name
    the owner reports to ``actions.convert``, such as "click", "open", "form". ``least`` is the number of
    people that each variant needs before anything is concluded. ``share``: percent of people who take part.
    """

    class AtEnd(models.TextChoices):
        FIRST = "first", _("keep the first variant")
        LEADER = "leader", _("take the variant that leads, even without proof")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=200)
    place = models.CharField(max_length=120, unique=True, editable=False)
    metric = models.CharField(max_length=20, default="click", editable=False)
    goal = models.ForeignKey(
        "wagtail_automation_audiences.Goal",
        verbose_name=_("goal"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="experiments",
        help_text=_("Empty: what the place itself counts, such as clicks."),
    )
    least = models.PositiveIntegerField(
        _("people needed for each variant"),
        default=100,
        validators=[MinValueValidator(10), MaxValueValidator(1_000_000)],
        help_text=_("Before so many saw each variant nothing is concluded."),
    )
    share = models.PositiveSmallIntegerField(
        _("share of people who take part, in percent"),
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    is_automatic = models.BooleanField(_("take the winner as soon as it is proved"), default=True)
    ends_at = models.DateTimeField(_("ends at the latest"), null=True, blank=True)
    at_end = models.CharField(
        _("without a winner by then"), max_length=6, choices=AtEnd.choices, default=AtEnd.FIRST
    )
    started_at = models.DateTimeField(_("started"), default=clock.now, editable=False)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True, editable=False)
    winner = models.ForeignKey(
        "ExperimentVariant",
        verbose_name=_("winner"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    #: the figures at the decision: people are pruned and erased later, the result stays
    outcome = models.JSONField(default=dict, editable=False)

    objects = querysets.ExperimentQuerySet.as_manager()

    class Meta:
        verbose_name = _("experiment")
        verbose_name_plural = _("experiments")
        ordering = ["-started_at", "-pk"]

    def __str__(self):
        return self.name

    @property
    def is_decided(self) -> bool:
        return self.decided_at is not None

    @property
    def counted(self) -> str:
        """The name of what counts: of the goal, if there is one."""
        return "goal" if self.goal_id else self.metric

    def offered(self) -> list["ExperimentVariant"]:
        """The variants people may be given now, in order; read once for each instance."""
        if not hasattr(self, "_offered"):
            self._offered = [one for one in self.variants.order_by("position", "pk") if one.weight]
        return self._offered


class ExperimentVariant(models.Model):
    """One of the things compared. ``key`` is its owner's name for it; weight 0: it was taken away."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="variants")
    key = models.CharField(max_length=64)
    name = models.CharField(_("name"), max_length=200)
    weight = models.PositiveIntegerField(_("weight"), default=1)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["experiment", "key"], name="wa_experiment_variant")]

    def __str__(self):
        return self.name


class ExperimentExposure(models.Model):
    """A lead saw a variant first at ``at``, and goes on seeing it. ``is_mixed``: a merge showed that the
    person has seen two, so that nothing they do proves anything."""

    experiment = models.ForeignKey(
        Experiment, on_delete=models.CASCADE, related_name="exposures", db_index=False
    )
    variant = models.ForeignKey(ExperimentVariant, on_delete=models.CASCADE, related_name="exposures")
    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead", on_delete=models.CASCADE, related_name="experiments"
    )
    at = models.DateTimeField(_("time"))
    is_mixed = models.BooleanField(default=False)

    objects = querysets.PlainQuerySet.as_manager()

    class Meta:
        verbose_name = _("variant shown")
        verbose_name_plural = _("variants shown")
        constraints = [models.UniqueConstraint(fields=["experiment", "lead"], name="wa_experiment_exposure")]

    def __str__(self):
        return f"{self.lead_id} → {self.variant_id}"


class ExperimentOutcome(models.Model):
    """The first time somebody who had seen a variant did what ``metric`` names."""

    experiment = models.ForeignKey(
        Experiment, on_delete=models.CASCADE, related_name="outcomes", db_index=False
    )
    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead", on_delete=models.CASCADE, related_name="experiment_outcomes"
    )
    metric = models.CharField(max_length=20)
    value = models.BigIntegerField(default=0)
    at = models.DateTimeField(_("time"))

    objects = querysets.PlainQuerySet.as_manager()

    class Meta:
        verbose_name = _("outcome of an experiment")
        verbose_name_plural = _("outcomes of experiments")
        constraints = [
            models.UniqueConstraint(fields=["experiment", "lead", "metric"], name="wa_experiment_outcome")
        ]

    def __str__(self):
        return f"{self.lead_id}: {self.metric}"
