"""The magazine: articles, newest first."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.fields import StreamField

from example_site.pages.blocks import BodyBlocks
from example_site.pages.models import SitePage


class MagazineIndexPage(SitePage):
    """All articles."""

    subpage_types = ["site_magazine.ArticlePage"]
    max_count_per_parent = 1
    template = "magazine/index.html"

    class Meta:
        verbose_name = _("magazine")

    def get_context(self, request, *args, **kwargs):
        articles = (
            ArticlePage.objects.child_of(self).live().select_related("picture").order_by("-published_on")
        )
        return super().get_context(request, *args, **kwargs) | {"articles": articles}


class ArticlePage(SitePage):
    """One article."""

    author = models.CharField(_("author"), max_length=80)
    published_on = models.DateField(_("published on"))
    reading_minutes = models.PositiveSmallIntegerField(_("minutes to read"), default=4)
    body = StreamField(BodyBlocks(), verbose_name=_("body"))

    content_panels = [
        *SitePage.content_panels,
        FieldRowPanel([FieldPanel("author"), FieldPanel("published_on"), FieldPanel("reading_minutes")]),
        FieldPanel("body"),
    ]
    parent_page_types = ["site_magazine.MagazineIndexPage"]
    subpage_types = []
    template = "magazine/article.html"

    class Meta:
        verbose_name = _("article")

    def get_context(self, request, *args, **kwargs):
        others = self.get_siblings(inclusive=False).live().specific()[:2]
        return super().get_context(request, *args, **kwargs) | {"others": others}
