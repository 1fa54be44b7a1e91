"""One page type whose body holds paragraphs, and paragraphs for a segment as the package at hand has them."""

from django.conf import settings
from wagtail import blocks
from wagtail.fields import StreamField
from wagtail.models import Page


class TextBlocks(blocks.StreamBlock):
    """A paragraph."""

    text = blocks.RichTextBlock()


class BodyBlocks(TextBlocks):
    """What stands on the page."""

    if settings.KIND == "theirs":
        from wagtail_personalisation.blocks import PersonalisedStructBlock

        personal = PersonalisedStructBlock([("text", blocks.RichTextBlock())])
    elif settings.KIND == "ours":
        from wagtail_automation.content.blocks import DynamicContentBlock

        personal = DynamicContentBlock(TextBlocks)


class ComparedPage(Page):
    """No mixin of either package: both say that their blocks need none."""

    body = StreamField(BodyBlocks(), blank=True)

    template = "rival/page.html"

    def get_context(self, request, *args, **kwargs):
        tail = "rival/tail.html" if settings.KIND == "ours" else ""
        return super().get_context(request, *args, **kwargs) | {"tail": tail}
