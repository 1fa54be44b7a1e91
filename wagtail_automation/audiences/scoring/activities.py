"""Points by a campaign, a form or a bulk action."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation.activities import Activity, activities

from . import actions
from .blocks import ScoreGroupBlock, operation_block, points_block


@activities.register
class ScoreChange(Activity):
    """Points up, down, multiplied or set; on the total or in a group."""

    key = "score_change"
    changes = ("field:score", "score", "stage")
    keywords = (_("points"), _("scoring"))
    immediate = True
    operation = operation_block()
    value = points_block()
    group = ScoreGroupBlock(required=False)

    class Meta:
        label = _("Change the score")
        icon = "order"
        group = _("Lead")
        tone = "violet"
        description = _("Adds or takes away points, multiplies the score or sets it.")

    def clean(self, value):
        cleaned = super().clean(value)
        number, operation = cleaned.get("value"), cleaned.get("operation")
        if number is not None and operation != "multiply" and number != int(number):
            message = gettext("Points are whole numbers.")
            raise StructBlockValidationError(block_errors={"value": ValidationError(message)})
        return cleaned

    def apply(self, value, cohort):
        actions.change_score(
            cohort=cohort, operation=value["operation"], value=value["value"], group=value.get("group")
        )

    def sentence(self, value):
        number = value.get("value")
        if number is None:
            return str(self.label)
        sentences = {
            "add": gettext("Score + %(points)s"),
            "subtract": gettext("Score − %(points)s"),
            "multiply": gettext("Score × %(points)s"),
            "set": gettext("Score = %(points)s"),
        }
        sentence = sentences.get(value.get("operation"))
        if not sentence:
            return str(self.label)
        text = sentence % {"points": f"{number:g}"}
        if value.get("group"):
            return gettext("%(change)s (%(group)s)") % {"change": text, "group": value["group"]}
        return text
