"""The one decision of the tree: a rule, and how long to wait for it to come true."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation import flow
from wagtail_automation.rules.blocks import RuleBlock

UNITS = (
    ("minutes", gettext_lazy("minutes")),
    ("hours", gettext_lazy("hours")),
    ("days", gettext_lazy("days")),
)
#: what a decision about something that can still happen starts with
DEFAULT_PATIENCE = {"patience": 3, "unit": "days"}
NO_PATIENCE = {"patience": 0, "unit": "days"}


def duration_words(amount: int, unit: str) -> str:
    """“3 days”, in the active language."""
    words = {
        "minutes": ngettext("%(count)d minute", "%(count)d minutes", amount),
        "hours": ngettext("%(count)d hour", "%(count)d hours", amount),
        "days": ngettext("%(count)d day", "%(count)d days", amount),
    }
    return words[unit] % {"count": amount}


@flow.register
class Decision(flow.FlowStep):
    """Yes as soon as the rule is true of the person; no when the patience has run out."""

    key = "decision"
    branches = (("yes", gettext_lazy("Yes"), "yes"), ("no", gettext_lazy("No"), "no"))

    rule = RuleBlock(label=gettext_lazy("Question"))
    patience = blocks.IntegerBlock(
        label=gettext_lazy("Wait at most"),
        help_text=gettext_lazy("With 0 it decides at once."),
        default=0,
        min_value=0,
        max_value=999,
    )
    unit = blocks.ChoiceBlock(choices=UNITS, default="days", label=gettext_lazy("Unit"))

    class Meta:
        label = gettext_lazy("Decision")
        description = gettext_lazy(
            "Asks a question about each person. They go on to Yes as soon as it is true, and to No when the "
            "time is over."
        )
        icon = "help"
        group = gettext_lazy("Decisions")
        tone = "pink"
        form_classname = "struct-block wa-decision-form"

    def clean(self, value):
        value = super().clean(value)
        if value["rule"].is_broken and not self.is_deferred_validation:
            raise StructBlockValidationError(
                block_errors={
                    "rule": ValidationError(
                        _("This question cannot be asked: a condition in it is not installed. Remove it.")
                    )
                }
            )
        if value["patience"] and value["rule"].is_negative:
            raise StructBlockValidationError(
                block_errors={
                    "patience": ValidationError(
                        _(
                            "Nobody can be waited for here: the question is about something that did not "
                            "happen, and that is true at once. Choose 0, or ask the opposite question and "
                            "use the No branch."
                        )
                    )
                }
            )
        return value

    def sentence(self, value) -> str:
        rule, patience = value["rule"], value["patience"] or 0
        if not patience:
            return rule.sentence()
        return _("%(question)s, within %(duration)s") % {
            "question": rule.sentence(),
            "duration": duration_words(patience, value["unit"] or "days"),
        }
