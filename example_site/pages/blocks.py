"""What editors put together on the pages of the example site."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock

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
from wagtail_automation.contrib.shop.blocks import ShopBlocks
from wagtail_automation.messaging.push.blocks import PushButtonBlock

FEATURES = ["h2", "h3", "bold", "italic", "link", "ul", "ol"]


class LinkBlock(blocks.StructBlock):
    """A page and the words that lead to it."""

    page = blocks.PageChooserBlock(label=_("Page"), required=False)
    label = blocks.CharBlock(label=_("Label"), required=False, max_length=60)

    class Meta:
        label = _("Link")


class FeatureBlock(blocks.StructBlock):
    """A picture beside a heading, a text and a link."""

    kicker = blocks.CharBlock(label=_("Kicker"), required=False, max_length=60)
    heading = blocks.CharBlock(label=_("Heading"), max_length=120)
    text = blocks.RichTextBlock(label=_("Text"), features=["bold", "italic", "link"])
    picture = ImageChooserBlock(label=_("Picture"))
    link = LinkBlock(label=_("Link"))
    picture_first = blocks.BooleanBlock(label=_("Picture on the left"), required=False)

    class Meta:
        icon = "image"
        label = _("Feature")
        template = "pages/blocks/feature.html"


class BannerBlock(blocks.StructBlock):
    """A tinted band with a line of text and a link."""

    kicker = blocks.CharBlock(label=_("Kicker"), required=False, max_length=60)
    heading = blocks.CharBlock(label=_("Heading"), max_length=120)
    text = blocks.TextBlock(label=_("Text"), required=False)
    link = LinkBlock(label=_("Link"))
    tone = blocks.ChoiceBlock(
        label=_("Tone"),
        choices=[("moss", _("Moss")), ("rust", _("Rust")), ("river", _("River"))],
        default="moss",
    )

    class Meta:
        icon = "minus"
        label = _("Banner")
        template = "pages/blocks/banner.html"


class QuoteBlock(blocks.StructBlock):
    """What a customer said."""

    text = blocks.TextBlock(label=_("Text"))
    name = blocks.CharBlock(label=_("Who said it"), max_length=80)

    class Meta:
        icon = "openquote"
        label = _("Quote")
        template = "pages/blocks/quote.html"


class CardsBlock(blocks.StructBlock):
    """Pages as cards: products or articles."""

    heading = blocks.CharBlock(label=_("Heading"), max_length=120)
    pages = blocks.ListBlock(blocks.PageChooserBlock(label=_("Page")), label=_("Pages"))
    link = LinkBlock(label=_("Link"))

    class Meta:
        icon = "grip"
        label = _("Cards")
        template = "pages/blocks/cards.html"


class ContentBlocks(blocks.StreamBlock):
    """What may stand inside an alternative of dynamic content."""

    text = blocks.RichTextBlock(label=_("Text"), features=FEATURES, template="pages/blocks/text.html")
    feature = FeatureBlock()
    banner = BannerBlock()


class BodyBlocks(ShopBlocks, ContentBlocks):
    """What may stand on a page."""

    quote = QuoteBlock()
    cards = CardsBlock()
    form = FormBlock()
    personal_text = PersonalTextBlock()
    dynamic = DynamicContentBlock(ContentBlocks)
    shared_dynamic = SharedContentBlock()
    promo_place = PromoPlaceBlock()
    survey = SurveyBlock()
    asset = AssetBlock()
    recommended = RecommendationsBlock()
    push_button = PushButtonBlock()


class PlanBlock(blocks.StructBlock):
    """One plan and its price."""

    name = blocks.CharBlock(label=_("Name"), max_length=60)
    summary = blocks.CharBlock(label=_("Summary"), max_length=160)
    price = blocks.IntegerBlock(label=_("Price a year in euro cents"), min_value=0)
    points = blocks.ListBlock(blocks.CharBlock(max_length=160), label=_("What is in it"))
    is_favourite = blocks.BooleanBlock(label=_("Most chosen"), required=False)
    link = LinkBlock(label=_("Link"))

    class Meta:
        icon = "pick"
        label = _("Plan")


class QuestionBlock(blocks.StructBlock):
    """A question people ask, and the answer."""

    question = blocks.CharBlock(label=_("Question"), max_length=160)
    answer = blocks.RichTextBlock(label=_("Answer"), features=["bold", "italic", "link"])

    class Meta:
        icon = "help"
        label = _("Question")
