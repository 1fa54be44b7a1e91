"""Choosing tags in conditions and activities."""

from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import ChooserBlock, ListBlock


class TagChooserBlock(ChooserBlock):
    """Chooses one tag, or makes one."""

    @cached_property
    def target_model(self):
        from .models import Tag

        return Tag

    @cached_property
    def widget(self):
        from .viewsets import tag_chooser

        return tag_chooser.widget_class()

    class Meta:
        icon = "tag"


class TagsBlock(ListBlock):
    """One tag or several."""

    def __init__(self, child_block=None, **kwargs):
        kwargs.setdefault("min_num", 1)
        kwargs.setdefault("max_num", 20)
        super().__init__(child_block or TagChooserBlock(label=_("Tag")), **kwargs)


def quoted(tags) -> str:
    """The names as they stand in a sentence."""
    return ", ".join(gettext("“%(name)s”") % {"name": tag} for tag in tags)
