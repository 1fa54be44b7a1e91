"""Wagtail's widgets and panels under a strict content security policy: started by a file of ours.

Wagtail writes ``<script>new ImageChooser("id_logo", {…})</script>`` beside a widget, which
``script-src 'self'`` refuses. Here the call stands in data attributes, and ``start.js`` makes it.
"""

import json
import re

from django import forms
from django.utils.html import format_html
from wagtail.admin import panels
from wagtail.admin.staticfiles import versioned_static
from wagtail.admin.widgets import AdminPageChooser, BaseChooser
from wagtail.images.widgets import AdminImageChooser
from wagtail.snippets.widgets import AdminSnippetChooser

STARTER = "wagtail_automation/start.js"
CALL = re.compile(r"new (\w+)\((.*)\);?", re.DOTALL)


def call(name: str, arguments: list) -> str:
    """An element that makes ``start.js`` create ``new name(…arguments)``."""
    return format_html(
        '<div hidden data-controller="wa-start" data-wa-start-name-value="{}"'
        ' data-wa-start-arguments-value="{}"></div>',
        name,
        json.dumps(arguments),
    )


class StartedByFile:
    """Mixin of a chooser: the same HTML and the same call, without inline script."""

    def render(self, name, value, attrs=None, renderer=None):
        data = self.get_value_data(value)
        constructor, arguments = CALL.fullmatch(self.render_js_init(attrs["id"], name, data)).groups()
        return format_html(
            "{}{}", self.render_html(name, data, attrs), call(constructor, json.loads(f"[{arguments}]"))
        )

    @property
    def media(self):
        return super().media + forms.Media(js=[versioned_static(STARTER)])


class Chooser(StartedByFile, BaseChooser):
    """The base of our own choosers of records."""


class SnippetChooser(StartedByFile, AdminSnippetChooser):
    """The base of our own choosers of snippets. Says what its viewset says: Wagtail's glues "Choose" and the
    model's name together, in the language of start-up."""

    def __init__(self, model=None, **kwargs):
        super().__init__(model or self.model, **kwargs)
        for name in ("choose_one_text", "choose_another_text", "link_to_chosen_text"):
            if name not in kwargs and getattr(type(self), name) is not getattr(BaseChooser, name):
                delattr(self, name)  # the class has it, in whole phrases and lazy


class ImageChooser(StartedByFile, AdminImageChooser):
    pass


class PageChooser(StartedByFile, AdminPageChooser):
    pass


class InlinePanel(panels.InlinePanel):
    """Wagtail's, its script started by a file."""

    class BoundPanel(panels.InlinePanel.BoundPanel):
        """For one form."""

        template_name = "wagtail_automation/inline_panel.html"

        @property
        def media(self):
            return super().media + forms.Media(js=[versioned_static(STARTER)])

        def get_context_data(self, parent_context=None):
            context = super().get_context_data(parent_context)
            return context | {"start": call("InlinePanel", [json.loads(context["options_json"])])}
