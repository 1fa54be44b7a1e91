"""Form fields with the values of a lead's fields of the same type: moment, country, language, address."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from wagtail_automation.content import text
from wagtail_automation.leads.field_types import TYPES
from wagtail_automation.leads.fields import LeadField

from .form_fields import FormFieldBlock, register

MAX = 5000


class StoredField(forms.Field):
    """Asks as the lead's type does; its cleaned value is the JSON that is stored."""

    def __init__(self, kind, **kwargs):
        self.described = LeadField("", "", kind.key)
        self.kind = kind
        super().__init__(widget=kind.form_field(self.described).widget, **kwargs)

    def to_python(self, value):
        if value in self.empty_values:
            return None
        if len(value) > MAX or text.has_control(value):
            raise ValidationError(text.NOT_SHOWN, code="control_characters")
        return self.kind.clean(value, self.described)

    def bound_data(self, data, initial):
        data = super().bound_data(data, initial)
        return text.without_control(data[:MAX], frozenset()) if isinstance(data, str) else data


class _OfType(FormFieldBlock):
    """A field of one of the lead's types."""

    type = ""

    def form_field(self, value):
        return StoredField(TYPES[self.type], **self.common(value))

    def display(self, stored):
        if not isinstance(stored, str):
            return super().display(stored)
        kind = TYPES[self.type]
        return kind.display(stored, LeadField("", "", self.type))


@register
class DateTimeField(_OfType):
    """A day and the time of day, in the site's zone."""

    key = type = "datetime"

    class Meta:
        label = _("Date and time")
        icon = "calendar-check"


@register
class CountryField(_OfType):
    """A country, stored as its code of two letters."""

    key = type = "country"
    autocomplete = "country"

    class Meta:
        label = _("Country")
        icon = "site"


@register
class LanguageField(_OfType):
    """A language, stored as its code."""

    key = type = "language"
    autocomplete = "language"

    class Meta:
        label = _("Language")
        icon = "globe"


@register
class UrlField(_OfType):
    """The address of a web site, http or https."""

    key = type = "url"
    autocomplete = "url"

    class Meta:
        label = _("Web address")
        icon = "link-external"
