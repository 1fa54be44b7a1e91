"""The rule editor's widget: a hidden textarea with the JSON, and a Stimulus controller that draws it.

Between server and browser an unknown condition travels as text (``kept``), because JavaScript would
rewrite 1.0 as 1 and reorder keys; a form that is being filled in travels as ``form`` until it is cleaned.
"""

import json
from functools import lru_cache

from django import forms
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import cached_property
from wagtail.admin.telepath import register
from wagtail.admin.telepath.widgets import WidgetAdapter
from wagtail.blocks import BlockWidget

from wagtail_automation.admin import later
from wagtail_automation.admin.bundles import ScriptBundle, StyleBundle

from .conditions import conditions
from .rule import MAX_BYTES, Rule, condition_block

EDITOR = ScriptBundle(
    "rule-editor",
    [
        later.SCRIPT,
        "wagtail_automation/rule-editor-parts.js",
        "wagtail_automation/rule-editor-form.js",
        "wagtail_automation/rule-editor.js",
    ],
)
STYLE = StyleBundle("rule-editor", ["wagtail_automation/rule-editor.css"])


@lru_cache(maxsize=8)
def condition_media(classes: tuple) -> forms.Media:
    """Scripts and styles that the form of any condition may need; packing them all once per process."""
    media = forms.Media()
    for cls in classes:
        media += BlockWidget(condition_block(cls)).media
    return media


@lru_cache(maxsize=8)
def _media_for_later(classes: tuple) -> tuple[forms.Media, str]:
    media = condition_media(classes)
    return later.split(media)[0], later.dumped(media)


def dump(raw) -> str:
    return json.dumps(raw)  # in ASCII: a lone surrogate that somebody smuggled in must not break the page


def load(text: str):
    """Decoded JSON. Raises ValueError for anything that is none, also for what is nested beyond reason."""
    if len(text) > MAX_BYTES:
        raise ValueError("too long")
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _map_conditions(raw: dict, change) -> dict:
    """A copy of a well-formed rule with every condition item changed."""

    def each(items):
        return [
            {**item, "value": {**item["value"], "items": each(item["value"].get("items") or [])}}
            if item["type"] == "group"
            else change(item)
            for item in items
        ]

    return {**raw, "items": each(raw.get("items") or [])} if raw else raw


def for_browser(raw: dict) -> dict:
    """Conditions that are not installed, as text that no script can alter."""
    return _map_conditions(
        raw,
        lambda item: (
            item
            if item["type"] in conditions
            else {"id": item.get("id", ""), "type": item["type"], "kept": dump(item)}
        ),
    )


def from_browser(raw: dict) -> dict:
    """The reverse of ``for_browser``. What was tampered with stays as it is and fails validation."""

    def restore(item):
        try:
            kept = load(item["kept"]) if isinstance(item.get("kept"), str) else None
        except ValueError:
            return item
        if isinstance(kept, dict) and isinstance(kept.get("type"), str) and kept["type"] != "group":
            return kept
        return item

    return _map_conditions(raw, restore)


class RuleWidget(forms.Widget):
    """Edits a ``Rule``. The condition forms are fetched when opened, so a page grows by a textarea only."""

    template_name = "wagtail_automation/rule_widget.html"
    #: what an empty rule means where that is not "nobody", as text in the reader's language
    empty = ""

    def format_value(self, value) -> str:
        if isinstance(value, str):
            rule = Rule.parse_lenient(value)
            if rule.malformed():  # show what was sent, with the error beside it
                return value
        else:
            rule = value if isinstance(value, Rule) else Rule(value)
        if rule.malformed():
            return dump(rule.raw)
        return dump(for_browser(rule.raw))

    def written_by(self) -> tuple:
        """What its HTML depends on beside its value, for those who remember it."""
        return tuple(conditions), str(self.empty)

    def render(self, name, value, attrs=None, renderer=None):
        return render_to_string(
            self.template_name,
            {
                "name": name,
                "text": self.format_value(value),
                "attrs": {**self.attrs, **(attrs or {})},
                "url": reverse("wagtail_automation_rules:catalogue"),
                "empty": self.empty,
                "media": _media_for_later(tuple(conditions))[1],
            },
        )

    def value_from_datadict(self, data, files, name):
        text = data.get(name)
        if not isinstance(text, str) or not text.strip():
            return ""
        try:
            raw = load(text)
        except ValueError:
            return text
        if not isinstance(raw, dict) or Rule(raw).malformed():
            return text
        return dump(from_browser(raw))

    @property
    def media(self):
        return _media_for_later(tuple(conditions))[0] + forms.Media(js=[EDITOR.url], css={"all": [STYLE.url]})


class RuleWidgetAdapter(WidgetAdapter):
    """Makes the widget in the browser, for blocks added there."""

    js_constructor = "wagtail_automation.rules.RuleWidget"

    @cached_property
    def media(self):
        return super().media + forms.Media(js=[EDITOR.url])


register(RuleWidgetAdapter(), RuleWidget)
