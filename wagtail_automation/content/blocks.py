"""Blocks for a site's own StreamFields: a form, content made for a segment, a text with personal values."""

import logging

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_automation import liquid
from wagtail_automation.audiences.dynamic.blocks import DynamicContentChooserBlock
from wagtail_automation.audiences.dynamic.models import MOST_HELD_BACK
from wagtail_automation.audiences.goals.blocks import GoalChooserBlock
from wagtail_automation.content import personal, rendering
from wagtail_automation.content.choosers import FormChooserBlock
from wagtail_automation.content.showing import tokens
from wagtail_automation.rules.blocks import RuleBlock

logger = logging.getLogger(__name__)


class FormBlock(FormChooserBlock):
    """A form, for any StreamField; rendered by ``{% include_block %}``, so that it knows its page."""

    class Meta:
        icon = "form"
        label = _("Form")

    def render(self, value, context=None):
        if value is None:
            return ""
        context = context or {}
        block_id = str(context.get("id") or "")[:8]
        return rendering.render_form(
            value,
            request=context.get("request"),
            page=context.get("page"),
            place=f"-{block_id}" if block_id else "",
        )


class LazyStreamMixin:
    """Children are read when they are shown: what nobody sees costs no query for its images and pages."""

    def bulk_to_python(self, values):
        return [self.to_python(value) for value in values]


def lazy(stream_class, **kwargs):
    """An instance of the site's own StreamBlock class that shares its children with all others.

    Shared children are packed once into the editor's HTML, whatever the number of streams.
    """
    if not (isinstance(stream_class, type) and issubclass(stream_class, blocks.StreamBlock)):
        raise TypeError("Give the class of your StreamBlock, such as DynamicContentBlock(ContentBlocks).")
    return type(stream_class.__name__, (LazyStreamMixin, stream_class), {"__module__": __name__})(**kwargs)


class AlternativeBlock(blocks.StructBlock):
    """What those see who match the rule."""

    def __init__(self, content=None, **kwargs):
        local_blocks = kwargs.pop("local_blocks", None) or [
            ("content", content),
            ("name", blocks.CharBlock(label=_("Name"), max_length=100, required=False)),
            ("rule", RuleBlock(label=_("Shown to"), required=False)),
        ]
        super().__init__(local_blocks, **kwargs)

    class Meta:
        label = _("Alternative")
        icon = "group"
        label_format = "{name}"
        form_layout = blocks.BlockGroup(children=["content"], settings=["name", "rule"])


class DynamicContentBlock(personal.PersonalBlock, blocks.StructBlock):
    """Alternatives in order, each with a rule, and what everybody else sees.

    ``DynamicContentBlock(ContentBlocks)``: ``ContentBlocks`` is the site's own StreamBlock class. The
    first alternative whose rule the visitor matches is shown. See ``personal`` for how.
    """

    def __init__(self, content, **kwargs):
        alternative = AlternativeBlock(lazy(content, label=_("Content"), required=False))
        super().__init__(
            [
                ("alternatives", blocks.ListBlock(alternative, label=_("Alternatives"), default=[])),
                ("fallback", lazy(content, label=_("Everybody else"), required=False)),
                (
                    "holdout",
                    blocks.IntegerBlock(
                        label=_("Hold back, in percent"),
                        required=False,
                        min_value=0,
                        max_value=MOST_HELD_BACK,
                        help_text=_(
                            "So many of those who match see what everybody else sees, always the same "
                            "people: only the comparison with them shows what the alternative does."
                        ),
                    ),
                ),
                ("goal", GoalChooserBlock(label=_("Goal"), required=False)),
            ],
            **kwargs,
        )

    class Meta:
        icon = "group"
        label = _("Dynamic content")
        form_layout = blocks.BlockGroup(children=["alternatives", "fallback"], settings=["holdout", "goal"])

    def holdout(self, value):
        return min(max(value.get("holdout") or 0, 0), MOST_HELD_BACK)

    def personal_key(self, value, block_id):
        """The id of its first alternative: a UUID that stays when the block moves."""
        children = value["alternatives"].bound_blocks
        return str(children[0].id or "") if children else ""

    def alternatives(self, value):
        return [
            personal.Alternative(str(child.id or ""), child.value.get("name") or "", child.value["rule"])
            for child in value["alternatives"].bound_blocks
        ]

    def nested(self, value):
        yield self._stream("fallback"), value["fallback"]

    def render_alternative(self, value, alternative_id, context):
        for child in value["alternatives"].bound_blocks:
            if child.id == alternative_id:
                return self._stream("alternative").render(child.value["content"], context=context)
        return self.render_fallback(value, context)

    def render_fallback(self, value, context):
        return self._stream("fallback").render(value["fallback"], context=context)

    def _stream(self, which):
        if which == "fallback":
            return self.child_blocks["fallback"]
        return self.child_blocks["alternatives"].child_block.child_blocks["content"]


class SharedContentBlock(personal.PersonalBlock, DynamicContentChooserBlock):
    """A shared dynamic content, written once under *Content → Dynamic content*.

    In a StreamField of a page, or by the tag ``automation_dynamic`` anywhere. Unpublished, it shows nothing.
    """

    #: set by the template tag: the content stands in no StreamField, so the page must name it
    by_tag = False

    def personal_key(self, value, block_id):
        return str(value.translation_key) if value is not None and value.live else ""

    def alternatives(self, value):
        if value is None:
            return []
        return [
            personal.Alternative(child.id or "", child.value["name"], child.value["rule"])
            for child in value.alternatives
        ]

    def holdout(self, value):
        return min(value.holdout, MOST_HELD_BACK)

    def about(self, value, page):
        return value

    def render_alternative(self, value, alternative_id, context):
        return self._render_part(value, alternative_id, context)

    def render_fallback(self, value, context):
        return self._render_part(value, "", context)

    def shared_name(self, value, page):
        return tokens.shared(value.translation_key) if self.by_tag else ""

    def _render_part(self, value, alternative_id, context):
        if value is None or not value.live:
            return ""
        page = context.get("page")
        if page is not None and value.locale_id != getattr(page, "locale_id", value.locale_id):
            translated = value.get_translation_or_none(page.locale)
            value = translated if translated is not None and translated.live else value
        part = value.part(alternative_id)
        return part.render(context={**context, "value": part.value}) if part is not None else ""


class PromoPlaceBlock(blocks.StaticBlock):
    """A place in the page where inline promos may stand; empty until there is one for the visitor."""

    class Meta:
        icon = "pick"
        label = _("Place for promos")
        admin_text = _("The web promo with the highest priority for this visitor stands here.")
        template = "wagtail_automation/content/promos/place.html"


class PersonalTextBlock(personal.PersonalBlock, blocks.FieldBlock):
    """Text with Liquid, such as ``Hello {{ lead.first_name | default: "and welcome" }}``.

    Values stand in it for identified visitors only; for all others every value is empty.
    """

    for_identified_only = True

    class Meta:
        icon = "user"
        label = _("Text with personal values")

    def __init__(self, required=True, help_text=None, max_length=2000, inline=False, **kwargs):
        if inline:  # stands inside a heading or a paragraph
            self.fragment_tag = "span"
        self._options = {"required": required, "help_text": help_text, "max_length": max_length}
        super().__init__(**kwargs)

    @cached_property
    def field(self):
        from django import forms

        return forms.CharField(
            widget=forms.Textarea(attrs={"rows": 2}), validators=[liquid.validate], **self._options
        )

    def get_searchable_content(self, value):
        return [self.render_fallback(value, {})] if value else []

    def personal_key(self, value, block_id):
        return personal.text_key(value) if value and liquid.has_expressions(value) else ""

    def render_fallback(self, value, context):
        return personal.render_text(value or "", None)

    def render_for_lead(self, value, lead, context):
        return personal.render_text(value or "", lead)
