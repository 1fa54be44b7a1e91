"""Pages with forms and personal parts, and one without."""

from django.db import models
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, InlinePanel
from wagtail.contrib.forms.models import AbstractForm, AbstractFormField
from wagtail.fields import StreamField
from wagtail.models import Page

from tests.contentapp.blocks import BodyBlocks, ContentBlocks
from wagtail_automation.content.pages import LandingPageMixin, PersonalisedPageMixin, TrackedFormPageMixin


class LandingPage(LandingPageMixin, Page):
    """A landing page."""

    body = StreamField(BodyBlocks(), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("body"), *LandingPageMixin.landing_panels]
    promote_panels = [*Page.promote_panels, *LandingPageMixin.landing_promote_panels]
    template = "contentapp/page.html"


class PersonalPage(PersonalisedPageMixin, Page):
    """An ordinary page whose body may hold dynamic content."""

    body = StreamField(BodyBlocks(), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("body")]
    template = "contentapp/page.html"


class PlainPage(Page):
    """The same blocks without dynamic content: what the editor's size is compared with."""

    body = StreamField(ContentBlocks(), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("body")]
    template = "contentapp/page.html"


class ContactField(AbstractFormField):
    """A field of a page of ``wagtail.contrib.forms``."""

    page = ParentalKey("ContactPage", on_delete=models.CASCADE, related_name="form_fields")


class ContactPage(TrackedFormPageMixin, AbstractForm):
    """Such a page, as a site had it before, with the mixin added."""

    content_panels = [
        *Page.content_panels,
        InlinePanel("form_fields"),
        *TrackedFormPageMixin.automation_panels,
    ]
    template = "contentapp/contact.html"
    landing_page_template = "contentapp/page.html"
