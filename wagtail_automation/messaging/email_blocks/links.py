"""Where a link of a block goes, and how a picture stands in an email."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_automation.messaging.hyperlinks import absolute


def refusal(url: str) -> ValidationError | None:
    """Why this address must not stand in an email; None when it may."""
    try:
        absolute(url, "https://example.com")
    except ValidationError as error:
        return error
    return None


def unpublished(page) -> ValidationError:
    """Said of a page that nobody can open."""
    return ValidationError(_("The page “%(page)s” is not published."), params={"page": page.title})


class LinkFields(blocks.StructBlock):
    """Where a link goes: a page of this site, or any address."""

    page = blocks.PageChooserBlock(label=_("Page"), required=False)
    url = blocks.CharBlock(label=_("Or address"), required=False, max_length=2000)

    class Meta:
        icon = "link"
        label = _("Link")

    def clean(self, value):
        """As StructBlock; an address that must not be sent is refused, in drafts too."""
        value = super().clean(value)
        error = None
        if value.get("page") and value.get("url"):
            error = ValidationError(_("Choose a page or write an address, not both."))
        elif value.get("url"):
            error = refusal(value["url"])
        if error:
            raise blocks.StructBlockValidationError(block_errors={"url": error})
        if value.get("page") and not self.is_deferred_validation and not value["page"].live:
            error = unpublished(value["page"])
            raise blocks.StructBlockValidationError(block_errors={"page": error})
        return value


def target(link, context) -> str:
    """The address a link goes to; empty when it has none (any more)."""
    if not link:
        return ""
    return context.page_url(link["page"]) if link.get("page") else (link.get("url") or "").strip()


def image_mjml(
    context,
    image,
    *,
    width: int,
    alt: str,
    href: str = "",
    padding: str,
    operation: str = "",
    css_class: str = "",
) -> str:
    """An ``mj-image`` at most ``width`` CSS pixels wide, twice that in the file for sharp screens.

    ``operation``: one more of Wagtail's image operations.
    """
    source = context.image(image, width * 2, operation=operation)
    shown = min(width, source.width)
    link = f' href="{context.html(href)}"' if href else ""
    corners = ' fluid-on-mobile="true"' if shown == width else ""
    if css_class:
        corners += f' css-class="{css_class}"'
    return (
        f'<mj-image src="{context.html(source.src)}" alt="{context.html(alt or "")}" width="{shown}px" '
        f'padding="{padding}"{corners}{link} />'
    )
