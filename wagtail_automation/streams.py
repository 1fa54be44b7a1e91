"""StreamFields whose block types are a registry: migrations hold only the path, unknown types survive."""

import json

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.admin.staticfiles import versioned_static
from wagtail.admin.telepath import register as register_adapter
from wagtail.blocks.stream_block import StreamBlockAdapter
from wagtail.fields import StreamField

UNKNOWN = "_unknown"


class UnknownBlock(blocks.FieldBlock):
    """Keeps the JSON of a block whose app is not installed, shown read-only, saved as it came."""

    class Meta:
        icon = "warning"
        label = _("Unavailable")
        group = ""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.set_name(UNKNOWN)

    @cached_property
    def field(self):
        return forms.CharField(
            required=False,
            help_text=_("The app that brings this is not installed. It is kept as it is and does nothing."),
            widget=forms.Textarea(attrs={"readonly": True, "rows": 3}),
        )

    def value_for_form(self, value):
        return json.dumps(value, ensure_ascii=False)

    def value_from_form(self, value):
        try:
            return json.loads(value) if isinstance(value, str) else value
        except ValueError:
            return value

    def clean(self, value):
        if not isinstance(value, dict):
            raise ValidationError(_("This content was changed by hand and cannot be read."))
        return value

    def get_searchable_content(self, value):
        return []


class RegistryStreamBlock(blocks.StreamBlock):
    """A StreamBlock that offers what ``registry`` holds now, so tests and late apps need no restart."""

    registry = None
    #: one instance per class, shared by all streams, as Wagtail shares declared blocks
    _instances: dict[type, blocks.Block] = {}

    def offered(self) -> list[type]:
        """The classes that may be added here."""
        return list(self.registry)

    @property
    def child_blocks(self):
        offered = tuple(self.offered())
        if self.__dict__.get("_offered") != offered:
            children = {cls.key: self._instance(cls) for cls in offered}
            self._children = {**children, UNKNOWN: self._instance(UnknownBlock)}
            self._offered = offered
        return self._children

    @child_blocks.setter
    def child_blocks(self, value):
        """Wagtail's constructor sets the declared blocks; the registry is the only source."""

    def _instance(self, cls):
        if cls not in self._instances:
            self._instances[cls] = cls()
        return self._instances[cls]

    def _known(self, item: dict) -> dict:
        """A raw item as this block can read it: old keys renamed, unknown types wrapped whole."""
        kind = item.get("type")
        cls = self.registry.get(kind) if isinstance(kind, str) else None
        if cls is not None and cls in self.offered():
            return item if kind == cls.key else {**item, "type": cls.key}
        if kind == UNKNOWN:
            return item
        return {"type": UNKNOWN, "value": item, "id": item.get("id")}

    def to_python(self, value):
        if isinstance(value, str) and value:
            try:
                value = json.loads(value)
            except ValueError:
                return self.empty_value(raw_text=value)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            value = [self._known(item) for item in value]
        return super().to_python(value)

    def bulk_to_python(self, values):
        return super().bulk_to_python([[self._known(item) for item in stream] for stream in values])

    def get_prep_value(self, value):
        return [item["value"] if item["type"] == UNKNOWN else item for item in super().get_prep_value(value)]


class RegistryStreamAdapter(StreamBlockAdapter):
    """Shows blocks of an unknown type, and lets nobody add one."""

    js_constructor = "wagtail_automation.RegistryStreamBlock"

    @cached_property
    def media(self):
        return super().media + forms.Media(js=[versioned_static("wagtail_automation/registry-stream.js")])


register_adapter(RegistryStreamAdapter(), RegistryStreamBlock)


class RegistryStreamField(StreamField):
    """Base of fields over a ``RegistryStreamBlock``; subclasses name it in ``block_class``."""

    block_class: type[RegistryStreamBlock]

    def __init__(self, **kwargs):
        kwargs.pop("block_lookup", None)
        super().__init__(self.block_class(), **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = models.Field.deconstruct(self)
        return name, path, args, kwargs
