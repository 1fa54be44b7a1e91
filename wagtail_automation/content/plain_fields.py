"""Fields that most forms have: text, numbers, dates, choices, boxes to tick, consent."""

import datetime
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation.content import lead_mapping, text

from .form_fields import FormFieldBlock, StoredChoiceBlock, layout, register

MAX_CHOICES = 200


@register
class TextField(FormFieldBlock):
    """One line of text."""

    key = "text"
    MAX = 255

    class Meta:
        label = _("Text")
        icon = "title"

    def form_field(self, value):
        return text.LineField(max_length=self.max_length(value, self.MAX), **self.common(value))


@register
class LongTextField(FormFieldBlock):
    """Several lines of text."""

    key = "long_text"
    MAX = 10_000

    class Meta:
        label = _("Long text")
        icon = "pilcrow"

    def form_field(self, value):
        return text.TextAreaField(max_length=self.max_length(value, self.MAX), **self.common(value))


@register
class EmailField(FormFieldBlock):
    """An email address."""

    key = "email"
    autocomplete = "email"

    class Meta:
        label = _("Email address")
        icon = "mail"

    def form_field(self, value):
        return text.EmailField(max_length=self.max_length(value, 254), **self.common(value))


@register
class PhoneField(FormFieldBlock):
    """A phone number, as people write it."""

    key = "phone"
    autocomplete = "tel"

    class Meta:
        label = _("Phone number")
        icon = "mobile-alt"

    def form_field(self, value):
        return text.PhoneField(max_length=self.max_length(value, 32), **self.common(value))


@register
class NumberField(FormFieldBlock):
    """A number, whole or with decimals."""

    key = "number"

    minimum = blocks.DecimalBlock(label=_("Smallest value"), required=False)
    maximum = blocks.DecimalBlock(label=_("Largest value"), required=False)

    class Meta:
        label = _("Number")
        icon = "order"
        form_layout = layout("label", "help_text", "required", settings=["minimum", "maximum"])

    def form_field(self, value):
        return forms.DecimalField(
            min_value=value.get("minimum"),
            max_value=value.get("maximum"),
            max_digits=15,
            decimal_places=4,
            widget=forms.NumberInput(attrs={"step": "any"}),
            **self.common(value),
        )

    def to_json(self, cleaned):
        if not isinstance(cleaned, Decimal):
            return cleaned
        return int(cleaned) if cleaned == cleaned.to_integral_value() else float(cleaned)


@register
class DateField(FormFieldBlock):
    """A day."""

    key = "date"

    class Meta:
        label = _("Date")
        icon = "date"

    def form_field(self, value):
        return text.DateField(**self.common(value))

    def to_json(self, cleaned):
        return cleaned.isoformat() if isinstance(cleaned, datetime.date) else cleaned

    def display(self, stored):
        try:
            return date_format(datetime.date.fromisoformat(stored))
        except (TypeError, ValueError):
            return super().display(stored)


class _Choices(FormFieldBlock):
    """What the two kinds of choice share: one option a line."""

    choices = blocks.TextBlock(label=_("Options"), help_text=_("One option a line."), rows=4)

    class Meta:
        icon = "list-ul"
        form_layout = layout("label", "choices", "help_text", "required")

    def clean(self, value):
        cleaned = super().clean(value)
        options = self.options(cleaned)
        message = None
        if len(options) > MAX_CHOICES:
            message = gettext("At most %(number)s options.") % {"number": MAX_CHOICES}
        elif any(len(option) > 100 for option in options):
            message = gettext("An option is at most 100 characters long.")
        if message:
            raise StructBlockValidationError(block_errors={"choices": ValidationError(message)})
        return cleaned

    @staticmethod
    def options(value) -> list[str]:
        lines = (line.strip() for line in (value.get("choices") or "").splitlines())
        return list(dict.fromkeys(line for line in lines if line))


@register
class ChoiceField(_Choices):
    """One of several options."""

    key = "choice"

    appearance = blocks.ChoiceBlock(
        label=_("Appearance"),
        choices=[("select", _("Drop-down list")), ("radio", _("All options visible"))],
        default="select",
    )

    class Meta:
        label = _("Choice")
        icon = "radio-empty"
        form_layout = layout("label", "choices", "help_text", "required", settings=["appearance"])

    def form_field(self, value):
        options = [(option, option) for option in self.options(value)]
        if value.get("appearance") == "radio":
            return forms.ChoiceField(choices=options, widget=forms.RadioSelect, **self.common(value))
        return forms.ChoiceField(choices=[("", gettext("Choose…")), *options], **self.common(value))


@register
class MultipleChoiceField(_Choices):
    """Any of several options."""

    key = "multiple_choice"

    class Meta:
        label = _("Multiple choice")
        icon = "tasks"

    def form_field(self, value):
        return forms.MultipleChoiceField(
            choices=[(option, option) for option in self.options(value)],
            widget=forms.CheckboxSelectMultiple,
            **self.common(value),
        )

    def display(self, stored):
        return ", ".join(map(str, stored)) if isinstance(stored, list) else super().display(stored)


@register
class BooleanField(FormFieldBlock):
    """A box to tick."""

    key = "boolean"

    class Meta:
        label = _("Tick box")
        icon = "check"

    def form_field(self, value):
        return forms.BooleanField(**self.common(value))

    def display(self, stored):
        return gettext("Yes") if stored else gettext("No")


@register
class ConsentField(FormFieldBlock):
    """A box whose tick is a consent: the exact text goes into the ledger. An empty box changes nothing."""

    key = "consent"

    subject = StoredChoiceBlock(label=_("Consent to"), choices=lead_mapping.consent_choices)

    class Meta:
        label = _("Consent")
        icon = "key"
        form_layout = layout("label", "subject", "help_text", "required")

    def form_field(self, value):
        return forms.BooleanField(**self.common(value))

    def display(self, stored):
        return gettext("Yes") if stored else gettext("No")
