"""Shared dynamic content: a snippet with drafts, workflow and translations."""

from django.contrib.contenttypes.fields import GenericRelation
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.fields import StreamField
from wagtail.models import (
    DraftStateMixin,
    LockableMixin,
    PreviewableMixin,
    RevisionMixin,
    TranslatableMixin,
    WorkflowMixin,
)

from .blocks import PartBlock, SharedAlternativeBlock

MOST_HELD_BACK = 50
PREVIEW = "alternative:"


class DynamicContent(
    WorkflowMixin,
    DraftStateMixin,
    LockableMixin,
    RevisionMixin,
    PreviewableMixin,
    TranslatableMixin,
    models.Model,
):
    """The first alternative whose rule a person matches is shown, else the fallback.

    ``translation_key`` names it for events and statistics, the same in all languages. ``holdout``: percent of
    those who match a rule that see the fallback all the same, so that the effect can be measured.
    """

    name = models.CharField(_("name"), max_length=120)
    alternatives = StreamField(
        [("alternative", SharedAlternativeBlock())], verbose_name=_("alternatives"), blank=True
    )
    fallback = StreamField(
        [("content", PartBlock())],
        verbose_name=_("everybody else"),
        max_num=1,
        blank=True,
        help_text=_("What those see who match no rule, are not known, or read without JavaScript."),
    )
    holdout = models.PositiveSmallIntegerField(
        _("hold back, in percent"),
        default=0,
        validators=[MaxValueValidator(MOST_HELD_BACK)],
        help_text=_(
            "So many of those who match see what everybody else sees, always the same people: only the "
            "comparison with them shows what the alternative does."
        ),
    )
    goal = models.ForeignKey(
        "wagtail_automation_audiences.Goal",
        verbose_name=_("goal"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="dynamic_contents",
        help_text=_("Counted for those who saw it, from then on."),
    )

    _revisions = GenericRelation(
        "wagtailcore.Revision",
        content_type_field="base_content_type",
        object_id_field="object_id",
        related_query_name="dynamic_content",
        for_concrete_model=False,
    )
    workflow_states = GenericRelation(
        "wagtailcore.WorkflowState",
        content_type_field="base_content_type",
        object_id_field="object_id",
        related_query_name="dynamic_content",
        for_concrete_model=False,
    )

    class Meta(TranslatableMixin.Meta):
        verbose_name = _("dynamic content")
        verbose_name_plural = _("dynamic contents")
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name

    @property
    def revisions(self):
        return self._revisions

    @property
    def preview_modes(self):
        """What everybody else sees, then each alternative."""
        named = [(f"{PREVIEW}{child.id}", child.value["name"] or "?") for child in self.alternatives]
        return [("", _("Everybody else")), *named]

    def get_preview_template(self, request, mode_name):
        return "wagtail_automation/audiences/dynamic_preview.html"

    def get_preview_context(self, request, mode_name):
        wanted = mode_name.removeprefix(PREVIEW)
        return {
            **super().get_preview_context(request, mode_name),
            "content": self,
            "part": self.part(wanted if mode_name else ""),
        }

    def part(self, alternative: str = ""):
        """The bound block of an alternative's content; of the fallback for "" and for one that is gone."""
        for child in self.alternatives:
            if alternative and child.id == alternative:
                return child.value.bound_blocks["content"]
        return next(iter(self.fallback), None)
