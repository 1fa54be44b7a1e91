"""What an alternative consists of, on a page or in an email: heading, text, picture, button."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock

from wagtail_automation.admin.choosers import SnippetChooserBlock
from wagtail_automation.rules.blocks import RuleBlock

FEATURES = ["bold", "italic", "link", "ul", "ol"]


class PartValue(blocks.StructValue):
    """A part with the address of its button."""

    @property
    def has_button(self) -> bool:
        return bool(self.get("label") and (self.get("page") or self.get("address")))

    def url(self, request=None) -> str:
        """Where the button leads: the page if there is one, else the address."""
        page = self.get("page")
        return (page.get_url(request) if page is not None else self.get("address")) or ""


class PartBlock(blocks.StructBlock):
    """What people see."""

    heading = blocks.CharBlock(label=_("Heading"), required=False, max_length=160)
    text = blocks.RichTextBlock(label=_("Text"), required=False, features=FEATURES)
    picture = ImageChooserBlock(label=_("Picture"), required=False)
    label = blocks.CharBlock(label=_("Words on the button"), required=False, max_length=60)
    page = blocks.PageChooserBlock(label=_("Leads to the page"), required=False)
    address = blocks.URLBlock(label=_("Or to the address"), required=False)

    class Meta:
        label = _("Content")
        icon = "doc-full"
        value_class = PartValue
        template = "wagtail_automation/audiences/dynamic_part.html"


class SharedAlternativeBlock(blocks.StructBlock):
    """A part and who sees it."""

    content = PartBlock()
    name = blocks.CharBlock(label=_("Name"), max_length=100)
    rule = RuleBlock(label=_("Shown to"), required=False)

    class Meta:
        label = _("Alternative")
        icon = "group"
        label_format = "{name}"
        form_layout = blocks.BlockGroup(children=["content"], settings=["name", "rule"])


class DynamicContentChooserBlock(SnippetChooserBlock):
    """A shared dynamic content."""

    class Meta:
        icon = "group"
        label = _("Shared dynamic content")

    def __init__(self, **kwargs):
        super().__init__("wagtail_automation_audiences.DynamicContent", **kwargs)
