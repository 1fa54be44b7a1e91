"""Page types that a site may use as they are. ``PAGE_TYPES`` in the settings takes them out of the menu."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page

from wagtail_automation import conf
from wagtail_automation.content.pages import FormPageMixin


class OfferedPage(models.Model):
    """Can be made only where the site wants such pages."""

    class Meta:
        abstract = True

    @classmethod
    def can_create_at(cls, parent):
        return bool(conf.get("PAGE_TYPES")) and super().can_create_at(parent)


class FormPage(FormPageMixin, OfferedPage, Page):
    """A page around one form."""

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
