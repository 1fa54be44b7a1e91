"""Choosers that speak the reader's language, in whole phrases.

Wagtail's own viewsets keep the words of start-up's language (“Search”, “Create”), and snippets glue “Choose”
and the model's name together.
"""

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.viewsets.chooser import ChooserViewSet as WagtailChooserViewSet
from wagtail.snippets.blocks import SnippetChooserBlock as WagtailSnippetChooserBlock
from wagtail.snippets.views.chooser import ChooseView
from wagtail.snippets.views.chooser import SnippetChooserViewSet as WagtailSnippetChooserViewSet

from . import strict


class Words:
    """The words that all choosers share."""

    search_tab_label = _("Search")
    create_action_label = _("Create")
    creation_tab_label = _("Create")


class ChooserViewSet(Words, WagtailChooserViewSet):
    """The modal in which a record is chosen."""

    base_widget_class = strict.Chooser


class SnippetChooseView(ChooseView):
    """The title says it all."""

    page_subtitle = ""


class SnippetChooserViewSet(Words, WagtailSnippetChooserViewSet):
    """The modal in which a snippet is chosen; a subclass gives its words in whole phrases (lazy):
    ``page_title``, ``choose_another_text``, ``edit_item_text``."""

    choose_view_class = SnippetChooseView
    base_widget_class = strict.SnippetChooser


class SnippetChooserBlock(WagtailSnippetChooserBlock):
    """Says what the chooser of its model says."""

    @cached_property
    def widget(self):
        widget = WagtailSnippetChooserBlock.widget.func(self)
        words = self.target_model.snippet_viewset.chooser_viewset
        widget.choose_one_text = words.page_title
        widget.choose_another_text = words.choose_another_text
        widget.link_to_chosen_text = words.edit_item_text
        return widget
