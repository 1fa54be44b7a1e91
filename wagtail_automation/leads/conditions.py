"""Questions about a lead's own and custom fields."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import CharBlock
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation.rules.conditions import Condition, Fields, register

from .blocks import LeadFieldChoiceBlock, chosen_field
from .folding import fold


class FieldCondition(Condition):
    """Asks about one field, chosen among own and custom ones; a field that was deleted matches nobody."""

    waitable = True

    def get_depends_on(self, value):
        return Fields(str(value["field"])) if value.get("field") else Fields()

    def q(self, value, scope):
        field = chosen_field(value)
        if field is None:
            return scope.nobody()
        q = self.ask(field, value, scope.prefix)
        return scope.nobody() if q is None else q

    def ask(self, field, value, prefix: str):
        """The filter, or None when nothing can match."""
        raise NotImplementedError


@register
class FieldContains(FieldCondition):
    """Text contains other text, whatever case and accents."""

    key = "field_contains"
    keywords = (_("text"), _("name"), _("company"))

    field = LeadFieldChoiceBlock(text_only=True, label=_("Field"))
    value = CharBlock(max_length=255, label=_("Contains"))

    class Meta:
        label = _("Field contains")
        icon = "search"
        group = _("Profile")
        tone = "blue"
        description = _("A text field contains these words. Capitals and accents make no difference.")

    def ask(self, field, value, prefix):
        return field.q_contains(value.get("value"), prefix)

    def clean(self, value):
        result = super().clean(value)
        if not fold(result["value"]).strip():
            raise StructBlockValidationError({"value": ValidationError(gettext("This field is required."))})
        return result

    def sentence(self, value):
        if not value.get("field") or not value.get("value"):
            return str(self.label)
        return gettext("%(field)s contains “%(value)s”") % {
            "field": value["field"].label,
            "value": value["value"],
        }


@register
class FieldEquals(FieldCondition):
    """A value is exactly this one, compared by the field's type."""

    key = "field_equals"
    keywords = (_("is"), _("country"), _("language"))

    field = LeadFieldChoiceBlock(label=_("Field"))
    value = CharBlock(
        max_length=255,
        label=_("Value"),
        help_text=_("Text, a number, yes or no, or a date such as 2026-12-31, as the field asks for."),
    )

    class Meta:
        label = _("Field equals")
        icon = "check"
        group = _("Profile")
        tone = "blue"
        description = _("A field has this value. Capitals and accents make no difference.")

    def ask(self, field, value, prefix):
        return field.q_equals(value.get("value"), prefix)

    def clean(self, value):
        result = super().clean(value)
        field = chosen_field(result)
        if field is None:
            return result
        error = None
        if not field.is_text and field.type != "datetime":
            try:
                field.clean(result["value"])
            except ValidationError as invalid:
                error = invalid
        if error is None and field.q_equals(result["value"]) is None:
            error = ValidationError(gettext("No lead can have this value."))
        if error is not None:
            raise StructBlockValidationError({"value": error})
        return result

    def sentence(self, value):
        if not value.get("field") or not value.get("value"):
            return str(self.label)
        field = chosen_field(value)
        return gettext("%(field)s is “%(value)s”") % {
            "field": value["field"].label,
            "value": field.words(value["value"]) if field else value["value"],
        }


# the others need FieldCondition
from . import date_conditions, identity_conditions, profile_conditions  # noqa: E402, F401
