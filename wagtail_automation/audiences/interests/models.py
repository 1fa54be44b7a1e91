"""Interests, what feeds them, and how strong each is in a lead."""

import uuid

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.admin.panels import FieldPanel

from wagtail_automation.admin.strict import PageChooser
from wagtail_automation.audiences.colours import Colour
from wagtail_automation.audiences.names import Named, fold_name
from wagtail_automation.audiences.querysets import PlainQuerySet


class Interest(Named, ClusterableModel):
    """A subject. It grows with views of pages that carry one of its tags or lie in one of its sections, and
    with clicks on its addresses; it halves every ``half_life_days`` days in which nothing is added."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    colour = models.CharField(_("colour"), max_length=10, choices=Colour.choices, default=Colour.GREEN)
    description = models.TextField(_("description"), blank=True, max_length=1000)
    tags = models.TextField(
        _("page tags"),
        blank=True,
        max_length=2000,
        help_text=_("Tags of pages, separated by commas. Capitals and accents make no difference."),
    )
    addresses = models.TextField(
        _("addresses"),
        blank=True,
        max_length=4000,
        help_text=_(
            "One a line, such as /shop/* or https://partner.example/*: pages viewed and links clicked."
        ),
    )
    page_points = models.PositiveSmallIntegerField(
        _("points for a page view"), default=1, validators=[MaxValueValidator(1000)]
    )
    click_points = models.PositiveSmallIntegerField(
        _("points for a click"), default=3, validators=[MaxValueValidator(1000)]
    )
    half_life_days = models.PositiveSmallIntegerField(
        _("half-life in days"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_("After so many days without anything new, an interest is worth half."),
    )

    class Meta:
        verbose_name = _("interest")
        verbose_name_plural = _("interests")
        ordering = ["folded", "pk"]

    def clean(self):
        super().clean()
        for line in self.address_patterns():
            if not line.startswith(("/", "http://", "https://", "*")):
                message = _("“%(line)s” is no address: it begins with / or https://.")
                raise ValidationError(
                    {"addresses": ValidationError(message, params={"line": line[:80]}, code="address")}
                )

    def tag_names(self) -> set[str]:
        """The page tags, folded."""
        return {folded for name in self.tags.split(",") if (folded := fold_name(name))}

    def address_patterns(self) -> list[str]:
        return [line.strip() for line in self.addresses.splitlines() if line.strip()]


class InterestSection(models.Model):
    """A page whose own views and those of all pages below it feed the interest, in every language."""

    interest = ParentalKey(Interest, on_delete=models.CASCADE, related_name="sections")
    page = models.ForeignKey(
        "wagtailcore.Page", on_delete=models.CASCADE, related_name="+", verbose_name=_("page")
    )

    panels = [FieldPanel("page", widget=PageChooser)]

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        constraints = [models.UniqueConstraint(fields=["interest", "page"], name="wa_interest_section")]

    def __str__(self):
        return str(self.page_id)


class LeadInterest(models.Model):
    """How strong one interest is in one lead, as a number that time does not change.

    ``strength`` is log2(points) + moment / half-life (both in days since 1970). What the points are worth at
    any other moment is 2 ** (strength - moment / half-life), so that fading needs no job and "more than
    X now" is a comparison of the column with one number.
    """

    interest = models.ForeignKey(Interest, on_delete=models.CASCADE, related_name="leads", db_index=False)
    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead",
        on_delete=models.CASCADE,
        related_name="interests",
        db_index=False,
    )
    strength = models.FloatField()

    objects = PlainQuerySet.as_manager()

    class Meta:
        verbose_name = _("interest of a lead")
        verbose_name_plural = _("interests of leads")
        constraints = [models.UniqueConstraint(fields=["interest", "lead"], name="wa_lead_interest")]
        indexes = [models.Index(fields=["lead"], name="wa_interest_of_lead")]

    def __str__(self):
        return f"{self.lead_id}: {self.interest_id}"
