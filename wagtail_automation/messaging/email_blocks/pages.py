"""Blocks that show what the site has: a page, a video."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images import get_image_model
from wagtail.images.blocks import ImageChooserBlock

from wagtail_automation.messaging.image_operations import NAME as PLAY_MARK
from wagtail_automation.messaging.registry import EmailBlock, email_blocks

from .groups import SITE
from .links import LinkFields, image_mjml, target, unpublished

#: where pages usually keep the picture they are shown with; else the first picture that a page has
PICTURES = ("email_image", "listing_image", "social_image", "main_image", "hero_image", "feed_image", "image")


def picture_of(page):
    """The picture a page is shown with, or None."""
    names = [
        field.name
        for field in page._meta.get_fields()
        if field.is_relation and field.many_to_one and field.related_model is get_image_model()
    ]
    for name in (*PICTURES, *names):
        found = getattr(page, name, None)
        if isinstance(found, get_image_model()):
            return found
    return None


def summary_of(page) -> str:
    """What a page says of itself: for its listing (method or field ``listing_text``), else for search."""
    found = getattr(page, "listing_text", "")
    return str((found() if callable(found) else found) or page.search_description or "").strip()


@email_blocks.register
class PageTeaserBlock(EmailBlock):
    """A page with picture, title, words and link, as it is when the email is published."""

    key = "page_teaser"
    page = blocks.PageChooserBlock(label=_("Page"))
    image = ImageChooserBlock(label=_("Image"), required=False, help_text=_("Empty: the page's own."))
    heading = blocks.CharBlock(
        label=_("Heading"), required=False, max_length=150, help_text=_("Empty: the page's title.")
    )
    text = blocks.TextBlock(
        label=_("Text"),
        required=False,
        max_length=1000,
        rows=2,
        help_text=_("Empty: what the page says of itself to search engines."),
    )
    label = blocks.CharBlock(label=_("Label of the link"), required=False, max_length=100)
    beside = blocks.BooleanBlock(label=_("Image beside the text"), required=False)

    class Meta:
        label = _("Page")
        icon = "doc-full-inverse"
        group = SITE
        description = _("A page of your site with its picture, title and a link.")

    full_width = True

    def problems(self, value):
        page = value.get("page")
        return {"page": unpublished(page).messages[0]} if page is not None and not page.live else {}

    def _read(self, value, context):
        """``(url, image, heading, text, label)``; url is empty for a page that is gone or a draft.

        Words are pairs: as HTML, as plain text. Those of the page are no Liquid.
        """
        page = value["page"].specific if value["page"] is not None else None
        if page is None or not page.live:
            return "", None, ("", ""), ("", ""), ""
        return (
            context.page_url(page),
            value["image"] or picture_of(page),
            _words(context, value["heading"], page.title),
            _words(context, value["text"], summary_of(page)),
            value["label"] or gettext("Read more"),
        )

    def render_mjml(self, value, context):
        url, image, heading, text, label = self._read(value, context)
        if not url:
            return ""
        href = context.html(url)
        link = f'<a href="{href}">{context.html(label)}</a>'
        title = f'<h3><a class="wa-plain" href="{href}">{heading[0]}</a></h3>'
        lines = text[0].replace("\n", "<br />")
        beside = bool(value["beside"] and image)
        left = "0" if beside else "32px"
        side = ' css-class="wa-beside"' if beside else ""
        words = f'<mj-text{side} padding="0 32px 6px {left}">{title}</mj-text>'
        if lines:
            words += f'<mj-text{side} padding="0 32px 6px {left}">{lines}</mj-text>'
        words += f'<mj-text{side} padding="0 32px 24px {left}" font-weight="600">{link}</mj-text>'
        if not image:
            return f'<mj-section padding="0"><mj-column>{words}</mj-column></mj-section>'
        width = 168 if beside else 536
        padding = "4px 20px 20px 32px" if beside else "0 32px 14px"
        # decorative: the title beside it says the same, and is the same link
        picture = image_mjml(
            context,
            image,
            width=width,
            alt="",
            href=url,
            padding=padding,
            css_class="wa-beside" if beside else "",
        )
        if beside:
            return (
                f'<mj-section padding="0"><mj-column width="220px">{picture}</mj-column>'
                f'<mj-column width="380px">{words}</mj-column></mj-section>'
            )
        return f'<mj-section padding="0"><mj-column>{picture}{words}</mj-column></mj-section>'

    def render_text(self, value, context):
        url, _image, heading, text, _label = self._read(value, context)
        if not url:
            return ""
        return "\n".join(filter(None, [heading[1], text[1], context.url(url)]))


def _words(context, own: str, foreign: str) -> tuple[str, str]:
    """``(HTML, plain)`` of what the editor wrote, else of what the page says."""
    if own:
        return context.html(own), context.plain(own)
    return context.foreign(foreign), context.plain_foreign(foreign)


@email_blocks.register
class VideoBlock(EmailBlock):
    """A picture with the sign to play it. No mail program plays videos: it leads to where one is seen."""

    key = "video"
    image = ImageChooserBlock(label=_("Picture of the video"))
    alt = blocks.CharBlock(
        label=_("Description"),
        max_length=250,
        help_text=_("Read aloud, and shown where images are blocked."),
    )
    link = LinkFields(label=_("Where it is seen"))
    caption = blocks.CharBlock(label=_("Below it"), required=False, max_length=200)

    class Meta:
        label = _("Video")
        icon = "media"
        group = SITE
        description = _("A picture with a play sign that leads to a video.")

    def problems(self, value):
        link = value.get("link") or {}
        return {} if link.get("page") or link.get("url") else {"link": _("Say where the video is seen.")}

    def render_mjml(self, value, context):
        if not value["image"]:
            return ""
        caption = context.html(value["caption"] or "")
        picture = image_mjml(
            context,
            value["image"],
            width=536,
            alt=value["alt"],
            href=target(value["link"], context),
            padding="0 32px 8px" if caption else "0 32px 24px",
            operation=PLAY_MARK,
        )
        if not caption:
            return picture
        small = f'<mj-text css-class="wa-muted" padding="0 32px 24px" font-size="14px">{caption}</mj-text>'
        return picture + small

    def render_text(self, value, context):
        url = target(value["link"], context)
        words = f"▶ {context.plain(value['alt'])}"
        return "\n".join(
            filter(
                None, [words, context.plain(value["caption"] or ""), context.url(url, words) if url else ""]
            )
        )
