"""Assets and who downloaded them."""

import uuid

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.documents import get_document_model_string
from wagtail.images import get_image_model_string

from wagtail_automation.audiences.categories.models import Category, category_field
from wagtail_automation.audiences.colours import Colour
from wagtail_automation.audiences.querysets import PlainQuerySet


class Asset(models.Model):
    """One document, picture or video. With a ``form`` it is given to those who send it; without one, to
    everybody who has its address. Signed links for one person work for ``link_days``."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=160)
    description = models.TextField(_("description"), blank=True, max_length=2000)
    category = category_field(Category.Type.ASSET)
    colour = models.CharField(_("colour"), max_length=10, choices=Colour.choices, default=Colour.BLUE)
    document = models.ForeignKey(
        get_document_model_string(),
        verbose_name=_("document"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    image = models.ForeignKey(
        get_image_model_string(),
        verbose_name=_("picture"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    video = models.URLField(
        _("address of a video"),
        blank=True,
        help_text=_("A video that stands elsewhere; a file is a document."),
    )
    form = models.ForeignKey(
        "wagtail_automation_content.Form",
        verbose_name=_("form to answer first"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="assets",
    )
    link_days = models.PositiveSmallIntegerField(
        _("days that a signed link works"),
        default=7,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
    )

    class Meta:
        verbose_name = _("asset")
        verbose_name_plural = _("assets")
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name

    def clean(self):
        super().clean()
        if sum(map(bool, (self.document_id, self.image_id, self.video))) != 1:
            raise ValidationError(_("Choose one of the three: a document, a picture or a video."))

    @property
    def file(self):
        """The stored file, or None for a video elsewhere."""
        source = self.document or self.image
        return source.file if source is not None else None


class AssetDownload(models.Model):
    """Somebody downloaded an asset; ``lead`` is None for an unknown visitor."""

    wagtail_reference_index_ignore = True

    asset = models.ForeignKey(
        Asset, verbose_name=_("asset"), on_delete=models.CASCADE, related_name="downloads"
    )
    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead",
        verbose_name=_("lead"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="downloads",
    )
    at = models.DateTimeField(_("when"))

    objects = PlainQuerySet.as_manager()

    class Meta:
        verbose_name = _("download")
        verbose_name_plural = _("downloads")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["asset", "-at"], name="wa_download_at")]

    def __str__(self):
        return f"{self.asset_id} {self.at:%Y-%m-%d %H:%M}"
