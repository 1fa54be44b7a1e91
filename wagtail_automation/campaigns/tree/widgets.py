"""The form widget: one hidden textarea with the tree as JSON, drawn and edited by our scripts."""

import json
from functools import lru_cache

from django import forms
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.safestring import mark_safe
from wagtail.admin.staticfiles import versioned_static
from wagtail.blocks import BlockWidget
from wagtail.blocks.base import get_error_json_data

from wagtail_automation.admin import later
from wagtail_automation.admin.bundles import ScriptBundle, StyleBundle
from wagtail_automation.rules.conditions import conditions

from .describe import describe, distinct, likenesses, remembering_objects
from .palette import messages_in, palette, unfinished_steps
from .ranking import ranks
from .reading import read_tree
from .registry import step_types
from .transport import steps_for_browser

#: plain scripts on one namespace, in the order in which they need each other
SCRIPTS = (
    "model",
    "dom",
    "facts",
    "changes",
    "clipboard",
    "chrome",
    "paint",
    "links",
    "numbers",
    "follow",
    "navigate",
    "pointer",
    "menu",
    "asking",
    "picker",
    "patience",
    "drawer",
    "forms",
    "editor",
)
FOLDER = "wagtail_automation/campaigns/tree"
#: what stands on the editor's page beside the tree: dry run, its chart, what publishing would do
BESIDE = (
    "wagtail_automation/chart",
    "wagtail_automation/campaigns/foreseeing/dry_run",
    "wagtail_automation/campaigns/publication",
)
EDITOR = ScriptBundle(
    "campaign-tree",
    [
        later.SCRIPT,
        *(f"{FOLDER}/{script}.js" for script in SCRIPTS),
        *(f"{name}.js" for name in BESIDE),
    ],
)
#: fetched when they are used, or when the page has nothing else to do
LATER = {
    name: ScriptBundle(f"campaign-tree-{name}", [f"{FOLDER}/{name}.js"]) for name in ("picture", "minimap")
}
STYLE = StyleBundle("campaign-tree", [f"{FOLDER}/tree.css", *(f"{name}.css" for name in BESIDE)])


@lru_cache(maxsize=8)
def _media_of(classes):
    """Scripts and styles that any step's form may need. They must be there before the form arrives."""
    media = forms.Media()
    for placed in step_types.installed():
        media += BlockWidget(placed.config_block).media
    return media


def step_form_media() -> forms.Media:
    """The union for every installed type; packing all definitions takes a second, so it is kept."""
    return _media_of(_installed_classes())


def _installed_classes() -> tuple:
    return tuple(type(placed.config_block) for placed in step_types.installed()) + tuple(conditions)


@lru_cache(maxsize=8)
def _form_media_of(classes):
    streamfield = versioned_static("wagtailadmin/css/panels/streamfield.css")
    return later.split(_media_of(classes) + forms.Media(css={"all": [streamfield]}))


def _form_media() -> tuple[forms.Media, dict[str, list[str]]]:
    """What a step's form needs once it is in the drawer, as ``later.split`` says. To be read only."""
    return _form_media_of(_installed_classes())


def _in_textarea(text: str) -> str:
    """Text as it stands in a textarea's HTML. Quotes, of which JSON is full, need no escape there."""
    return mark_safe(text.replace("&", "&amp;").replace("<", "&lt;"))  # noqa: S308  nothing can end it


class CampaignTreeWidget(BlockWidget):
    """``read_only`` and ``campaign`` are set per form, by the panel."""

    read_only = False
    campaign = None

    def _read(self, value):
        """``(steps as JSON, children, what to put in the textarea)`` of a tree or of what was posted."""
        if isinstance(value, str):
            try:
                value = read_tree(self.block_def, value)
            except ValidationError:
                return [], [], value  # refused again until it is repaired or the page is reloaded
        raw = steps_for_browser(self.block_def.get_prep_value(value)) if value else []
        return raw, list(value or ()), json.dumps(raw, cls=DjangoJSONEncoder, ensure_ascii=False)

    def _errors(self, children, errors, alike=None) -> tuple[dict, list[str]]:
        """``({step id: …}, messages about the whole)`` for the cards. ``alike``: of ``likenesses``."""
        alike = likenesses(children) if alike is None else alike
        data = get_error_json_data(errors.as_data()[0]) if errors else {}
        by_step = {}
        for index, error in (data.get("blockErrors") or {}).items():
            form = (error.get("blockErrors") or {}).get("config")
            by_step[children[int(index)].id] = {"messages": messages_in(error), "form": form}
        unsaid = [child for child in children if child.id not in by_step]
        for pk, messages in unfinished_steps(unsaid, alike).items():
            by_step[pk] = {"messages": messages, "form": None, "fresh": True}
        return by_step, data.get("messages", [])

    def _urls(self) -> dict:
        urls = {
            name: reverse(f"wagtail_automation_campaigns_tree:{name}") for name in ("form", "clean", "info")
        }
        if self.campaign is not None and self.campaign.pk:
            for name in ("look", "stats", "who"):
                urls[name] = reverse(f"wagtail_automation_campaigns_tree:{name}", args=[self.campaign.pk])
            urls["way"] = reverse("wagtail_automation_campaigns_tree:way", args=[self.campaign.pk, 0])
            urls["people"] = reverse("wagtail_automation_campaigns_people", args=[self.campaign.pk])
        return urls

    def render_with_errors(self, name, value, attrs=None, errors=None, renderer=None):
        raw, children, text = self._read(value)
        alike = likenesses(children, [step["value"].get("config") for step in raw])
        with remembering_objects(distinct(children, alike)):
            return self._render(name, children, alike, text, errors)

    def _render(self, name, children, alike, text, errors):
        from wagtail_automation.campaigns.foreseeing import views as foreseeing  # it walks what is drawn here

        step_errors, tree_errors = self._errors(children, errors, alike)
        offered = palette()
        data = {
            "name": name,
            "readable": bool(children),
            "counted": bool(self.campaign is not None and self.campaign.current_version_id),
            "info": describe(children, alike),
            "ranks": ranks(offered.names),
            "errors": step_errors,
            "treeErrors": tree_errors,
            "readOnly": self.read_only,
            "urls": self._urls(),
            "media": _form_media()[1],
            "scripts": {script: bundle.url for script, bundle in LATER.items()},
        }
        return render_to_string(
            "wagtail_automation/campaigns/tree_widget.html",
            {
                "name": name,
                "data": data,
                "palette": offered.script,
                "data_id": f"{name}-tree-data",
                "raw": _in_textarea(text),
                "dry_run": foreseeing.bar(self.campaign),
            },
        )

    def value_from_datadict(self, data, files, name):
        return data.get(name)

    @cached_property
    def media(self):
        own = forms.Media(js=[EDITOR.url], css={"all": [STYLE.url]})
        return _form_media()[0] + own
