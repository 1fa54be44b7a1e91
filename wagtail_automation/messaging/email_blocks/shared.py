"""Dynamic content that is written once and shown by pages and emails."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_automation.audiences.dynamic.blocks import DynamicContentChooserBlock
from wagtail_automation.audiences.dynamic.models import DynamicContent
from wagtail_automation.messaging import theme
from wagtail_automation.messaging.registry import EmailBlock, email_blocks

from .dynamic import between
from .groups import SPECIAL
from .links import image_mjml

KEY = "shared_dynamic"


def in_language(content: DynamicContent | None, language: str) -> DynamicContent | None:
    """The published translation in this language, else the content itself; None where it is not published."""
    if content is None or content.locale.language_code == language:
        return content if content is not None and content.live else None
    rows = DynamicContent.objects.filter(translation_key=content.translation_key, live=True)
    found = rows.filter(locale__language_code=language).first()
    return found or (content if content.live else None)


@email_blocks.register
class SharedEmailBlock(EmailBlock):
    """The first alternative whose rule a person matches when the email is handed over, else the fallback.

    Words and rules are those published when the email was compiled; publishing the content anew compiles the
    emails that show it anew. Its words are the content's own and no Liquid.
    """

    key = KEY
    full_width = True
    content = DynamicContentChooserBlock(label=gettext_lazy("Shared dynamic content"))

    class Meta:
        label = gettext_lazy("Shared dynamic content")
        icon = "group"
        group = SPECIAL
        description = gettext_lazy(
            "Written once under Content, shown on pages and in emails, counted for both together."
        )

    def problems(self, value):
        content = value.get("content")
        if content is None or content.live:
            return {}
        return {"content": _("“%(name)s” is not published.") % {"name": content}}

    def _named(self, content, value, context) -> str:
        return context.choice(
            value,
            [
                {
                    "name": child.value["name"],
                    "rule": child.value["rule"].raw,
                    "id": child.id or "",
                    "content": content.pk,
                    "key": str(content.translation_key),
                }
                for child in content.alternatives
            ],
        )

    def _written(self, value, context, write, tag, glue: str) -> str:
        """Alternatives and fallback, each by ``write``, between the tags by ``tag``."""
        content = in_language(value["content"], context.language)
        if content is None:
            return ""
        fallback = write(next(iter(content.fallback), None), context)
        if not len(content.alternatives):
            return fallback
        name, parts = self._named(content, value, context), []
        for position, child in enumerate(content.alternatives, 1):
            word = "if" if position == 1 else "elsif"
            test = f"{{% {word} chosen.{name} == '{position}' %}}"
            parts += [tag(test, f"{name}:{position}"), write(child.value.bound_blocks["content"], context)]
        parts += [tag("{% else %}", f"{name}:"), fallback, tag("{% endif %}", "")]
        return glue.join(parts)

    def render_mjml(self, value, context):
        return self._written(value, context, part_mjml, lambda text, part: between(context, text, part), "")

    def render_text(self, value, context):
        return self._written(value, context, part_text, lambda text, _part: text, "")


def _address(part, context) -> str:
    if not part.has_button:
        return ""
    page = part.get("page")
    if page is None:
        return context.foreign_url(part.get("address") or "")
    return context.page_url(page) if page.live else ""


def part_mjml(bound, context) -> str:
    """A section with picture, heading, text and button of one alternative."""
    if bound is None:
        return ""
    part, found = bound.value, []
    url = _address(part, context)
    if part.get("picture"):
        # decorative: heading and text beside it say what it is about
        found.append(
            image_mjml(
                context,
                part["picture"],
                width=536,
                alt=part["picture"].default_alt_text if not part.get("heading") else "",
                href=url,
                padding="0 32px 16px",
            )
        )
    if part.get("heading"):
        heading = context.foreign(part["heading"])
        found.append(f'<mj-text padding="0 32px 10px"><h2>{heading}</h2></mj-text>')
    if part.get("text") and part["text"].source.strip():
        found.append(f"<mj-text>{context.foreign_rich(part['text'].source)}</mj-text>")
    if url:
        label = context.foreign(part["label"])
        found.append(f'<mj-button css-class="wa-button" href="{context.html(url)}">{label}</mj-button>')
    return theme.section("".join(found))


def part_text(bound, context) -> str:
    """The same as lines."""
    if bound is None:
        return ""
    part, url = bound.value, _address(bound.value, context)
    heading, label = (context.plain_foreign(part.get(name) or "") for name in ("heading", "label"))
    rich = context.plain_foreign_rich(part["text"].source) if part.get("text") else ""
    button = f"{label}:\n{context.url(url, part['label'])}" if url else ""
    return "\n\n".join(filter(None, [heading, rich, button]))
