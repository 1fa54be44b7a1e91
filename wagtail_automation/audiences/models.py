"""Lists by hand, segments by rule, who is in them, and who has to be looked at again."""

import uuid

from django.contrib.contenttypes.fields import GenericRelation
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.images import get_image_model_string
from wagtail.models import DraftStateMixin, LockableMixin, RevisionMixin, WorkflowMixin

from wagtail_automation.rules.fields import RuleField

from . import querysets
from .categories.models import Category as Category
from .categories.models import category_field
from .colours import Colour
from .dynamic.models import DynamicContent as DynamicContent
from .experiments.models import Experiment as Experiment
from .experiments.models import ExperimentExposure as ExperimentExposure
from .experiments.models import ExperimentOutcome as ExperimentOutcome
from .experiments.models import ExperimentVariant as ExperimentVariant
from .goals.models import Goal as Goal
from .goals.models import GoalReach as GoalReach
from .growth.models import ListDay as ListDay
from .growth.models import SegmentDay as SegmentDay
from .interests.models import Interest as Interest
from .interests.models import InterestSection as InterestSection
from .interests.models import LeadInterest as LeadInterest
from .lists import builtin as builtins
from .scoring.models import GroupScore as GroupScore
from .scoring.models import ScoreDecay as ScoreDecay
from .scoring.models import ScoreEntry as ScoreEntry
from .scoring.models import ScoreGroup as ScoreGroup
from .scoring.models import ScoreOnce as ScoreOnce
from .scoring.models import ScoreRule as ScoreRule
from .scoring.models import ScoreSet as ScoreSet
from .scoring.models import ScoreThreshold as ScoreThreshold
from .stages.models import LeadStage as LeadStage
from .stages.models import Stage as Stage
from .stages.models import StageMove as StageMove
from .tags.models import LeadTag as LeadTag
from .tags.models import Tag as Tag
from .watching.models import Watch as Watch


class LeadList(models.Model):
    """A list that people are put on and taken off, by hand, by a form or by a campaign."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(verbose_name=_("name"), max_length=120)
    description = models.TextField(verbose_name=_("description"), blank=True)
    colour = models.CharField(
        verbose_name=_("colour"), max_length=10, choices=Colour.choices, default=Colour.BLUE
    )
    archived = models.BooleanField(
        verbose_name=_("archived"),
        default=False,
        help_text=_("An archived list keeps its members and goes on working, but choosers hide it."),
    )
    builtin = models.CharField(
        verbose_name=_("kept by the system"),
        max_length=12,
        choices=builtins.Builtin.choices,
        blank=True,
        editable=False,
    )
    #: what the list is still to be filled from (``lists.filling``); None: nothing
    filling = models.JSONField(null=True, editable=False)

    objects = querysets.LeadListQuerySet.as_manager()

    class Meta:
        verbose_name = _("list")
        verbose_name_plural = _("lists")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["builtin"], condition=~models.Q(builtin=""), name="wa_list_builtin"
            )
        ]

    def __str__(self):
        return str(self.get_builtin_display()) if self.builtin else self.name

    def delete(self, *args, **kwargs):
        if self.builtin:
            raise models.ProtectedError(_("A list kept by the system cannot be deleted."), {self})
        return super().delete(*args, **kwargs)

    @property
    def is_computed(self) -> bool:
        """Being on it is a question: nobody is added or removed."""
        return builtins.computed(self) is not None


class ListMembership(models.Model):
    """One lead on one list."""

    list = models.ForeignKey(
        LeadList, verbose_name=_("list"), on_delete=models.CASCADE, related_name="memberships", db_index=False
    )
    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead",
        verbose_name=_("lead"),
        on_delete=models.CASCADE,
        related_name="list_memberships",
        db_index=False,
    )
    added_at = models.DateTimeField(verbose_name=_("added at"))
    origin = models.CharField(
        verbose_name=_("origin"),
        max_length=80,
        blank=True,
        help_text=_("Who added the lead, such as “campaign:12” or “form:…”."),
    )

    objects = querysets.MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("list membership")
        verbose_name_plural = _("list memberships")
        constraints = [models.UniqueConstraint(fields=["list", "lead"], name="wa_list_member")]
        indexes = [models.Index(fields=["lead", "list"], name="wa_list_of_lead")]

    def __str__(self):
        return f"{self.lead_id} → {self.list_id}"


class Segment(WorkflowMixin, DraftStateMixin, LockableMixin, RevisionMixin, models.Model):
    """The people who match a rule now. Membership is stored and kept up to date in the background.

    Only a live segment has members: publishing fills it, unpublishing empties it.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(verbose_name=_("name"), max_length=120)
    description = models.TextField(verbose_name=_("description"), blank=True)
    colour = models.CharField(
        verbose_name=_("colour"), max_length=10, choices=Colour.choices, default=Colour.TEAL
    )
    category = category_field(Category.Type.SEGMENT)
    rule = RuleField(verbose_name=_("rule"))
    persona_name = models.CharField(
        verbose_name=_("name of the persona"),
        max_length=80,
        blank=True,
        help_text=_("A made-up person who stands for this segment, such as “Camille, head of purchasing”."),
    )
    persona_picture = models.ForeignKey(
        get_image_model_string(),
        verbose_name=_("picture of the persona"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    persona_text = models.TextField(
        verbose_name=_("who that is"),
        blank=True,
        max_length=2000,
        help_text=_("What this person wants, fears and asks for."),
    )
    archived = models.BooleanField(
        verbose_name=_("archived"),
        default=False,
        editable=False,
        help_text=_("An archived segment goes on working where it is used, but choosers hide it."),
    )

    _revisions = GenericRelation(
        "wagtailcore.Revision",
        content_type_field="base_content_type",
        object_id_field="object_id",
        related_query_name="segment",
        for_concrete_model=False,
    )
    workflow_states = GenericRelation(
        "wagtailcore.WorkflowState",
        content_type_field="base_content_type",
        object_id_field="object_id",
        related_query_name="segment",
        for_concrete_model=False,
    )

    objects = querysets.SegmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name

    @property
    def revisions(self):
        return self._revisions

    def with_content_json(self, content):
        """As Wagtail's; an old draft does not bring a segment back from the archive."""
        segment = super().with_content_json(content)
        segment.archived = self.archived
        return segment

    def clean(self):
        super().clean()
        from .dependencies import find_cycle

        cycle = find_cycle(self)
        if cycle:
            raise ValidationError(
                {
                    "rule": ValidationError(
                        _("This rule goes round in a circle: %(path)s. A segment cannot depend on itself."),
                        params={"path": " → ".join(cycle)},
                        code="cycle",
                    )
                }
            )


class SegmentState(models.Model):
    """How the last refresh of a segment went. Apart from the segment, so that no revision brings it back."""

    segment = models.OneToOneField(
        Segment, on_delete=models.CASCADE, related_name="state", primary_key=True, db_index=False
    )
    member_count = models.PositiveIntegerField(verbose_name=_("members"), default=0)
    refreshed_at = models.DateTimeField(verbose_name=_("refreshed at"), null=True)
    #: how often a changed segment is still to be evaluated soon
    looks = models.PositiveSmallIntegerField(default=0)
    #: when the whole segment is to be evaluated again; None: not live
    due_at = models.DateTimeField(null=True)
    problem = models.TextField(verbose_name=_("problem"), blank=True)

    class Meta:
        verbose_name = _("segment state")
        verbose_name_plural = _("segment states")

    def __str__(self):
        return f"{self.segment_id}: {self.member_count}"


class SegmentFact(models.Model):
    """A fact that a live segment's rule depends on: the index that tells who has to be looked at again."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="facts")
    fact = models.CharField(max_length=160)

    class Meta:
        verbose_name = _("segment fact")
        verbose_name_plural = _("segment facts")
        constraints = [models.UniqueConstraint(fields=["fact", "segment"], name="wa_segment_fact")]

    def __str__(self):
        return self.fact


class SegmentMembership(models.Model):
    """One lead that matches one live segment."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="memberships", db_index=False)
    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead",
        on_delete=models.CASCADE,
        related_name="segment_memberships",
        db_index=False,
    )
    joined_at = models.DateTimeField(verbose_name=_("joined at"))

    objects = querysets.MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("segment membership")
        verbose_name_plural = _("segment memberships")
        constraints = [models.UniqueConstraint(fields=["segment", "lead"], name="wa_segment_member")]
        indexes = [models.Index(fields=["lead", "segment"], name="wa_segment_of_lead")]

    def __str__(self):
        return f"{self.lead_id} → {self.segment_id}"


class DirtyLead(models.Model):
    """A lead that changed in a way some live segment depends on.

    Append only, without unique key: a change made while the refresh reads adds a row of its own, which
    the refresh does not delete. No foreign key either: a deleted lead's row is simply found to match nothing.
    """

    lead_id = models.BigIntegerField()
    fact = models.CharField(max_length=160)

    objects = querysets.DirtyQuerySet.as_manager()

    class Meta:
        verbose_name = _("changed lead")
        verbose_name_plural = _("changed leads")

    def __str__(self):
        return f"{self.lead_id}: {self.fact}"
