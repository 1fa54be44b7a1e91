"""The top-level block of an email's body: registered blocks, and those that are no longer known."""

import json

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.admin.staticfiles import versioned_static
from wagtail.admin.telepath import register as register_adapter
from wagtail.blocks.stream_block import StreamBlockAdapter

from .registry import email_blocks

UNKNOWN = "_unknown"
KEPT = _("The app that brings this block is not installed. It is kept and not sent.")
SCRIPT = "wagtail_automation/messaging/email-body.js"


class UnknownBlock(blocks.FieldBlock):
    """A block whose type is not installed (any more): kept as it is, never shown to a reader."""

    def __init__(self, **kwargs):
        widget = forms.Textarea(attrs={"readonly": True, "rows": 2})
        self.field = forms.CharField(required=False, strip=False, widget=widget, help_text=KEPT)
        super().__init__(**kwargs)

    class Meta:
        icon = "warning"
        label = _("Unknown block")
        group = _("Other")

    def bleeds(self, value) -> bool:
        return False

    def render_mjml(self, value, context) -> str:
        return ""

    def render_text(self, value, context) -> str:
        return ""


class EmailBody(blocks.StreamBlock):
    """Child blocks are read from the registry when used, so that a registration needs no restart of it."""

    #: keys that are not offered here
    left_out: tuple[str, ...] = ()

    @property
    def child_blocks(self):
        classes = tuple(cls for cls in email_blocks if cls.key not in self.left_out)
        cached = self.__dict__.get("_registered")
        if cached is None or cached[0] != classes:
            children = {}
            for cls in (*classes, UnknownBlock):
                block = cls()
                block.set_name(getattr(cls, "key", UNKNOWN))
                children[block.name] = block
            cached = self.__dict__["_registered"] = (classes, children)
        return cached[1]

    @child_blocks.setter
    def child_blocks(self, value):
        """StreamBlock's constructor assigns its own; ours come from the registry."""

    def to_python(self, value):
        """Stored rows of unknown types become ``_unknown`` blocks instead of being dropped."""
        if isinstance(value, str) and value:
            try:
                value = json.loads(value)
            except ValueError:
                return self.empty_value(raw_text=value)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            value = [self._keep(row) for row in value]
        return super().to_python(value)

    def _keep(self, row: dict) -> dict:
        kind = row.get("type")
        current = email_blocks.get(kind)
        if current is not None and current.key not in self.left_out:
            return {**row, "type": current.key}
        if kind == UNKNOWN:
            return row
        return {
            "type": UNKNOWN,
            "value": json.dumps({"type": kind, "value": row.get("value")}),
            "id": row.get("id"),
        }

    def get_prep_value(self, value):
        """The inverse of ``to_python``: unknown blocks are stored again as they came."""
        return [self._give_back(row) for row in super().get_prep_value(value)]

    def _give_back(self, row: dict) -> dict:
        if row.get("type") != UNKNOWN:
            return row
        try:
            original = json.loads(row["value"])
        except (TypeError, ValueError):  # edited by hand into something else: nothing to restore
            return row
        if not isinstance(original, dict) or "type" not in original:
            return row
        return {"type": original["type"], "value": original.get("value"), "id": row.get("id")}


class EmailBodyAdapter(StreamBlockAdapter):
    """The editor shows and keeps an unknown block, and may delete it, but does not offer to add one."""

    js_constructor = "wagtail_automation.messaging.EmailBody"

    @cached_property
    def media(self):
        return super().media + forms.Media(js=[versioned_static(SCRIPT)])


register_adapter(EmailBodyAdapter(), EmailBody)
