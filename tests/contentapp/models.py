"""Pages with forms and personal parts, and one without."""

from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page

from tests.contentapp.blocks import BodyBlocks, ContentBlocks
from wagtail_automation.content.pages import LandingPageMixin, PersonalisedPageMixin


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
