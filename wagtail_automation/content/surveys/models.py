"""Surveys and what people answered."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.fields import RichTextField, StreamField
from wagtail.models import TranslatableMixin

from wagtail_automation import clock
from wagtail_automation.audiences.querysets import PlainQuerySet
from wagtail_automation.leads.folding import fold
from wagtail_automation.streams import UNKNOWN

from .kinds import QuestionsField, key_of


class ReviewLinkBlock(blocks.StructBlock):
    """Where somebody who is content may say so in public."""

    label = blocks.CharBlock(label=_("Label"), max_length=80)
    address = blocks.URLBlock(label=_("Address"))

    class Meta:
        label = _("Link")
        icon = "link"


class Survey(TranslatableMixin, models.Model):
    """Questions that editors place on pages and in emails. Translations share its key and its answers."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(
        _("name"), max_length=120, help_text=_("For you and your colleagues; visitors do not see it.")
    )
    introduction = RichTextField(_("introduction"), blank=True, features=["bold", "italic", "link"])
    questions = QuestionsField(verbose_name=_("questions"))
    thank_you_text = RichTextField(_("thank-you text"), blank=True, features=["bold", "italic", "link"])
    promoter_text = RichTextField(
        _("text for those who are content"),
        blank=True,
        features=["bold", "italic", "link"],
        help_text=_("Shown with the links below to those who gave the best answers."),
    )
    review_links = StreamField(
        [("link", ReviewLinkBlock())], verbose_name=_("links to share and review"), blank=True
    )
    is_closed = models.BooleanField(
        _("closed"), default=False, help_text=_("A closed survey takes no answers; its results stay.")
    )
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    class Meta(TranslatableMixin.Meta):
        verbose_name = _("survey")
        verbose_name_plural = _("surveys")
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name

    def copy_for_translation(self, locale, exclude_fields=None):
        translated = super().copy_for_translation(locale, exclude_fields=exclude_fields)
        translated.uuid = uuid.uuid4()
        return translated

    def asked(self) -> list[tuple[str, object, object]]:
        """``(key, block, value)`` of the questions whose kind is installed; of a key twice the first."""
        found = {}
        for child in self.questions:
            if child.block_type != UNKNOWN:
                found.setdefault(key_of(child), (child.block, child.value))
        return [(key, block, value) for key, (block, value) in found.items()]


class SurveyAnswer(models.Model):
    """One answered question. ``response`` holds together what was answered at once; ``is_latest``: the last
    one that this person gave to this question."""

    wagtail_reference_index_ignore = True

    survey = models.ForeignKey(
        Survey, verbose_name=_("survey"), on_delete=models.CASCADE, related_name="answers"
    )
    survey_key = models.UUIDField(editable=False, db_index=False)
    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead",
        verbose_name=_("lead"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="survey_answers",
    )
    response = models.UUIDField(editable=False)
    question = models.CharField(_("question"), max_length=50)
    kind = models.CharField(max_length=40)
    number = models.SmallIntegerField(_("answer"), null=True, blank=True)
    text = models.TextField(_("words"), blank=True)
    folded = models.TextField(blank=True, editable=False)
    channel = models.CharField(max_length=10, default="web")
    at = models.DateTimeField(_("when"), default=clock.now)
    is_latest = models.BooleanField(default=True)

    objects = PlainQuerySet.as_manager()

    class Meta:
        verbose_name = _("survey answer")
        verbose_name_plural = _("survey answers")
        ordering = ["-at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["response", "question"], name="wa_survey_answer_once")]
        indexes = [
            models.Index(fields=["survey_key", "question", "at"], name="wa_survey_answer_at"),
            models.Index(fields=["lead", "survey_key"], name="wa_survey_answer_lead"),
        ]

    def __str__(self):
        return f"{self.question}: {self.text if self.number is None else self.number}"[:80]

    def save(self, *args, **kwargs):
        self.folded = fold(self.text)
        super().save(*args, **kwargs)
