"""The sections that every site has."""

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.images.blocks import ImageChooserBlock

from wagtail_automation import clock
from wagtail_automation.content.blocks import DynamicContentBlock, FormBlock, PersonalTextBlock
from wagtail_automation.content.landing.split import SplitTestBlock

from .sections import Section, SectionBlocks, layout, register

TEMPLATES = "wagtail_automation/content/sections"


RICH = ["h3", "bold", "italic", "link", "ul", "ol"]


FILES = (".mp4", ".webm", ".ogv")


class ButtonBlock(blocks.StructBlock):
    """A label and where it leads: a page, an address or a section of this page. Empty: no button."""

    label = blocks.CharBlock(label=_("Label"), required=False, max_length=60)
    page = blocks.PageChooserBlock(label=_("Page"), required=False)
    address = blocks.CharBlock(
        label=_("Or address"),
        required=False,
        max_length=500,
        help_text=_("https://…, or #name of a section of this page"),
    )

    class Meta:
        label = _("Button")
        icon = "link"
        template = f"{TEMPLATES}/button.html"

    def clean(self, value):
        cleaned = super().clean(value)
        address = cleaned.get("address") or ""
        if address and not is_safe_address(address):
            error = ValidationError(gettext("Enter an address with https:// or #name of a section."))
            raise StructBlockValidationError(block_errors={"address": error})
        return cleaned

    def get_context(self, value, parent_context=None):
        context = super().get_context(value, parent_context=parent_context)
        page, address = value.get("page"), value.get("address") or ""
        context["href"] = (
            page.get_url(context.get("request"))
            if page is not None and page.live
            else (address if is_safe_address(address) else "")
        )
        return context


def is_safe_address(address: str) -> bool:
    """https, http, mail, telephone, a path of this site or a section of this page; never a script."""
    if address.startswith("#") or (address.startswith("/") and not address.startswith("//")):
        return True
    try:
        return urlsplit(address).scheme in ("http", "https", "mailto", "tel")
    except ValueError:
        return False


def heading(**kwargs):
    return blocks.CharBlock(label=_("Heading"), required=False, max_length=160, **kwargs)


def picture(**kwargs):
    return ImageChooserBlock(label=_("Picture"), required=False, **kwargs)


@register
class Hero(Section):
    """What the page is about, in one look. Heading and text may greet the visitor by name."""

    key = "hero"

    kicker = blocks.CharBlock(label=_("Line above"), required=False, max_length=80)
    heading = PersonalTextBlock(label=_("Heading"), max_length=300, inline=True)
    text = PersonalTextBlock(label=_("Text"), required=False, max_length=1000, inline=True)
    button = ButtonBlock()
    picture = picture()
    arrangement = blocks.ChoiceBlock(
        label=_("Arrangement"),
        choices=[("beside", _("Picture beside the text")), ("centre", _("Everything in the middle"))],
        default="beside",
    )

    class Meta:
        label = _("Hero")
        icon = "image"
        template = f"{TEMPLATES}/hero.html"
        form_layout = layout("kicker", "heading", "text", "button", "picture", "arrangement")


@register
class Text(Section):
    """A text, as long as it needs to be."""

    key = "text"

    text = blocks.RichTextBlock(label=_("Text"), features=["h2", *RICH])

    class Meta:
        label = _("Text")
        icon = "pilcrow"
        template = f"{TEMPLATES}/text.html"
        form_layout = layout("text")


@register
class PersonalText(Section):
    """Lines with values of the visitor, such as their name; each with what all others read."""

    key = "personal"

    heading = PersonalTextBlock(label=_("Heading"), required=False, max_length=300, inline=True)
    text = PersonalTextBlock(label=_("Text"), required=False, max_length=2000, inline=True)

    class Meta:
        label = _("Text with personal values")
        icon = "user"
        template = f"{TEMPLATES}/personal.html"
        form_layout = layout("heading", "text")


class FeatureItem(blocks.StructBlock):
    picture = picture()
    heading = blocks.CharBlock(label=_("Heading"), max_length=120)
    text = blocks.TextBlock(label=_("Text"), required=False, rows=3, max_length=600)

    class Meta:
        label = _("Feature")
        icon = "check"


class ListSection(Section):
    """Base of a section that lists things under a heading: ``items``, a ListBlock."""

    heading = heading()

    class Meta:
        form_layout = layout("heading", "items")


@register
class Features(ListSection):
    """What people gain, side by side."""

    key = "features"

    items = blocks.ListBlock(FeatureItem(), label=_("Features"), min_num=1, max_num=12)

    class Meta:
        label = _("Features")
        icon = "grip"
        template = f"{TEMPLATES}/features.html"


class Testimonial(blocks.StructBlock):
    text = blocks.TextBlock(label=_("Text"), rows=3, max_length=800)
    name = blocks.CharBlock(label=_("Who said it"), max_length=80)
    role = blocks.CharBlock(label=_("Who that is"), required=False, max_length=120)
    picture = picture()

    class Meta:
        label = _("Testimonial")
        icon = "openquote"


@register
class Testimonials(ListSection):
    """What others say."""

    key = "testimonials"

    items = blocks.ListBlock(Testimonial(), label=_("Testimonials"), min_num=1, max_num=12)

    class Meta:
        label = _("Testimonials")
        icon = "openquote"
        template = f"{TEMPLATES}/testimonials.html"


class Plan(blocks.StructBlock):
    name = blocks.CharBlock(label=_("Name"), max_length=60)
    price = blocks.CharBlock(label=_("Price"), max_length=40, help_text=_("As people read it: 12 € a month"))
    text = blocks.CharBlock(label=_("Text"), required=False, max_length=160)
    points = blocks.ListBlock(blocks.CharBlock(max_length=160), label=_("What is in it"), default=[])
    button = ButtonBlock()
    is_favourite = blocks.BooleanBlock(label=_("Most chosen"), required=False)

    class Meta:
        label = _("Plan")
        icon = "pick"


@register
class Pricing(ListSection):
    """Plans and their prices."""

    key = "pricing"

    items = blocks.ListBlock(Plan(), label=_("Plans"), min_num=1, max_num=6)

    class Meta:
        label = _("Pricing")
        icon = "tag"
        template = f"{TEMPLATES}/pricing.html"


@register
class Countdown(Section):
    """How long something lasts. Without JavaScript the moment stands there; afterwards another text."""

    key = "countdown"

    heading = heading()
    ends_at = blocks.DateTimeBlock(label=_("Ends"))
    after = blocks.CharBlock(label=_("Text afterwards"), required=False, max_length=200)

    class Meta:
        label = _("Countdown")
        icon = "time"
        template = f"{TEMPLATES}/countdown.html"
        form_layout = layout("heading", "ends_at", "after")

    def get_context(self, value, parent_context=None):
        context = super().get_context(value, parent_context=parent_context)
        ends_at = value.get("ends_at")
        context["is_over"] = ends_at is None or ends_at <= clock.now()
        return context


@register
class Video(Section):
    """A film. Nothing is loaded from elsewhere before somebody asks for it."""

    key = "video"

    heading = heading()
    address = blocks.URLBlock(
        label=_("Address"),
        help_text=_("Of a file (.mp4, .webm) that plays here, or of a page that opens beside this one."),
    )
    picture = picture()
    caption = blocks.CharBlock(label=_("Caption"), required=False, max_length=200)

    class Meta:
        label = _("Video")
        icon = "media"
        template = f"{TEMPLATES}/video.html"
        form_layout = layout("heading", "address", "picture", "caption")

    def get_context(self, value, parent_context=None):
        context = super().get_context(value, parent_context=parent_context)
        address = value.get("address") or ""
        context["is_safe"] = address.startswith(("https://", "http://"))
        context["is_file"] = urlsplit(address).path.lower().endswith(FILES)
        context["host"] = (urlsplit(address).hostname or "").removeprefix("www.")
        return context


class Logo(blocks.StructBlock):
    picture = ImageChooserBlock(label=_("Picture"))
    name = blocks.CharBlock(label=_("Name"), max_length=80)
    address = blocks.URLBlock(label=_("Address"), required=False)

    class Meta:
        label = _("Logo")
        icon = "image"


@register
class Logos(ListSection):
    """Who trusts it."""

    key = "logos"

    items = blocks.ListBlock(Logo(), label=_("Logos"), min_num=1, max_num=24)

    class Meta:
        label = _("Logos")
        icon = "site"
        template = f"{TEMPLATES}/logos.html"


class Question(blocks.StructBlock):
    question = blocks.CharBlock(label=_("Question"), max_length=200)
    answer = blocks.RichTextBlock(label=_("Answer"), features=["bold", "italic", "link", "ul"])

    class Meta:
        label = _("Question")
        icon = "help"


@register
class Questions(ListSection):
    """Questions people ask, and the answers."""

    key = "faq"

    items = blocks.ListBlock(Question(), label=_("Questions"), min_num=1, max_num=30)

    class Meta:
        label = _("Questions and answers")
        icon = "help"
        template = f"{TEMPLATES}/faq.html"


@register
class FormSection(Section):
    """A form with the words around it."""

    key = "form"

    heading = heading()
    text = blocks.TextBlock(label=_("Text"), required=False, rows=2, max_length=600)
    form = FormBlock(required=False)

    class Meta:
        label = _("Form")
        icon = "form"
        template = f"{TEMPLATES}/form.html"
        form_layout = layout("heading", "text", "form")


@register
class DynamicSection(DynamicContentBlock):
    """Sections made for whom a rule matches."""

    key = "dynamic"

    class Meta:
        icon = "group"
        label = _("Dynamic content")
        group = _("Sections")

    def __init__(self, **kwargs):
        super().__init__(SectionBlocks, **kwargs)
        self.set_name(self.key)


@register
class SplitSection(SplitTestBlock):
    """Sections in two or more variants, compared by what people do."""

    key = "split"

    class Meta:
        icon = "resubmit"
        label = _("A/B test")
        group = _("Sections")

    def __init__(self, **kwargs):
        super().__init__(SectionBlocks, **kwargs)
        self.set_name(self.key)
