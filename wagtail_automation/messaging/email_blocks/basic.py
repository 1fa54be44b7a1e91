"""Text, pictures, buttons, and what divides them."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock

from wagtail_automation.messaging.registry import EmailBlock, email_blocks

from .groups import LAYOUT, TEXT
from .links import LinkFields, image_mjml, target

RICH_FEATURES = ["bold", "italic", "link", "ol", "ul", "h3", "superscript", "subscript"]


@email_blocks.register
class HeadingBlock(EmailBlock):
    key = "heading"
    text = blocks.CharBlock(label=_("Text"), max_length=250)
    level = blocks.ChoiceBlock(
        label=_("Size"), choices=[("h1", _("Large")), ("h2", _("Medium")), ("h3", _("Small"))], default="h1"
    )

    class Meta:
        label = _("Heading")
        icon = "title"
        group = TEXT

    def render_mjml(self, value, context):
        level = value["level"] or "h2"
        return f'<mj-text padding="0 32px 14px"><{level}>{context.html(value["text"])}</{level}></mj-text>'

    def render_text(self, value, context):
        text = context.plain(value["text"])
        return f"{text}\n{'=' * 40}" if value["level"] == "h1" else text


@email_blocks.register
class RichTextBlock(EmailBlock):
    key = "rich_text"
    text = blocks.RichTextBlock(label=_("Text"), features=RICH_FEATURES)

    class Meta:
        label = _("Text")
        icon = "pilcrow"
        group = TEXT

    def render_mjml(self, value, context):
        return f"<mj-text>{context.rich(value['text'].source)}</mj-text>"

    def render_text(self, value, context):
        return context.plain_rich(value["text"].source)


@email_blocks.register
class ImageBlock(EmailBlock):
    key = "image"
    image = ImageChooserBlock(label=_("Image"))
    alt = blocks.CharBlock(
        label=_("Description"),
        required=False,
        max_length=250,
        help_text=_("Read aloud, and shown where images are blocked."),
    )
    decorative = blocks.BooleanBlock(label=_("Only decoration, needs no description"), required=False)
    wide = blocks.BooleanBlock(label=_("As wide as the email"), required=False, default=True)
    link = LinkFields(label=_("Link"), required=False)

    class Meta:
        label = _("Image")
        icon = "image"
        group = TEXT

    def problems(self, value):
        if value.get("image") and not value.get("decorative") and not (value.get("alt") or "").strip():
            return {"alt": _("Describe the image, or say that it is only decoration.")}
        return {}

    def bleeds(self, value):
        return bool(value["image"] and value["wide"])

    def render_mjml(self, value, context):
        if not value["image"]:
            return ""
        width = 600 if value["wide"] else 536
        return image_mjml(
            context,
            value["image"],
            width=width,
            alt="" if value["decorative"] else value["alt"],
            href=target(value["link"], context),
            padding="0 0 24px" if value["wide"] else "0 32px 24px",
        )

    def render_text(self, value, context):
        alt = "" if value["decorative"] else context.plain(value["alt"] or "")
        url = target(value["link"], context)
        parts = [f"[{alt}]" if alt else "", f"({context.url(url, alt)})" if url else ""]
        return " ".join(filter(None, parts))


@email_blocks.register
class ButtonBlock(EmailBlock):
    key = "button"
    label = blocks.CharBlock(label=_("Label"), max_length=100)
    link = LinkFields(label=_("Link"))

    class Meta:
        label = _("Button")
        icon = "pick"
        group = TEXT

    def problems(self, value):
        link = value.get("link") or {}
        return {} if link.get("page") or link.get("url") else {"link": _("Say where the button leads.")}

    def render_mjml(self, value, context):
        href = context.html(target(value["link"], context))
        return f'<mj-button css-class="wa-button" href="{href}">{context.html(value["label"])}</mj-button>'

    def render_text(self, value, context):
        url, label = target(value["link"], context), context.plain(value["label"])
        return f"{label}:\n{context.url(url, label)}" if url else label


class ColumnBlock(blocks.StructBlock):
    """One of two or three columns."""

    image = ImageChooserBlock(label=_("Image"), required=False)
    alt = blocks.CharBlock(label=_("Description of the image"), required=False, max_length=250)
    heading = blocks.CharBlock(label=_("Heading"), required=False, max_length=150)
    text = blocks.RichTextBlock(label=_("Text"), required=False, features=["bold", "italic", "link"])
    label = blocks.CharBlock(label=_("Label of the link"), required=False, max_length=100)
    link = LinkFields(label=_("Link"), required=False)

    class Meta:
        icon = "doc-full"
        label = _("Column")


@email_blocks.register
class ColumnsBlock(EmailBlock):
    key = "columns"
    full_width = True
    columns = blocks.ListBlock(ColumnBlock(), label=_("Columns"), min_num=2, max_num=3)

    class Meta:
        label = _("Columns")
        icon = "grid"
        group = LAYOUT

    def problems(self, value):
        missing = any(column["image"] and not (column["alt"] or "").strip() for column in value["columns"])
        return {"columns": _("Describe the image of each column.")} if missing else {}

    def render_mjml(self, value, context):
        columns = list(value["columns"])
        if not columns:
            return ""
        width = 600 // len(columns)
        cells = "".join(
            f'<mj-column padding="0 16px">{self._column(column, context, width - 32)}</mj-column>'
            for column in columns
        )
        return f'<mj-section padding="0 16px 12px">{cells}</mj-section>'

    def _column(self, column, context, width):
        url = target(column["link"], context)
        parts = []
        if column["image"]:
            parts.append(
                image_mjml(
                    context, column["image"], width=width, alt=column["alt"], href=url, padding="0 0 14px"
                )
            )
        if column["heading"]:
            parts.append(f'<mj-text padding="0 0 6px"><h3>{context.html(column["heading"])}</h3></mj-text>')
        if column["text"] and column["text"].source:
            rich = context.rich(column["text"].source)
            parts.append(f'<mj-text padding="0 0 4px" font-size="15px">{rich}</mj-text>')
        if url and column["label"]:
            link = f'<a href="{context.html(url)}">{context.html(column["label"])}</a>'
            parts.append(f'<mj-text padding="0 0 20px" font-size="15px" font-weight="600">{link}</mj-text>')
        return "".join(parts) or '<mj-spacer height="1px" />'

    def render_text(self, value, context):
        texts = []
        for column in value["columns"]:
            url = target(column["link"], context)
            rich = context.plain_rich(column["text"].source) if column["text"] else ""
            lines = [context.plain(column["heading"] or ""), rich]
            if url:
                label = context.plain(column["label"] or "")
                lines.append(f"{label}: {context.url(url, label)}" if label else context.url(url))
            texts.append("\n".join(filter(None, lines)))
        return "\n\n".join(filter(None, texts))


@email_blocks.register
class QuoteBlock(EmailBlock):
    key = "quote"
    text = blocks.TextBlock(label=_("Quotation"), max_length=1000)
    author = blocks.CharBlock(label=_("Who said it"), required=False, max_length=150)

    class Meta:
        label = _("Quotation")
        icon = "openquote"
        group = TEXT

    def render_mjml(self, value, context):
        theme = context.theme
        text = context.html(value["text"]).replace("\n", "<br />")
        author = f"<br /><small>— {context.html(value['author'])}</small>" if value["author"] else ""
        return (
            f'<mj-text css-class="wa-quote" padding="4px 32px 24px"><div style="border-left: 3px solid '
            f"{theme.accent}; padding: 2px 0 2px 18px; font-family: {theme.heading_font}; font-size: 18px; "
            f'font-style: italic">{text}{author}</div></mj-text>'
        )

    def render_text(self, value, context):
        quoted = "\n".join(f"> {line}" for line in context.plain(value["text"]).splitlines())
        return f"{quoted}\n— {context.plain(value['author'])}" if value["author"] else quoted


@email_blocks.register
class DividerBlock(EmailBlock):
    key = "divider"

    class Meta:
        label = _("Line")
        icon = "minus"
        group = LAYOUT

    def render_mjml(self, value, context):
        return '<mj-divider css-class="wa-rule" />'

    def render_text(self, value, context):
        return "-" * 24


@email_blocks.register
class SpacerBlock(EmailBlock):
    key = "spacer"
    height = blocks.ChoiceBlock(
        label=_("Height"), choices=[("16", _("Small")), ("32", _("Medium")), ("56", _("Large"))], default="32"
    )

    class Meta:
        label = _("Space")
        icon = "order"
        group = LAYOUT

    def render_mjml(self, value, context):
        return f'<mj-spacer height="{int(value["height"] or 32)}px" />'

    def render_text(self, value, context):
        return ""
