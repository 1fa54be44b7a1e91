"""Choosers that speak the reader's language, in whole phrases.

Wagtail's own viewsets keep the words of start-up's language (“Search”, “Create”), and snippets glue “Choose”
and the model's name together.
"""

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.viewsets.chooser import ChooserViewSet as WagtailChooserViewSet
from wagtail.models import Locale
from wagtail.snippets.blocks import SnippetChooserBlock as WagtailSnippetChooserBlock
from wagtail.snippets.views.chooser import ChooseResultsView, ChooseView, SnippetCreateView
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

    @property
    def choose_one_text(self):
        """The button says what the modal's title says."""
        return self.page_title

    @cached_property
    def widget_class(self):
        """Made of ``base_widget_class``, as Wagtail does from 8 on."""
        return WagtailChooserViewSet.widget_class.func(self)


class ShortForm(forms.Form):
    """What the creation tab of a chooser asks: a few words, and the language where there are several.

    A subclass makes the record in ``save()``; ``user`` is who asks for it.
    """

    locale = forms.ModelChoiceField(label=_("Language"), queryset=None, empty_label=None)

    def __init__(self, *args, user, **kwargs):
        # the page below the modal has fields of the same names: labels must not point at those
        super().__init__(*args, **{"auto_id": "id_new_%s", **kwargs})
        self.user = user
        languages = Locale.objects.order_by("pk")
        self.fields["locale"].queryset = languages
        self.fields["locale"].initial = Locale.get_active()
        if len(languages) < 2:
            del self.fields["locale"]
        else:
            self.order_fields([name for name in self.fields if name != "locale"])

    @property
    def chosen_locale(self) -> Locale:
        """The language of the new record."""
        return self.cleaned_data.get("locale") or Locale.get_default()


class _ShortFormMixin:
    """Gives the form the person who writes."""

    def get_creation_form_kwargs(self):
        return {**super().get_creation_form_kwargs(), "user": self.request.user}


class _ChooseView(_ShortFormMixin, SnippetChooseView):
    pass


class _ChooseResultsView(_ShortFormMixin, ChooseResultsView):
    pass


class _CreateView(_ShortFormMixin, SnippetCreateView):
    pass


class CreatingSnippetChooserViewSet(SnippetChooserViewSet):
    """A modal with a second tab, in which a snippet is made by a ``ShortForm``; a subclass gives
    ``creation_form_class`` and the tab's words (lazy)."""

    choose_view_class = _ChooseView
    choose_results_view_class = _ChooseResultsView
    create_view_class = _CreateView
    create_action_clicked_label = _("Creating…")


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
