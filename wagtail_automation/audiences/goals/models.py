"""Goals, and who reached them when."""

import uuid

from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from wagtail_automation.audiences.colours import Colour
from wagtail_automation.audiences.names import Named
from wagtail_automation.audiences.watching.triggers import TriggersField
from wagtail_automation.rules.fields import RuleField

from . import querysets


class Goal(Named):
    """Reached by whoever begins to match ``rule``, by any of ``events``, or by a campaign or form.

    ``value`` is in the smallest unit of ``currency`` (cents), or in points where that is empty.
    """

    class Counting(models.TextChoices):
        ONCE = "once", _("Once for each person")
        EACH = "each", _("Each time")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=120)
    folded = models.CharField(max_length=360, unique=True, editable=False)
    description = models.TextField(_("description"), blank=True, max_length=1000)
    colour = models.CharField(_("colour"), max_length=10, choices=Colour.choices, default=Colour.GREEN)
    counting = models.CharField(_("counts"), max_length=4, choices=Counting.choices, default=Counting.ONCE)
    value = models.PositiveBigIntegerField(
        _("value"),
        default=0,
        validators=[MaxValueValidator(10**12)],
        help_text=_("In the smallest unit of the currency, such as cents; in points without a currency."),
    )
    currency = models.CharField(
        _("currency"),
        max_length=3,
        blank=True,
        validators=[RegexValidator(r"^[A-Z]{3}$", _("Three capital letters, such as EUR."))],
        help_text=_("Three capital letters, such as EUR. Leave it empty for points."),
    )
    rule = RuleField(_("who reaches it"), blank=True)
    events = TriggersField(verbose_name=_("or what happens"), blank=True)
    archived = models.BooleanField(
        _("archived"), default=False, help_text=_("An archived goal is not reached any more; its past stays.")
    )

    objects = querysets.GoalQuerySet.as_manager()

    class Meta:
        verbose_name = _("goal")
        verbose_name_plural = _("goals")
        ordering = ["folded", "pk"]


class GoalReach(models.Model):
    """A lead reached a goal. ``key`` makes it once: "once", or the act's own key."""

    goal = models.ForeignKey(
        Goal, verbose_name=_("goal"), on_delete=models.CASCADE, related_name="reaches", db_index=False
    )
    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead",
        verbose_name=_("lead"),
        on_delete=models.CASCADE,
        related_name="goals",
        db_index=False,
    )
    key = models.CharField(max_length=200)
    value = models.BigIntegerField(_("value"), default=0)
    at = models.DateTimeField(_("time"))
    origin = models.CharField(_("origin"), max_length=80, blank=True)

    objects = querysets.PlainQuerySet.as_manager()

    class Meta:
        verbose_name = _("goal reached")
        verbose_name_plural = _("goals reached")
        constraints = [models.UniqueConstraint(fields=["goal", "lead", "key"], name="wa_goal_reach")]
        indexes = [
            models.Index(fields=["lead"], name="wa_goal_reach_lead"),
            models.Index(fields=["goal", "at"], name="wa_goal_reach_at"),
        ]

    def __str__(self):
        return f"{self.lead_id} → {self.goal_id}"
