"""What is sold."""

import uuid
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.images import get_image_model_string

from wagtail_automation.commerce import money, querysets
from wagtail_automation.leads.folding import fold


@lru_cache(maxsize=4096)  # of an import's thousands of rows few name another product or category
def key_of(text: str) -> str:
    """The folded form by which SKUs and names are the same: without case, accents and spare spaces."""
    return " ".join(fold(text).split())[:300]


class ProductCategory(models.Model):
    """A kind of products, known by its name; orders may bring new ones."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=100)
    folded = models.CharField(max_length=300, unique=True, editable=False)

    objects = querysets.ProductCategoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("product category")
        verbose_name_plural = _("product categories")
        ordering = ["folded"]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        self.folded = key_of(self.name)
        super().save(*args, **kwargs)

    def clean(self):
        super().clean()
        if ProductCategory.objects.filter(folded=key_of(self.name)).exclude(pk=self.pk).exists():
            raise ValidationError({"name": ValidationError(_("There is one with this name."), code="unique")})


class Product(models.Model):
    """A product by its SKU. ``price`` is in the smallest unit of ``currency``; None: no price known."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sku = models.CharField(_("SKU"), max_length=100, help_text=_("The shop's own number of the product."))
    sku_key = models.CharField(max_length=300, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=255)
    folded = models.CharField(max_length=800, editable=False)
    description = models.TextField(_("description"), blank=True, max_length=5000)
    categories = models.ManyToManyField(
        ProductCategory, verbose_name=_("categories"), blank=True, related_name="products"
    )
    price = models.BigIntegerField(_("price"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    is_in_stock = models.BooleanField(_("in stock"), default=True)
    image = models.ForeignKey(
        get_image_model_string(),
        verbose_name=_("image"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    image_url = models.URLField(_("address of an image elsewhere"), blank=True, max_length=500)
    url = models.URLField(_("link"), blank=True, max_length=500)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    archived = models.BooleanField(
        _("archived"), default=False, help_text=_("Not sold any more: choosers and blocks leave it out.")
    )
    created_at = models.DateTimeField(_("created"), editable=False)
    updated_at = models.DateTimeField(_("updated"), editable=False)

    objects = querysets.ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["folded", "pk"]
        indexes = [models.Index(fields=["folded"], name="wa_product_folded")]

    def __str__(self):
        return f"{self.name} ({self.sku})"

    def save(self, *args, **kwargs):
        self.sku_key, self.folded = key_of(self.sku), fold(self.name)[:800]
        super().save(*args, **kwargs)

    def clean(self):
        super().clean()
        if Product.objects.filter(sku_key=key_of(self.sku)).exclude(pk=self.pk).exists():
            raise ValidationError({"sku": ValidationError(_("There is one with this SKU."), code="unique")})

    @property
    def price_shown(self) -> str:
        """“49.90 EUR”, or nothing."""
        return money.display(self.price, self.currency)
