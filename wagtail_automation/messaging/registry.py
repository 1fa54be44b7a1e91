"""The registry of email blocks, and the base of each: MJML for the HTML part, lines for the text part."""

import html

from django.core.exceptions import ValidationError
from wagtail.blocks import ListBlock, StructBlock, StructBlockValidationError
from wagtail.blocks.list_block import ListBlockValidationError
from wagtail.rich_text import RichText

from wagtail_automation.blocks import RegisteredBlock
from wagtail_automation.registry import Registry

from . import richtext


class EmailBlock(RegisteredBlock):
    """One kind of block in an email's body.

    ``render_mjml`` returns children of ``mj-column`` unless ``full_width`` is true, then ``mj-section``s.
    Both methods get a ``compiler.Context``; text typed by editors passes ``context.html`` (or
    ``context.rich``) in MJML and ``context.plain`` in the text part, which keep Liquid tags alive.
    """

    #: the block brings its own mj-section elements
    full_width = False
    #: who may add or change such a block (a Django permission); empty: everybody who may write emails
    permission = ""

    def render_mjml(self, value, context) -> str:
        raise NotImplementedError(f"{type(self).__qualname__} must define render_mjml()")

    def render_text(self, value, context) -> str:
        raise NotImplementedError(f"{type(self).__qualname__} must define render_text()")

    def bleeds(self, value) -> bool:
        """Whether it reaches the edges of the email, so that nothing is left free above it."""
        return False

    def problems(self, value) -> dict[str, str]:
        """What must be mended before publishing: ``{child: sentence}``. A draft is saved all the same."""
        return {}

    def clean(self, value):
        """As StructBlock; saving for publication also reads the Liquid of each text."""
        value = super().clean(value)
        if getattr(self, "is_deferred_validation", False):
            return value
        errors = _liquid_errors(self, value)
        errors |= {name: ValidationError(text) for name, text in self.problems(value).items()}
        if errors:
            raise StructBlockValidationError(block_errors=errors)
        return value


email_blocks = Registry("email_blocks", EmailBlock, is_public=True, needs=("render_mjml", "render_text"))
register = email_blocks.register


def _liquid_errors(block, value) -> dict[str, ValidationError]:
    """What is wrong with the Liquid of each text in a StructBlock, at its field, lists included."""
    from . import personal  # needs the leads' models

    errors = {}
    for name, child_block in block.child_blocks.items():
        child = value.get(name)
        try:
            if isinstance(child_block, ListBlock):
                _check_list(child_block, child)
            elif isinstance(child_block, StructBlock) and child:
                if inner := _liquid_errors(child_block, child):
                    raise StructBlockValidationError(block_errors=inner)
            elif isinstance(child, RichText):
                personal.check(html.unescape(child.source))
                richtext.check_links(child.source)
            elif isinstance(child, str):
                personal.check(child)
        except ValidationError as error:
            errors[name] = error
    return errors


def _check_list(block: ListBlock, items) -> None:
    """Raises the error of a list of structures."""
    if not isinstance(block.child_block, StructBlock):
        return
    errors = {place: _liquid_errors(block.child_block, item) for place, item in enumerate(items or ())}
    found = {
        place: StructBlockValidationError(block_errors=inner) for place, inner in errors.items() if inner
    }
    if found:
        raise ListBlockValidationError(block_errors=found)
