"""A category sorts things of one type; other apps refer to it with ``category_field``."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from wagtail_automation.audiences.colours import Colour
from wagtail_automation.audiences.names import Named


class Category(Named):
    """A name and a colour for things of one type. Names are unique within the type, whatever case and
    accents. Deleting a category leaves its things without one."""

    class Type(models.TextChoices):
        ASSET = "asset", _("Asset")
        CAMPAIGN = "campaign", _("Campaign")
        EMAIL = "email", _("Email")
        MARKETING_MESSAGE = "marketing_message", _("Marketing message")
        SCORE_SET = "score_set", _("Score set")
        SCORE_THRESHOLD = "score_threshold", _("Score threshold")
        STAGE = "stage", _("Stage")
        SEGMENT = "segment", _("Segment")
        TEXT_MESSAGE = "text_message", _("Text message")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    type = models.CharField(_("type"), max_length=20, choices=Type.choices)
    folded = models.CharField(max_length=240, editable=False)
    colour = models.CharField(_("colour"), max_length=10, choices=Colour.choices, default=Colour.GREY)
    description = models.TextField(_("description"), blank=True, max_length=1000)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["type", "folded", "pk"]
        constraints = [models.UniqueConstraint(fields=["type", "folded"], name="wa_category_name")]

    def of_its_kind(self):
        return super().of_its_kind().filter(type=self.type)


def category_field(type_: str) -> models.ForeignKey:
    """A nullable key to a category of one type: ``category = category_field(Category.Type.SEGMENT)``.

    Forms offer only that type, and refuse another. Raises ValueError for a type that does not exist.
    """
    return models.ForeignKey(
        Category,
        verbose_name=_("category"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        limit_choices_to={"type": Category.Type(type_).value},
    )
