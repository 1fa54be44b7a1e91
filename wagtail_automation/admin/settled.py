"""A tab of settings: panels are written once for what stands in them, and not at each look at the page."""

import copy
import json
from dataclasses import dataclass

from django import forms
from django.utils.functional import cached_property
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from telepath import BaseAdapter, ValueNode
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList
from wagtail.admin.telepath import JSContext, registry
from wagtail.admin.widgets import BaseChooser

#: panels that add nothing of their own to what their fields say
GROUPS = (MultiFieldPanel, FieldRowPanel)
#: inputs that show their value, their attributes and their choices; others say in ``written_by()`` what more
#: their HTML depends on
PLAIN = (forms.widgets.Input, forms.Textarea, forms.widgets.ChoiceWidget)


class SettledList(ObjectList):
    """An ``ObjectList`` that remembers in its process how its panels are written and packed.

    Only those of fields that are known to be plain, in a form that is looked at and not sent: what is written
    of them depends on the language and on what stands in them. All others are written each time. For objects
    that nobody comments on: in Wagtail, all but pages.
    """

    #: panels kept; then all are written anew
    most = 300

    def on_model_bound(self):
        super().on_model_bound()
        self.written: dict[tuple, str] = {}
        self.packed: dict[tuple, Packed] = {}
        for panel in _fields(self):
            panel.disable_comments = True

    def remember(self, known: dict, key: tuple, make):
        """The value of a key, made if it is not known."""
        if key not in known:
            if len(known) >= self.most:
                known.clear()
            known[key] = make()
        return known[key]

    class BoundPanel(ObjectList.BoundPanel):
        """Bound to one form."""

        @cached_property
        def keys(self) -> list[tuple | None]:
            """For each visible panel what is remembered of it; None: nothing."""
            if self.form is None or self.form.is_bound:
                return [None] * len(self.visible_children)
            said = map(_said, self.visible_children)
            return [one and (get_language(), self.prefix, one) for one in said]

        def render_html(self, parent_context=None):
            panels = zip(self.visible_children_with_identifiers, self.keys, strict=True)
            return mark_safe("".join(self._write(*pair) for pair in panels))  # noqa: S308  by its own template

        def _write(self, child_with_identifier, key) -> str:
            def write():
                alone = copy.copy(self)
                alone.visible_children_with_identifiers = [child_with_identifier]
                return super(SettledList.BoundPanel, alone).render_html()

            return write() if key is None else self.panel.remember(self.panel.written, key, write)

        def js_opts(self):
            panels = zip(self.visible_children, self.keys, strict=True)
            return super().js_opts() | {"children": [self._pack(*pair) for pair in panels]}

        def _pack(self, child, key):
            if key is None:
                return child
            packed = self.panel.remember(self.panel.packed, key, lambda: Packed.of(child))
            return packed if packed.is_whole else child


@dataclass
class Packed:
    """A panel as Wagtail's scripts read it, already packed."""

    data: dict
    media: forms.Media
    #: it refers to nothing outside and nothing refers into it
    is_whole: bool

    @classmethod
    def of(cls, panel) -> "Packed":
        context = JSContext()
        data = context.pack(panel)
        text = json.dumps(data)
        return cls(data, context.media, '"_id"' not in text and '"_ref"' not in text)


class PackedAdapter(BaseAdapter):
    """Puts what is packed among what is being packed."""

    def build_node(self, obj, context):
        context.add_media(obj.media)
        return PackedNode(obj.data)


class PackedNode(ValueNode):
    """Data that is emitted as it is."""


registry.register(PackedAdapter(), Packed)


def _fields(panel):
    """The field panels in a panel."""
    for child in getattr(panel, "children", ()):
        yield from _fields(child)
    if isinstance(panel, FieldPanel):
        yield panel


def _said(bound) -> tuple | None:
    """All that is written of a panel depends on, beside the language; None if that is not known."""
    if type(bound.panel) in GROUPS:
        parts = [_said(child) for child in bound.visible_children]
        return None if None in parts else (str(bound.heading), *parts)
    if type(bound.panel) is not FieldPanel or bound.bound_field is None:
        return None
    field = bound.bound_field.field
    widget = field.widget
    more = ()
    if hasattr(widget, "written_by"):
        more = widget.written_by()
    elif not isinstance(widget, PLAIN) or isinstance(widget, BaseChooser):
        return None
    return (
        bound.prefix,
        bound.bound_field.html_name,
        str(bound.heading),
        str(bound.help_text),
        field.required,
        field.disabled,
        repr(widget.format_value(bound.bound_field.value())),
        repr(widget.attrs),
        tuple((str(value), str(label)) for value, label in getattr(widget, "choices", ())),
        more,
    )
