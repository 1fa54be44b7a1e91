"""The field types of forms: what the editor sets, the Django field it makes, the JSON it stores."""

import datetime
import re
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.stream_block import StreamBlockValidationError
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation.blocks import RegisteredBlock
from wagtail_automation.content import form_conditions, lead_mapping, text
from wagtail_automation.content.form_conditions import OnlyIfBlock
from wagtail_automation.leads.blocks import FieldSelect
from wagtail_automation.registry import Registry
from wagtail_automation.streams import UNKNOWN, RegistryStreamBlock, RegistryStreamField

KEY = RegexValidator(
    r"\A[a-z](?!.*__)[a-z0-9_]{0,48}[a-z0-9]?\Z",
    _("Use lower-case letters, digits and single underscores, beginning with a letter."),
)
MAX_CHOICES = 200
#: what every field may have, folded away
SETTINGS = ["only_if", "only_unknown", "error_message", "field_key", "lead_field", "html_name"]


def layout(*children, settings=()) -> blocks.BlockGroup:
    """How a field type stands in the editor: its questions, and the settings of all fields folded away."""
    return blocks.BlockGroup(children=list(children), settings=[*settings, *SETTINGS])


class StoredChoiceBlock(blocks.ChoiceBlock):
    """A choice from the database whose stored value is taken as it is: a page with a form asks nothing."""

    def normalize(self, value):
        return value

    def to_python(self, value):
        return value


class FormFieldBlock(RegisteredBlock):
    """Base of a field type. A site registers its own with ``form_fields.register``."""

    #: sent as the browser's hint for filling in, when the field fills a lead field of that kind
    autocomplete = ""
    #: asked of the visitor; hidden values are not
    is_visible = True
    #: has an answer; a step's heading has none
    is_question = True
    #: what is chosen is a file, which the answer only names
    is_file = False

    label = blocks.CharBlock(label=_("Label"), max_length=255)
    help_text = blocks.CharBlock(label=_("Help text"), max_length=255, required=False)
    required = blocks.BooleanBlock(label=_("Required"), required=False)
    field_key = blocks.CharBlock(
        label=_("Key"),
        max_length=50,
        required=False,
        validators=[KEY],
        help_text=_("The name of the answer in exports, rules and emails. Made from the label when empty."),
    )
    lead_field = StoredChoiceBlock(
        label=_("Fills the lead's field"),
        choices=lead_mapping.choices,
        widget=FieldSelect(),
        required=False,
        help_text=_("Leave it empty to keep the answer with the form only."),
    )
    only_if = OnlyIfBlock()
    only_unknown = blocks.BooleanBlock(
        label=_("Ask only for what is not known"),
        required=False,
        help_text=_("Visitors whose lead has a value in this field are not asked again."),
    )
    error_message = blocks.CharBlock(
        label=_("Own error message"),
        max_length=255,
        required=False,
        help_text=_("Shown instead of the usual one when the answer is missing or wrong."),
    )
    html_name = blocks.CharBlock(
        label=_("Name in an existing form"),
        max_length=100,
        required=False,
        help_text=_("Only for forms that stand elsewhere and are linked to this one. Its key when empty."),
    )

    class Meta:
        icon = "edit"
        group = _("Fields")
        label_format = "{label}"
        form_layout = layout("label", "help_text", "required")

    def form_field(self, value) -> forms.Field:
        """The Django field that asks and validates."""
        raise NotImplementedError

    def common(self, value) -> dict:
        """Arguments that every Django field takes."""
        return {
            "label": value["label"],
            "help_text": value.get("help_text") or "",
            "required": bool(value.get("required")),
        }

    def max_length(self, value, default: int) -> int:
        """The shorter of the type's own limit and that of the lead field it fills."""
        return min(default, lead_mapping.max_length(value.get("lead_field")) or default)

    def to_json(self, cleaned):
        """What ``FormSubmission.data`` keeps of the cleaned answer."""
        return cleaned

    def display(self, stored) -> str:
        """A stored answer as plain text, in the reader's language."""
        return "" if stored is None else str(stored)


form_fields = Registry("form fields", FormFieldBlock)
register = form_fields.register


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


def key_from_label(label: str) -> str:
    """``First name`` → ``first_name``; a name that begins with a digit or nothing gets a letter."""
    key = re.sub(r"[^a-z0-9]+", "_", slugify(label)).strip("_")[:40]
    return key if key and key[0].isalpha() else f"field_{key}".rstrip("_")


class FormFieldsBlock(RegistryStreamBlock):
    """The fields of one form, in order, each with a key of its own."""

    registry = form_fields

    def clean(self, value):
        cleaned = super().clean(value)
        taken, errors = set(), {}
        named = [child for child in cleaned if child.block_type != UNKNOWN]
        for index, child in enumerate(cleaned):
            if child.block_type == UNKNOWN:
                continue
            key = child.value.get("field_key")
            if key and key in taken:
                errors[index] = StructBlockValidationError(
                    block_errors={"field_key": ValidationError(gettext("Another field has this key."))}
                )
            taken.add(key)
        if errors:
            raise StreamBlockValidationError(block_errors=errors)
        for child in named:
            if not child.value.get("field_key"):
                child.value["field_key"] = self._free_key(child.value["label"], taken)
        self._check_conditions(cleaned, named)
        return cleaned

    @staticmethod
    def _check_conditions(cleaned, named):
        positions = [index for index, child in enumerate(cleaned) if child.block_type != UNKNOWN]
        errors = {
            positions[index]: StructBlockValidationError(
                block_errors={"only_if": StructBlockValidationError(block_errors={"field": error})}
            )
            for index, error in form_conditions.resolve(named).items()
        }
        if errors:
            raise StreamBlockValidationError(block_errors=errors)

    @staticmethod
    def _free_key(label, taken):
        base = key = key_from_label(label)
        number = 2
        while key in taken:
            key, number = f"{base}_{number}", number + 1
        taken.add(key)
        return key


class FormFieldsField(RegistryStreamField):
    """The fields of a form as a StreamField."""

    block_class = FormFieldsBlock


def typed_fields(form) -> list[tuple[str, FormFieldBlock, dict]]:
    """``(key, block, value)`` of each question of a stored form whose type is installed, in order."""
    return [
        (child.value.get("field_key") or f"field_{position}", child.block, child.value)
        for position, child in enumerate(form.fields)
        if child.block_type != UNKNOWN and child.block.is_question
    ]


def is_progressive(value) -> bool:
    """Whether a field with these settings is asked only while its value is unknown."""
    return bool(value.get("only_unknown") and value.get("lead_field"))
