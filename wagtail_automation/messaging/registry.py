"""The registry of email blocks, and the base of each: MJML for the HTML part, lines for the text part."""

from django.core.exceptions import ValidationError
from wagtail.blocks import StructBlockValidationError
from wagtail.rich_text import RichText

from wagtail_automation.blocks import RegisteredBlock
from wagtail_automation.registry import Registry


class EmailBlock(RegisteredBlock):
    """One kind of block in an email's body.

    ``render_mjml`` returns children of ``mj-column`` unless ``full_width`` is true, then ``mj-section``s.
    Both methods get a ``compiler.Context``; text typed by editors passes ``context.html`` (or
    ``context.rich``) in MJML and ``context.plain`` in the text part, which keep Liquid tags alive.
    """

    #: the block brings its own mj-section elements
    full_width = False

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
        errors = {name: ValidationError(text) for name, text in self.problems(value).items()}
        for name, child in value.items():
            source = child.source if isinstance(child, RichText) else child
            if isinstance(source, str):
                from . import personal  # needs the leads' models

                try:
                    personal.check(source)
                except ValidationError as error:
                    errors[name] = error
        if errors:
            raise StructBlockValidationError(block_errors=errors)
        return value


email_blocks = Registry("email_blocks", EmailBlock)
register = email_blocks.register
