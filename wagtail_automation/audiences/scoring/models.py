"""Groups of points, sets of rules that give them, their fading, their thresholds, and the history."""

import uuid

from django.contrib.contenttypes.fields import GenericRelation
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.models import DraftStateMixin, RevisionMixin

from wagtail_automation.audiences.categories.models import Category, category_field
from wagtail_automation.audiences.colours import Colour
from wagtail_automation.audiences.names import Named
from wagtail_automation.audiences.querysets import PlainQuerySet

from . import querysets
from .fields import ScoreRulesField


class ScoreGroup(Named):
    """One kind of points, such as *Fit* or *Interest*. Changed through ``scoring.actions``, since
    ``in_total`` says whether its points are part of every lead's total."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    colour = models.CharField(_("colour"), max_length=10, choices=Colour.choices, default=Colour.BLUE)
    description = models.TextField(_("description"), blank=True, max_length=1000)
    in_total = models.BooleanField(
        _("part of the total score"),
        default=True,
        help_text=_("Points of this group are added to the lead's total score."),
    )

    class Meta:
        verbose_name = _("score group")
        verbose_name_plural = _("score groups")
        ordering = ["folded", "pk"]


class GroupScore(models.Model):
    """Points of one lead in one group. No index on the points: they change often (ENGINE.md, pitfall 7)."""

    group = models.ForeignKey(ScoreGroup, on_delete=models.CASCADE, related_name="scores", db_index=False)
    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead",
        on_delete=models.CASCADE,
        related_name="group_scores",
        db_index=False,
    )
    points = models.IntegerField(_("points"), default=0)

    objects = querysets.GroupScoreQuerySet.as_manager()

    class Meta:
        verbose_name = _("score in a group")
        verbose_name_plural = _("scores in groups")
        constraints = [models.UniqueConstraint(fields=["group", "lead"], name="wa_group_score")]
        indexes = [models.Index(fields=["lead"], name="wa_group_score_lead")]

    def __str__(self):
        return f"{self.lead_id}: {self.points}"


class ScoreSet(DraftStateMixin, RevisionMixin, models.Model):
    """Rules that give and take points. Only a live set does; what is being edited has no effect until it is
    published. Publishing gives points at once to those who match a condition already."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("description"), blank=True, max_length=1000)
    category = category_field(Category.Type.SCORE_SET)
    rules = ScoreRulesField(verbose_name=_("rules"), blank=True)

    _revisions = GenericRelation(
        "wagtailcore.Revision",
        content_type_field="base_content_type",
        object_id_field="object_id",
        related_query_name="score_set",
        for_concrete_model=False,
    )

    class Meta:
        verbose_name = _("score set")
        verbose_name_plural = _("score sets")
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name

    @property
    def revisions(self):
        return self._revisions


class ScoreRule(models.Model):
    """One rule of a published set, by the id of its block. A rule taken out stays, inactive, so that the
    history can still name it and putting it back gives nothing twice."""

    class Operation(models.TextChoices):
        ADD = "add", _("Add points (+)")
        SUBTRACT = "subtract", _("Take away points (−)")
        MULTIPLY = "multiply", _("Multiply by (×)")
        SET = "set", _("Set to (=)")

    class Frequency(models.TextChoices):
        ONCE = "once", _("Once for each person")
        EACH = "each", _("Each time")
        DAILY = "daily", _("At most so many times a day")

    score_set = models.ForeignKey(ScoreSet, on_delete=models.CASCADE, related_name="published_rules")
    uuid = models.UUIDField()
    is_active = models.BooleanField(default=True)
    #: "rule" or "on_<trigger>"
    type = models.CharField(max_length=80)
    config = models.JSONField(default=dict)
    group = models.ForeignKey(
        ScoreGroup, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("score group")
    )
    operation = models.CharField(max_length=10, choices=Operation.choices)
    value = models.FloatField()
    frequency = models.CharField(max_length=6, choices=Frequency.choices)
    per_day = models.PositiveSmallIntegerField(default=1)

    class Meta:
        verbose_name = _("score rule")
        verbose_name_plural = _("score rules")
        constraints = [models.UniqueConstraint(fields=["score_set", "uuid"], name="wa_score_rule")]

    def __str__(self):
        return f"{self.score_set}: {self.uuid}"


class ScoreOnce(models.Model):
    """A lead that a rule "once for each person" has given its points."""

    rule = models.ForeignKey(ScoreRule, on_delete=models.CASCADE, related_name="+", db_index=False)
    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead", on_delete=models.CASCADE, related_name="+", db_index=False
    )

    objects = PlainQuerySet.as_manager()

    class Meta:
        verbose_name = _("points given once")
        verbose_name_plural = _("points given once")
        constraints = [models.UniqueConstraint(fields=["rule", "lead"], name="wa_score_once")]
        indexes = [models.Index(fields=["lead"], name="wa_score_once_lead")]

    def __str__(self):
        return f"{self.rule_id} → {self.lead_id}"


class ScoreEntry(models.Model):
    """What one reason did to one lead's points in one day: the history, and the count for daily limits.

    ``source`` is ``rule:<pk>``, ``decay:<pk>``, ``campaign:<pk>``, ``user:<pk>``…; ``key`` is group and
    source, so that a lead has one row a day for each. The rows of months long ago are added up: then the one
    of the first day stands for its month (``scoring.retention``).
    """

    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead",
        on_delete=models.CASCADE,
        related_name="score_entries",
        db_index=False,
    )
    day = models.DateField(_("day"))
    key = models.CharField(max_length=110)
    group = models.ForeignKey(
        ScoreGroup, null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    source = models.CharField(max_length=90)
    points = models.BigIntegerField(_("points"))
    times = models.PositiveIntegerField(_("times"))
    at = models.DateTimeField(_("time"))

    objects = querysets.ScoreEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("score change")
        verbose_name_plural = _("score changes")
        constraints = [models.UniqueConstraint(fields=["lead", "day", "key"], name="wa_score_entry")]

    def __str__(self):
        return f"{self.lead_id} {self.source}: {self.points:+d}"


class ScoreDecay(models.Model):
    """Points that fade while nothing is heard of a person. Without group: the points that are in none.

    Every ``days`` days, for all who did nothing in that time. ``done_day`` and ``done_to`` are the
    checkpoint: a worker that is killed goes on where it stopped.
    """

    class How(models.TextChoices):
        PERCENT = "percent", _("Per cent")
        POINTS = "points", _("Points")

    group = models.OneToOneField(
        ScoreGroup,
        verbose_name=_("score group"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="decay",
        help_text=_("Leave it empty for the points that belong to no group."),
    )
    how = models.CharField(_("unit"), max_length=8, choices=How.choices, default=How.PERCENT)
    amount = models.PositiveIntegerField(
        _("amount"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(1_000_000)],
        help_text=_("How much fades: this many per cent, or this many points. Nothing fades beyond zero."),
    )
    days = models.PositiveSmallIntegerField(
        _("days"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_("Once for every so many days in which the person did nothing."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    next_day = models.DateField(null=True, editable=False)
    done_day = models.DateField(null=True, editable=False)
    done_to = models.BigIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("score decay")
        verbose_name_plural = _("score decays")
        ordering = ["pk"]

    def __str__(self):
        return str(self.group) if self.group else str(_("Points without group"))

    def in_words(self) -> str:
        """Such as “10 %” or “5 pts”."""
        return (
            f"{self.amount}\u00a0%"
            if self.how == self.How.PERCENT
            else gettext("%(number)s pts") % {"number": self.amount}
        )

    def clean(self):
        super().clean()
        if self.how == self.How.PERCENT and self.amount and self.amount > 100:
            raise ValidationError({"amount": ValidationError(_("At most 100 per cent."), code="percent")})
        if self.group_id is None and ScoreDecay.objects.filter(group=None).exclude(pk=self.pk).exists():
            message = _("There is already one for the points without group.")
            raise ValidationError({"group": ValidationError(message, code="unique")})


class ScoreThreshold(models.Model):
    """A number of points whose crossing is an event: up when the score reaches it, down when it falls below.

    Those who are above it when it is made or moved did not cross it.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=120)
    group = models.ForeignKey(
        ScoreGroup,
        verbose_name=_("score group"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="thresholds",
        help_text=_("Leave it empty for the total score."),
    )
    points = models.IntegerField(
        _("points"), validators=[MinValueValidator(-2_000_000_000), MaxValueValidator(2_000_000_000)]
    )
    colour = models.CharField(_("colour"), max_length=10, choices=Colour.choices, default=Colour.AMBER)
    category = category_field(Category.Type.SCORE_THRESHOLD)

    class Meta:
        verbose_name = _("score threshold")
        verbose_name_plural = _("score thresholds")
        ordering = ["points", "pk"]

    def __str__(self):
        return self.name
