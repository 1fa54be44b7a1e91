"""Choosing a field of leads inside conditions, activities and forms."""

from django import forms
from django.utils.translation import gettext
from wagtail.blocks import ChoiceBlock

from . import fields


class FieldKey(str):
    """The key of a field, with its description in ``field`` (None when the field no longer exists)."""

    __slots__ = ("field",)

    def __new__(cls, key: str, field: "fields.LeadField | None"):
        made = super().__new__(cls, key)
        made.field = field
        return made

    @property
    def label(self) -> str:
        """What people call the field; its key when it no longer exists."""
        return str(self.field.label) if self.field is not None else str(self)


def chosen_field(value: dict) -> "fields.LeadField | None":
    """The description of the field chosen in a bound or native value under ``field``; None if it is gone."""
    return getattr(value.get("field"), "field", None)


class ArchivedKey(str):
    """The key of a field that is no longer offered; what has chosen it keeps it."""

    __slots__ = ()


class FieldSelect(forms.Select):
    """A choice of fields in which archived ones are hidden: they show only where they are chosen already."""

    def create_option(self, name, value, *args, **kwargs):
        option = super().create_option(name, value, *args, **kwargs)
        if isinstance(value, ArchivedKey):
            option["attrs"]["hidden"] = True
        return option


def field_choices(offers=lambda field: True) -> list[tuple[str, str]]:
    """``(key, label)`` of what may be chosen now, archived fields last and marked; one query."""
    return [
        (ArchivedKey(field.key), gettext("%(field)s (archived)") % {"field": field.label})
        if field.is_archived
        else (field.key, str(field.label))
        for field in fields.all_fields(archived=True)
        if offers(field)
    ]


class FieldKeyField(forms.ChoiceField):
    """A choice that leaves a ``FieldKey`` what it is."""

    def to_python(self, value):
        return value if isinstance(value, FieldKey) else super().to_python(value) or None


class LeadFieldChoiceBlock(ChoiceBlock):
    """A field of leads, own or custom. The choices are read when they are used, never at import, and no
    migration holds them.

    ``types``: only fields of these types; ``text_only``: only fields compared as text; ``settable_only``:
    only fields that may be written. The value is a ``FieldKey``.
    """

    def __init__(self, *, types=None, text_only=False, settable_only=False, required=True, **kwargs):
        self._types = tuple(types) if types else None
        self._text_only = text_only
        self._settable_only = settable_only
        kwargs.setdefault("widget", FieldSelect())
        super().__init__(choices=self.field_choices, required=required, **kwargs)

    def get_field(self, **kwargs):
        return FieldKeyField(**kwargs)

    def _offers(self, field: "fields.LeadField") -> bool:
        return (
            (self._types is None or field.type in self._types)
            and (not self._text_only or field.is_text)
            and (not self._settable_only or field.is_settable)
        )

    def field_choices(self) -> list[tuple[str, str]]:
        """``(key, label)`` of what may be chosen now; one query."""
        return field_choices(self._offers)

    def to_python(self, value):
        if not value or not isinstance(value, str):
            return None
        return value if isinstance(value, FieldKey) else FieldKey(value, fields.lead_field(value))

    def normalize(self, value):
        return self.to_python(value)

    def bulk_to_python(self, values):
        found = fields.lead_fields({value for value in values if value})
        return [
            FieldKey(value, found.get(value)) if isinstance(value, str) and value else None
            for value in values
        ]

    def get_prep_value(self, value):
        return str(value) if value else ""

    def value_from_form(self, value):
        return self.to_python(value)

    def clean(self, value):
        super().clean(str(value) if value else value)
        return self.to_python(value)

    def get_form_state(self, value):
        return self.get_prep_value(value)

    def deconstruct(self):
        return "wagtail.blocks.ChoiceBlock", [], {"choices": []}

    def deconstruct_with_lookup(self, lookup):
        return self.deconstruct()
