"""Stages, in which of them each lead is, and how it came there."""

import uuid

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from wagtail_automation.audiences.categories.models import Category, category_field
from wagtail_automation.audiences.colours import Colour
from wagtail_automation.audiences.names import Named
from wagtail_automation.audiences.querysets import PlainQuerySet
from wagtail_automation.rules.fields import RuleField

from . import querysets


class Stage(Named):
    """One step on the way. ``weight`` is the order: "forward" means to a higher weight.

    A lead is in one stage or none. Whoever begins to match ``rule`` is moved here; no rule moves nobody.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    weight = models.PositiveIntegerField(
        _("weight"),
        default=10,
        validators=[MaxValueValidator(1_000_000)],
        help_text=_("The order: higher means further. Two stages never have the same weight."),
        unique=True,
    )
    colour = models.CharField(_("colour"), max_length=10, choices=Colour.choices, default=Colour.TEAL)
    category = category_field(Category.Type.STAGE)
    description = models.TextField(_("description"), blank=True, max_length=1000)
    forward_only = models.BooleanField(
        _("forward only"),
        default=True,
        help_text=_(
            "Rules and campaigns move people here only from a lower weight. People move them freely."
        ),
    )
    rule = RuleField(_("who is moved here"), blank=True)

    objects = querysets.StageQuerySet.as_manager()

    class Meta:
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        ordering = ["weight", "pk"]


class LeadStage(models.Model):
    """Where one lead is now; a 1:1 table, so that the lead's own row is not written."""

    lead = models.OneToOneField(
        "wagtail_automation_leads.Lead", on_delete=models.CASCADE, related_name="stage", primary_key=True
    )
    stage = models.ForeignKey(Stage, on_delete=models.CASCADE, related_name="leads", verbose_name=_("stage"))
    since_at = models.DateTimeField(_("since"))
    origin = models.CharField(_("origin"), max_length=80, blank=True)

    objects = PlainQuerySet.as_manager()

    class Meta:
        verbose_name = _("stage of a lead")
        verbose_name_plural = _("stages of leads")

    def __str__(self):
        return f"{self.lead_id}: {self.stage_id}"


class StageMove(models.Model):
    """A lead came into a stage; ``left_at`` is filled when it goes on. What the funnel counts."""

    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead", on_delete=models.CASCADE, related_name="stage_moves", db_index=False
    )
    stage = models.ForeignKey(Stage, on_delete=models.CASCADE, related_name="moves", db_index=False)
    at = models.DateTimeField(_("time"))
    left_at = models.DateTimeField(null=True)
    origin = models.CharField(_("origin"), max_length=80, blank=True)

    objects = PlainQuerySet.as_manager()

    class Meta:
        verbose_name = _("move to a stage")
        verbose_name_plural = _("moves to stages")
        indexes = [
            models.Index(fields=["lead", "at"], name="wa_stage_move_lead"),
            models.Index(fields=["stage", "at"], name="wa_stage_move_stage"),
        ]

    def __str__(self):
        return f"{self.lead_id} → {self.stage_id}"
