"""Field types of forms – what the editor sets, the Django field it makes, the JSON it stores – and the fields
of one form."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.stream_block import StreamBlockValidationError
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation.blocks import RegisteredBlock
from wagtail_automation.content import form_conditions, lead_mapping
from wagtail_automation.content.form_conditions import OnlyIfBlock
from wagtail_automation.leads.blocks import FieldSelect
from wagtail_automation.registry import Registry
from wagtail_automation.streams import UNKNOWN, RegistryStreamBlock, RegistryStreamField

KEY = RegexValidator(
    r"\A[a-z](?!.*__)[a-z0-9_]{0,48}[a-z0-9]?\Z",
    _("Use lower-case letters, digits and single underscores, beginning with a letter."),
)
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

    @classmethod
    def class_problems(cls):
        asks = cls.is_question and cls.is_visible
        silent = asks and cls.form_field is FormFieldBlock.form_field
        return ["does not define form_field()"] * silent + [
            f"has a question `{name}` of its own, which every form field has already"
            for name, block in FormFieldBlock.base_blocks.items()
            if not isinstance(cls.base_blocks.get(name, block), type(block))
        ]

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


form_fields = Registry("form fields", FormFieldBlock, is_public=True)
register = form_fields.register


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


from . import plain_fields  # noqa: E402, F401  (registered before all others)
