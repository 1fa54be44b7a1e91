"""What starts a campaign when a value of the lead changes."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import CharBlock
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation.triggers import Trigger, register

from .blocks import LeadFieldChoiceBlock, chosen_field
from .fields import LeadField
from .folding import fold_value


@register
class LeadUpdated(Trigger):
    """A chosen field changes: in any way, or from or to a value. What a new lead says first is no change."""

    key = "lead_updated"
    event = "lead_updated"  # published by tracking, which stands above
    keywords = (_("field"), _("profile"), _("changes"))

    can_circle = True
    field = LeadFieldChoiceBlock(settable_only=True, label=_("Field"))
    former = CharBlock(
        required=False, max_length=255, label=_("From"), help_text=_("Leave it empty for any former value.")
    )
    new = CharBlock(
        required=False, max_length=255, label=_("To"), help_text=_("Leave it empty for any new value.")
    )

    class Meta:
        label = _("Profile changed")
        icon = "edit"
        group = _("Profile")
        description = _(
            "Starts when a field of a lead changes: by a person, a form, an import or a campaign."
        )

    def matches(self, value, event):
        field = chosen_field(value)
        pair = event.data.get("changes", {}).get(str(value.get("field") or ""))
        if field is None or not isinstance(pair, list) or len(pair) != 2:
            return False
        return _is(field, value.get("former"), pair[0]) and _is(field, value.get("new"), pair[1])

    def clean(self, value):
        result = super().clean(value)
        field, errors = chosen_field(result), {}
        for name in ("former", "new"):
            try:
                if field is not None and result.get(name):
                    field.clean(result[name])
            except ValidationError as error:
                errors[name] = error
        if errors:
            raise StructBlockValidationError(errors)
        return result

    def sentence(self, value):
        if not value.get("field"):
            return str(self.label)
        words = {
            "field": value["field"].label,
            "former": value.get("former"),
            "new": value.get("new"),
        }
        if words["former"] and words["new"]:
            return gettext("%(field)s changes from “%(former)s” to “%(new)s”") % words
        if words["new"]:
            return gettext("%(field)s becomes “%(new)s”") % words
        if words["former"]:
            return gettext("%(field)s is no longer “%(former)s”") % words
        return gettext("%(field)s changes") % words


def _is(field: LeadField, wanted: str | None, stored) -> bool:
    """Whether a stored value is the wanted one, without case and accents; any value if none is wanted. Of a
    multiple choice one of the choices is enough."""
    if not wanted:
        return True
    try:
        cleaned = field.clean(wanted)
    except ValidationError:  # a choice that was taken away since
        return False
    if isinstance(cleaned, list):
        return isinstance(stored, list) and set(cleaned) <= set(stored)
    if field.is_text:
        return fold_value(cleaned) == fold_value(stored)
    return cleaned == stored
