"""The shop window and its products. Nothing is sold here: a reservation is a letter to the mill."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.fields import RichTextField, StreamField
from wagtail.models import DraftStateMixin, RevisionMixin

from example_site.pages.models import SitePage


class ShopIndexPage(SitePage):
    """All products."""

    subpage_types = ["site_shop.ProductPage"]
    max_count_per_parent = 1
    template = "shop/index.html"

    class Meta:
        verbose_name = _("shop")

    def get_context(self, request, *args, **kwargs):
        products = ProductPage.objects.child_of(self).live().select_related("picture")
        notices = ShopNotice.objects.filter(live=True, language=self.locale.language_code)
        context = super().get_context(request, *args, **kwargs)
        return context | {"products": products, "notices": notices}


class ShopNotice(DraftStateMixin, RevisionMixin, models.Model):
    """A word above the shop window while it is live: holidays, a fair. An ordinary snippet of Wagtail's."""

    LANGUAGES = [("en", "English"), ("fr", "Français")]

    language = models.CharField(_("language"), max_length=5, choices=LANGUAGES, default="en")
    title = models.CharField(_("title"), max_length=120)
    text = models.TextField(_("text"))
    link = models.URLField(_("link"), blank=True)

    panels = [FieldPanel("language"), FieldPanel("title"), FieldPanel("text"), FieldPanel("link")]

    class Meta:
        verbose_name = _("shop notice")
        verbose_name_plural = _("shop notices")
        ordering = ["-pk"]

    def __str__(self):
        return self.title


class ProductPage(SitePage):
    """One thing the mill makes. ``price`` is in euro cents."""

    price = models.PositiveIntegerField(_("price in euro cents"))
    reference = models.CharField(_("reference"), max_length=20)
    description = RichTextField(_("description"), features=["bold", "italic", "link", "ul"])
    details = StreamField(
        [
            (
                "detail",
                blocks.StructBlock(
                    [
                        ("name", blocks.CharBlock(label=_("Name"), max_length=60)),
                        ("value", blocks.CharBlock(label=_("Value"), max_length=160)),
                    ],
                    label=_("Detail"),
                ),
            )
        ],
        verbose_name=_("details"),
        blank=True,
    )

    content_panels = [
        *SitePage.content_panels,
        FieldRowPanel([FieldPanel("price"), FieldPanel("reference")]),
        FieldPanel("description"),
        FieldPanel("details"),
    ]
    parent_page_types = ["site_shop.ShopIndexPage"]
    subpage_types = []
    template = "shop/product.html"

    class Meta:
        verbose_name = _("product")

    def get_context(self, request, *args, **kwargs):
        others = self.get_siblings(inclusive=False).live().specific()[:3]
        return super().get_context(request, *args, **kwargs) | {"others": others}
