"""Home, plain pages, prices and landing pages."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page

from wagtail_automation.content.pages import LandingPageMixin, PersonalisedPageMixin

from .blocks import BodyBlocks, PlanBlock, QuestionBlock


class SitePage(Page):
    """What all pages of the site share: a line below the title and a picture."""

    introduction = models.TextField(_("introduction"), blank=True)
    picture = models.ForeignKey(
        "wagtailimages.Image",
        verbose_name=_("picture"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    content_panels = [*Page.content_panels, FieldPanel("introduction"), FieldPanel("picture")]
    promote_panels = Page.promote_panels

    class Meta:
        abstract = True


class HomePage(PersonalisedPageMixin, SitePage):
    """The first page of one language."""

    headline = models.CharField(_("headline"), max_length=120)
    body = StreamField(BodyBlocks(), verbose_name=_("body"), blank=True)

    content_panels = [
        *Page.content_panels,
        FieldPanel("headline"),
        FieldPanel("introduction"),
        FieldPanel("picture"),
        FieldPanel("body"),
    ]
    max_count_per_parent = 2
    template = "pages/home_page.html"

    class Meta:
        verbose_name = _("home page")


class PlainPage(PersonalisedPageMixin, SitePage):
    """About, contact and the like."""

    body = StreamField(BodyBlocks(), verbose_name=_("body"), blank=True)

    content_panels = [*SitePage.content_panels, FieldPanel("body")]
    template = "pages/plain_page.html"

    class Meta:
        verbose_name = _("plain page")


class PricingPage(SitePage):
    """Plans side by side, and the questions people ask about them."""

    plans = StreamField([("plan", PlanBlock())], verbose_name=_("plans"))
    questions = StreamField([("question", QuestionBlock())], verbose_name=_("questions"), blank=True)

    content_panels = [*SitePage.content_panels, FieldPanel("plans"), FieldPanel("questions")]
    template = "pages/pricing_page.html"

    class Meta:
        verbose_name = _("pricing page")


class OfferPage(LandingPageMixin, SitePage):
    """A landing page: one offer, one form, no menu to wander off by."""

    body = StreamField(BodyBlocks(), verbose_name=_("body"), blank=True)
    points = StreamField(
        [("point", blocks.CharBlock(label=_("Point"), max_length=160))], verbose_name=_("points"), blank=True
    )

    content_panels = [
        *SitePage.content_panels,
        FieldPanel("points"),
        FieldPanel("body"),
        *LandingPageMixin.landing_panels,
    ]
    promote_panels = [*SitePage.promote_panels, *LandingPageMixin.landing_promote_panels]
    template = "pages/offer_page.html"

    class Meta:
        verbose_name = _("landing page")
