"""What a campaign, a form or a bulk action does to a lead's fields."""

import logging

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import CharBlock
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation import liquid
from wagtail_automation.activities import Activity, register

from . import actions
from .blocks import LeadFieldChoiceBlock, chosen_field
from .models import Lead

logger = logging.getLogger("wagtail_automation")


@register
class FieldSet(Activity):
    """A value, the same for all, is written in one statement; a Liquid expression is rendered for each lead
    and also written in one. A lead for whom the expression gives no valid value keeps what it has."""

    key = "field_set"
    changes = ("field:",)
    immediate = True
    keywords = (_("update"), _("change"), _("profile"))

    field = LeadFieldChoiceBlock(settable_only=True, label=_("Field"))
    value = CharBlock(
        required=False,
        max_length=1000,
        label=_("Value"),
        help_text=_(
            "A value, or an expression such as {{ lead.first_name | capitalize }}. Leave it empty to empty "
            "the field."
        ),
    )

    class Meta:
        label = _("Set a field")
        icon = "edit"
        group = _("Profile")
        tone = "green"
        description = _("Writes a value into a field of the lead.")

    def apply(self, value, cohort):
        field = chosen_field(value)
        if field is None or not field.is_settable:
            raise ValueError(gettext("The field “%(key)s” does not exist.") % {"key": value.get("field")})
        text = value.get("value") or ""
        if liquid.has_expressions(text):
            self._apply_each(field, liquid.parse(text), cohort)
            return
        people = Lead.objects.filter(pk__in=cohort.lead_ids())
        ids = list(people.order_by("pk").values_list("pk", flat=True))
        actions.set_field_for(
            ids=ids, field=field, value=field.clean(text), source=cohort.origin, now=cohort.now
        )

    def _apply_each(self, field, template, cohort):
        leads = list(Lead.objects.filter(pk__in=cohort.lead_ids()).order_by("pk"))
        data = liquid.contexts(leads, template.variables)
        values, refused = {}, []
        for lead in leads:
            try:
                cleaned = field.clean(template.render(data[lead.pk], now=cohort.now))
            except (liquid.TemplateError, ValidationError) as error:
                refused.append((lead.pk, error))
                continue
            if cleaned != field.stored(lead):
                values[lead.pk] = cleaned
        if refused:
            logger.warning(
                "field_set (%s): %d of %d leads keep their value of %s; the first is %s: %s",
                cohort.origin, len(refused), len(leads), field.key, *refused[0],
            )  # fmt: skip
        actions.set_field_each(values=values, field=field, source=cohort.origin, now=cohort.now)

    def clean(self, value):
        result = super().clean(value)
        field = chosen_field(result)
        if field is None:
            return result
        text = result["value"] or ""
        try:
            if liquid.has_expressions(text):
                check_expression(text)
            else:
                field.clean(text)
        except (liquid.TemplateError, ValidationError) as error:
            message = error if isinstance(error, ValidationError) else ValidationError(str(error))
            raise StructBlockValidationError({"value": message}) from error
        return result

    def sentence(self, value):
        if not value.get("field"):
            return str(self.label)
        if not value.get("value"):
            return gettext("Empty %(field)s") % {"field": value["field"].label}
        return gettext("Set %(field)s to “%(value)s”") % {
            "field": value["field"].label,
            "value": value["value"],
        }


def check_expression(text: str) -> None:
    """Raise ValidationError for an expression that would fail for everybody: syntax or unknown names."""
    from .automation import liquid_names

    variables = liquid.parse(text).variables
    unknown = sorted(name for name in variables if name.startswith("lead.") and name not in liquid_names())
    if unknown:
        raise ValidationError(gettext("Unknown name: %(name)s") % {"name": unknown[0]})


from . import field_activities  # noqa: E402, F401  (they register themselves)
