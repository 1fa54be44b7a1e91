"""The registry of email blocks, and the base of each block: MJML for the HTML part, lines for the text part."""

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


email_blocks = Registry("email_blocks", EmailBlock)
register = email_blocks.register
