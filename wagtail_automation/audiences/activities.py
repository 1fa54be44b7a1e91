"""What a campaign step, a form or a bulk action does with lists and scores."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import ChoiceBlock, FloatBlock
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation.activities import Activity, activities

from . import actions
from .blocks import StoredListChooserBlock

GROUP = _("Lead")


@activities.register
class ListAdd(Activity):
    """Put on a list; those on it already stay, without a second event."""

    key = "list_add"
    keywords = (_("subscribe"),)
    immediate = True
    list = StoredListChooserBlock(label=_("List"))

    class Meta:
        label = _("Add to a list")
        icon = "list-ul"
        group = GROUP
        tone = "violet"
        description = _("Puts the lead on a list.")

    def apply(self, value, cohort):
        actions.add_to_list(lead_list=value["list"], cohort=cohort)

    def sentence(self, value):
        if not value.get("list"):
            return str(self.label)
        return gettext("Add to the list “%(list)s”") % {"list": value["list"]}


@activities.register
class ListRemove(Activity):
    """Take off a list."""

    key = "list_remove"
    keywords = (_("unsubscribe"),)
    immediate = True
    list = StoredListChooserBlock(label=_("List"))

    class Meta:
        label = _("Remove from a list")
        icon = "list-ul"
        group = GROUP
        tone = "violet"
        description = _("Takes the lead off a list.")

    def apply(self, value, cohort):
        actions.remove_from_list(lead_list=value["list"], cohort=cohort)

    def sentence(self, value):
        if not value.get("list"):
            return str(self.label)
        return gettext("Remove from the list “%(list)s”") % {"list": value["list"]}


@activities.register
class ScoreChange(Activity):
    """Points up, down, multiplied or set."""

    key = "score_change"
    keywords = (_("points"), _("scoring"))
    immediate = True
    operation = ChoiceBlock(
        label=_("Change"),
        choices=[
            ("add", _("Add points (+)")),
            ("subtract", _("Take away points (−)")),
            ("multiply", _("Multiply by (×)")),
            ("set", _("Set to (=)")),
        ],
        default="add",
    )
    value = FloatBlock(
        label=_("Points or factor"),
        min_value=-1_000_000,
        max_value=1_000_000,
        default=10,
        help_text=_("Whole points; a factor may have decimals, such as 0.5."),
    )

    class Meta:
        label = _("Change the score")
        icon = "order"
        group = GROUP
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
        actions.change_score(cohort=cohort, operation=value["operation"], value=value["value"])

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
        return sentence % {"points": f"{number:g}"} if sentence else str(self.label)
