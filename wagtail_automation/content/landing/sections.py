"""What a section of a landing page is, a registry: a site adds its own with ``register``."""

from django.core.validators import RegexValidator
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_automation.blocks import RegisteredBlock
from wagtail_automation.content.blocks import DynamicContentBlock
from wagtail_automation.content.landing.split import SplitTestBlock
from wagtail_automation.registry import Registry
from wagtail_automation.streams import UNKNOWN, RegistryStreamBlock, RegistryStreamField

ANCHOR = RegexValidator(r"\A[a-z][a-z0-9-]*\Z", _("Use lower-case letters, digits and hyphens."))
SETTINGS = ["tone", "anchor"]


def layout(*children) -> blocks.BlockGroup:
    """How a section stands in the editor: its content, and the settings of all sections folded away."""
    return blocks.BlockGroup(children=list(children), settings=SETTINGS)


class Section(RegisteredBlock):
    """Base of a section: a band of the page with a tone and, if links lead to it, a name."""

    tone = blocks.ChoiceBlock(
        label=_("Surface"),
        choices=[("plain", _("Plain")), ("soft", _("Soft")), ("strong", _("Strong"))],
        default="plain",
    )
    anchor = blocks.CharBlock(
        label=_("Name for links"),
        required=False,
        max_length=40,
        validators=[ANCHOR],
        help_text=_("A button with #name as its address leads here."),
    )

    class Meta:
        group = _("Sections")
        icon = "doc-full"


registry = Registry("landing page sections", blocks.Block, is_public=True)
register = registry.register


class SectionBlocks(RegistryStreamBlock):
    """The sections that may stand inside an alternative: all but dynamic content itself."""

    registry = registry

    def offered(self):
        return [cls for cls in registry if not issubclass(cls, DynamicContentBlock | SplitTestBlock)]

    def render(self, value, context=None):
        """The sections one after the other. What is not installed shows nothing."""
        shown = [child.render(context=context) for child in value or () if child.block_type != UNKNOWN]
        return mark_safe("".join(map(str, shown)))  # noqa: S308  each is rendered by its own template


class PageSections(SectionBlocks):
    """The sections of a page."""

    def offered(self):
        return list(registry)


class SectionsField(RegistryStreamField):
    """The sections of a page, whose kinds stand in no migration."""

    block_class = PageSections


from . import ready_made  # noqa: E402, F401  (registered before all others)
