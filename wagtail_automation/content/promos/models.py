"""Web promos: a snippet each, with drafts, workflow and translations."""

from django.contrib.contenttypes.fields import GenericRelation
from django.core.exceptions import ValidationError
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

from wagtail_automation.audiences.dynamic.blocks import PartBlock
from wagtail_automation.audiences.dynamic.models import MOST_HELD_BACK
from wagtail_automation.content.querysets import PromoQuerySet
from wagtail_automation.rules.fields import RuleField

from .kinds import choices

LONGEST_PATHS = 4000


class WebPromo(
    WorkflowMixin,
    DraftStateMixin,
    LockableMixin,
    RevisionMixin,
    PreviewableMixin,
    TranslatableMixin,
    models.Model,
):
    """Something shown over or in the site's pages to those it is for, when it is time, not too often.

    ``paths``: one path of the site a line, ``*`` stands for anything, a leading ``-`` excludes; empty: every
    page. An empty ``rule`` means everybody, also visitors who are not known. ``most_times`` and ``rest_days``
    hold for one person; ``closed_days`` after closing it stays away (0: for ever).
    """

    class Device(models.TextChoices):
        ANY = "", _("Any")
        PHONE = "phone", _("Phone")
        TABLET = "tablet", _("Tablet")
        DESKTOP = "desktop", _("Computer")

    class Moment(models.TextChoices):
        AT_ONCE = "now", _("At once")
        AFTER = "after", _("After so many seconds")
        SCROLL = "scroll", _("After scrolling so many percent")
        EXIT = "exit", _("When the visitor is about to leave")

    name = models.CharField(
        _("name"), max_length=120, help_text=_("For you and your colleagues; visitors do not see it.")
    )
    kind = models.CharField(_("how it stands"), max_length=40, choices=choices, default="slide")
    content = StreamField([("content", PartBlock())], verbose_name=_("content"), max_num=1, blank=True)
    form = models.ForeignKey(
        "wagtail_automation_content.Form",
        verbose_name=_("form"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="promos",
        help_text=_("Shown below the text."),
    )
    rule = RuleField(_("shown to"), blank=True)
    site = models.ForeignKey(
        "wagtailcore.Site",
        verbose_name=_("site"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text=_("Leave it empty for every site."),
    )
    paths = models.TextField(
        _("pages"),
        blank=True,
        max_length=LONGEST_PATHS,
        help_text=_(
            "One address a line, such as /blog/*; * stands for anything, a minus in front excludes. "
            "Leave it empty for every page."
        ),
    )
    device = models.CharField(
        _("device"), max_length=8, choices=Device.choices, default=Device.ANY, blank=True
    )
    moment = models.CharField(_("when"), max_length=8, choices=Moment.choices, default=Moment.AT_ONCE)
    moment_value = models.PositiveSmallIntegerField(
        _("seconds or percent"), default=5, validators=[MaxValueValidator(3600)]
    )
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    priority = models.PositiveSmallIntegerField(
        _("priority"), default=50, help_text=_("Where several would stand together, the highest one does.")
    )
    most_times = models.PositiveSmallIntegerField(
        _("times for one person at most"), default=0, help_text=_("0: as often as they come.")
    )
    rest_days = models.PositiveSmallIntegerField(
        _("days between two times"), default=0, help_text=_("0: again on the next page.")
    )
    closed_days = models.PositiveSmallIntegerField(
        _("days it stays away after being closed"), default=30, help_text=_("0: for ever.")
    )
    holdout = models.PositiveSmallIntegerField(
        _("hold back, in percent"),
        default=0,
        validators=[MaxValueValidator(MOST_HELD_BACK)],
        help_text=_("So many of the known people do not see it, so that its effect can be measured."),
    )
    goal = models.ForeignKey(
        "wagtail_automation_audiences.Goal",
        verbose_name=_("goal"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="promos",
        help_text=_("Counted for those who saw it, from then on."),
    )

    _revisions = GenericRelation(
        "wagtailcore.Revision",
        content_type_field="base_content_type",
        object_id_field="object_id",
        related_query_name="web_promo",
        for_concrete_model=False,
    )
    workflow_states = GenericRelation(
        "wagtailcore.WorkflowState",
        content_type_field="base_content_type",
        object_id_field="object_id",
        related_query_name="web_promo",
        for_concrete_model=False,
    )

    objects = PromoQuerySet.as_manager()

    class Meta(TranslatableMixin.Meta):
        verbose_name = _("web promo")
        verbose_name_plural = _("web promos")
        ordering = ["-priority", "name", "pk"]

    def __str__(self):
        return self.name

    def clean(self):
        super().clean()
        problems = {}
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            problems["ends_at"] = ValidationError(_("The end must come after the beginning."))
        if self.moment == self.Moment.SCROLL and self.moment_value > 100:
            problems["moment_value"] = ValidationError(_("At most 100 percent."))
        wrong = [line for line in self.lines() if not line.lstrip("-").startswith(("/", "*"))]
        if wrong:
            problems["paths"] = ValidationError(
                _("Write paths of the site, which begin with a slash: %(line)s"), params={"line": wrong[0]}
            )
        if problems:
            raise ValidationError(problems)

    @property
    def revisions(self):
        return self._revisions

    def lines(self) -> list[str]:
        """The paths, without empty lines."""
        return [line.strip() for line in self.paths.splitlines() if line.strip()]

    def get_preview_template(self, request, mode_name):
        return "wagtail_automation/content/promos/preview.html"

    def get_preview_context(self, request, mode_name):
        from .rendering import render

        return {
            **super().get_preview_context(request, mode_name),
            "promo": self,
            "html": render(self, request),
        }
