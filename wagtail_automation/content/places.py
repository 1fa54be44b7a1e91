"""Where on the site something is personal: every dynamic block of every page."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from wagtail import blocks
from wagtail.fields import StreamField
from wagtail.models import Page, get_page_models

from wagtail_automation.content import personal
from wagtail_automation.content.blocks import SharedContentBlock


@dataclass(frozen=True)
class Place:
    """A personal part of a page; ``number`` counts those of the page from 1."""

    page: Page
    part: personal.Part
    number: int

    @property
    def name(self) -> str:
        if isinstance(self.part.block, SharedContentBlock):
            return str(self.part.value)
        if self.part.block.for_identified_only:
            return _("Text with personal values")
        return self.part.block.place_name(self.number)

    @property
    def is_shared(self) -> bool:
        return isinstance(self.part.block, SharedContentBlock)

    @property
    def alternatives(self) -> list[tuple[str, str]]:
        """``(id, name)`` in order."""
        return [
            (one.id, one.name or _("Alternative %(position)d") % {"position": position})
            for position, one in enumerate(self.part.block.alternatives(self.part.value), start=1)
        ]

    @property
    def holdout(self) -> int:
        return self.part.block.holdout(self.part.value)

    @property
    def goal(self):
        """The goal counted here, or None."""
        value = self.part.value
        return value.goal if self.is_shared else value.get("goal") if hasattr(value, "get") else None


def of_page(page: Page) -> list[Place]:
    """All of one (specific) page, in order."""
    return [Place(page, part, number) for number, part in enumerate(personal.parts(page), start=1)]


def everywhere() -> Iterator[Place]:
    """All of the site, page by page in the order of the tree of each page type. The database leaves out pages
    whose text names no personal block; one statement for each page type that may hold any."""
    for model in get_page_models():
        fields = [
            f for f in model._meta.get_fields() if isinstance(f, StreamField) and _holds(f.stream_block)
        ]
        if not fields:
            continue
        wanted = Q()
        casts = {}
        for f in fields:
            casts[f"_text_{f.name}"] = Cast(f.name, TextField())
            for name in _names(f.stream_block):
                wanted |= Q(**{f"_text_{f.name}__contains": f'"{name}"'})
        pages = model._default_manager.annotate(**casts).filter(wanted).order_by("path")
        for page in pages.iterator(chunk_size=100):
            yield from of_page(page)


def _holds(block) -> bool:
    return isinstance(block, personal.PersonalBlock) or any(_holds(child) for child in _children(block))


def _children(block):
    if isinstance(block, blocks.ListBlock):
        return [block.child_block]
    return getattr(block, "child_blocks", {}).values()


def _names(block) -> set[str]:
    """The types under which personal blocks stand in the stored text."""
    if isinstance(block, personal.PersonalBlock):
        return {block.name}
    found = set()
    for child in _children(block):
        found |= _names(child)
    # a list's child has no name of its own: whatever holds the list is looked at
    return {name or block.name for name in found}
