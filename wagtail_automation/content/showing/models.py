"""One row for each person and each thing they were shown."""

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from wagtail_automation.audiences.querysets import PlainQuerySet


class Showing(models.Model):
    """A person saw something: ``key`` names it, ``alternative`` which of it ("" is the fallback).

    ``is_held_back``: they match ``alternative``, but belong to the share that sees the fallback all the same.
    """

    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead",
        verbose_name=_("lead"),
        on_delete=models.CASCADE,
        related_name="showings",
        db_index=False,
    )
    key = models.CharField(max_length=64)
    alternative = models.CharField(max_length=64, blank=True)
    is_held_back = models.BooleanField(_("held back"), default=False)
    page = models.ForeignKey(
        "wagtailcore.Page",
        verbose_name=_("page"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    first_at = models.DateTimeField(_("first seen"))
    last_at = models.DateTimeField(_("last seen"))
    seen_count = models.PositiveIntegerField(_("seen"), default=0)
    clicked_at = models.DateTimeField(_("first click"), null=True, blank=True)
    click_count = models.PositiveIntegerField(_("clicks"), default=0)
    dismissed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    objects = PlainQuerySet.as_manager()

    #: found through their lead and key; an index of references would slow down every visitor
    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("content shown")
        verbose_name_plural = _("content shown")
        constraints = [
            models.UniqueConstraint(
                fields=["lead", "key", "alternative", "is_held_back"], name="wa_showing_once"
            )
        ]
        indexes = [models.Index(F("key"), F("alternative"), name="wa_showing_key")]

    def __str__(self):
        return f"{self.lead_id}: {self.key}"
