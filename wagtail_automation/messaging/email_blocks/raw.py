"""A piece of MJML written by hand, for those who have the permission."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_automation.messaging import mjml
from wagtail_automation.messaging.hyperlinks import LIQUID
from wagtail_automation.messaging.registry import EmailBlock, email_blocks

from .groups import SPECIAL

#: what may stand between sections of an email
OUTER = ("mj-section", "mj-hero")
TAGS = {
    *OUTER, "mj-accordion", "mj-accordion-element", "mj-accordion-text", "mj-accordion-title", "mj-button",
    "mj-carousel", "mj-carousel-image", "mj-column", "mj-divider", "mj-group", "mj-image", "mj-navbar",
    "mj-navbar-link", "mj-raw", "mj-social", "mj-social-element", "mj-spacer", "mj-table", "mj-text",
}  # fmt: skip
TAG = re.compile(r"<\s*/?\s*([a-zA-Z][\w:-]*)")
#: what no mail program runs and "view in browser" must not have; entities could grow without end
FORBIDDEN = re.compile(
    r"<\s*(script|iframe|object|embed|form|base|link|meta|frame|style)\b|<!(DOCTYPE|ENTITY)|<\?"
    r"|[\s\"'/]on[a-z]+\s*=|javascript:|vbscript:|data:text",
    re.IGNORECASE,
)


def check_mjml(source: str) -> None:
    """Raises ValidationError when this cannot be a part of an email."""
    text = LIQUID.sub("x", source)
    if found := FORBIDDEN.search(text):
        raise ValidationError(
            _("“%(found)s” must not stand in an email."), params={"found": found[0].strip()}
        )
    for tag in TAG.findall(text):
        if tag.lower().startswith("mj") and tag.lower() not in TAGS:
            raise ValidationError(_("MJML has no “%(tag)s” that could stand here."), params={"tag": tag})
    if not mjml.is_balanced(text):
        raise ValidationError(_("What is opened in MJML must be closed here, in order."))
    mjml.to_html(f"<mjml><mj-body>{framed(text)}</mj-body></mjml>")


def framed(source: str) -> str:
    """As sections: what begins inside a column gets a section around it."""
    first = TAG.search(source)
    if first and first[1].lower() in OUTER:
        return source
    return f'<mj-section padding="0"><mj-column>{source}</mj-column></mj-section>'


@email_blocks.register
class RawMJMLBlock(EmailBlock):
    """MJML as it is; Liquid in it is read, links in it are tracked."""

    key = "raw_mjml"
    permission = "wagtail_automation_messaging.write_mjml"
    source = blocks.TextBlock(
        label=_("MJML"),
        rows=8,
        max_length=50_000,
        help_text=_(
            "mj-section, or what may stand in an mj-column. Liquid may stand in text and attributes."
        ),
    )
    text = blocks.TextBlock(
        label=_("In the text part"),
        required=False,
        rows=3,
        max_length=10_000,
        help_text=_("What those read whose mail program shows no HTML."),
    )

    class Meta:
        label = _("MJML")
        icon = "code"
        group = SPECIAL
        description = _("For those who know the language emails are made of.")

    full_width = True

    def problems(self, value):
        try:
            check_mjml(value.get("source") or "")
        except ValidationError as error:
            return {"source": error.messages[0]}
        return {}

    def render_mjml(self, value, context):
        check_mjml(value["source"])
        if not LIQUID.sub("", value["source"]).strip():
            return ""
        return framed(context.markup(value["source"]))

    def render_text(self, value, context):
        return context.plain(value["text"] or "")
