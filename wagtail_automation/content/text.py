"""Django form fields for what strangers type: bounded, free of control characters, errors in place."""

import datetime
import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from wagtail_automation.leads import identifiers
from wagtail_automation.leads.field_types import clean_phone

NOT_SHOWN = _("Remove the characters that cannot be shown.")
#: control characters and line separators; tabs become spaces
_KEPT_IN_LINES = frozenset("\n")


def has_control(value: str, kept=frozenset()) -> bool:
    """Whether a character has no shape: category Cc, lone surrogates, line and paragraph separators."""
    return any(
        unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} and character not in kept
        for character in value
    )


def without_control(value: str, kept=_KEPT_IN_LINES) -> str:
    """The text as it may be shown again: what has no shape is gone."""
    value = value.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(
        character
        for character in value
        if character in kept or unicodedata.category(character) not in {"Cc", "Cs", "Zl", "Zp"}
    )


class _Safe:
    """Refuses control characters, and never shows them again."""

    kept: frozenset = frozenset()

    def to_python(self, value):
        if isinstance(value, str):
            value = value.replace("\r\n", "\n").replace("\t", " ")
            if has_control(value.strip(), self.kept):
                raise ValidationError(NOT_SHOWN, code="control_characters")
        return super().to_python(value)

    def bound_data(self, data, initial):
        data = super().bound_data(data, initial)
        return without_control(data, self.kept) if isinstance(data, str) else data


class LineField(_Safe, forms.CharField):
    """One line."""


class TextAreaField(_Safe, forms.CharField):
    """Several lines."""

    kept = _KEPT_IN_LINES
    widget = forms.Textarea(attrs={"rows": 4})


class EmailField(_Safe, forms.EmailField):
    """An address, in the normal form by which leads are known."""

    def clean(self, value):
        cleaned = super().clean(value)
        return identifiers.normalise("email", cleaned) if cleaned else cleaned


class PhoneField(_Safe, forms.CharField):
    """A number as people write it: digits with spaces, dots, hyphens, brackets, a plus in front."""

    widget = forms.TextInput(attrs={"type": "tel", "inputmode": "tel"})

    def clean(self, value):
        cleaned = super().clean(value)
        return clean_phone(cleaned) if cleaned else cleaned


class DateField(_Safe, forms.DateField):
    """A day, by the browser's own calendar; other ways of writing follow the visitor's language."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def to_python(self, value):
        try:
            return datetime.date.fromisoformat(value)
        except (TypeError, ValueError):
            return super().to_python(value)
