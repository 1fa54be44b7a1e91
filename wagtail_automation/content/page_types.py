"""Page types that a site may use as they are. ``PAGE_TYPES`` in the settings takes them out of the menu."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page

from wagtail_automation import conf
from wagtail_automation.content.landing.models import Palette
from wagtail_automation.content.landing.sections import SectionsField
from wagtail_automation.content.pages import FormPageMixin, LandingPageMixin


def parent_link(name: str) -> models.OneToOneField:
    """The link to the page with a reverse name of ours: many sites have a ``LandingPage`` of their own."""
    return models.OneToOneField(
        "wagtailcore.Page", parent_link=True, primary_key=True, on_delete=models.CASCADE, related_name=name
    )


class OfferedPage(models.Model):
    """Can be made only where the site wants such pages."""

    class Meta:
        abstract = True

    @classmethod
    def can_create_at(cls, parent):
        return bool(conf.get("PAGE_TYPES")) and super().can_create_at(parent)


class FormPage(FormPageMixin, OfferedPage, Page):
    """A page around one form."""

    page_ptr = parent_link("wa_form_page")
    introduction = RichTextField(
        _("introduction"), blank=True, features=["h2", "h3", "bold", "italic", "link", "ul", "ol"]
    )

    content_panels = [
        *Page.content_panels,
        FieldPanel("introduction"),
        *FormPageMixin.form_panels,
    ]
    template = "wagtail_automation/content/form_page_type.html"

    class Meta:
        verbose_name = _("form page")
        verbose_name_plural = _("form pages")

    def __str__(self):
        return self.title


class LandingPage(LandingPageMixin, OfferedPage, Page):
    """A landing page made of sections, in one of six palettes."""

    page_ptr = parent_link("wa_landing_page")
    palette = models.CharField(_("colours"), max_length=10, choices=Palette.choices, default=Palette.FOREST)
    body = SectionsField(verbose_name=_("sections"), blank=True)

    #: the field that templates fill, and the one that says in which colours
    landing_body_field = "body"
    landing_palette_field = "palette"

    content_panels = [
        *Page.content_panels,
        FieldPanel("body"),
        FieldPanel("palette"),
        *LandingPageMixin.landing_panels,
    ]
    promote_panels = [*Page.promote_panels, *LandingPageMixin.landing_promote_panels]
    template = "wagtail_automation/content/landing_page.html"

    class Meta:
        verbose_name = _("landing page")
        verbose_name_plural = _("landing pages")

    def __str__(self):
        return self.title
