"""The blocks of the test project's pages, written as a consumer would."""

from wagtail import blocks

from wagtail_automation.content.assets.blocks import AssetBlock
from wagtail_automation.content.blocks import (
    DynamicContentBlock,
    FormBlock,
    PersonalTextBlock,
    PromoPlaceBlock,
    SharedContentBlock,
)
from wagtail_automation.content.recommending import RecommendationsBlock
from wagtail_automation.content.surveys.blocks import SurveyBlock


class ContentBlocks(blocks.StreamBlock):
    """What may stand anywhere."""

    heading = blocks.CharBlock(template="contentapp/heading.html")
    text = blocks.RichTextBlock()
    page = blocks.PageChooserBlock(required=False)
    form = FormBlock()
    greeting = PersonalTextBlock()


class BodyBlocks(ContentBlocks):
    """What may stand on a page: the same, and content made for a segment."""

    dynamic = DynamicContentBlock(ContentBlocks)
    shared = SharedContentBlock()
    promo_place = PromoPlaceBlock()
    survey = SurveyBlock()
    asset = AssetBlock()
    recommended = RecommendationsBlock()
