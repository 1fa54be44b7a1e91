"""The one decision of the tree: a rule, and how long to wait for it to come true."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation import flow
from wagtail_automation.campaigns import reasons
from wagtail_automation.campaigns.outcomes import Outcome
from wagtail_automation.rules.blocks import RuleBlock
from wagtail_automation.rules.compiler import Unanswerable

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


class Asking(flow.FlowStep):
    """Divides people by a rule, waiting for those of whom it is not true yet.

    ``answers``: the branch of those of whom it is true, and of those of whom it is not when the time is over.
    """

    answers = ("yes", "no")
    #: what the step log notes for the two
    outcomes: tuple = (Outcome.YES, Outcome.NO)

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

    def late_branches(self, value) -> set[str]:
        return {self.answers[1]} if value["patience"] else set()

    def sentence(self, value) -> str:
        rule, patience = value["rule"], value["patience"] or 0
        if not patience or rule.is_empty or rule.malformed():
            return rule.sentence()
        return _("%(question)s, within %(duration)s") % {
            "question": rule.sentence(),
            "duration": duration_words(patience, value["unit"] or "days"),
        }

    def visit(self, visit):
        step, now = visit.step, visit.now
        try:
            true = visit.book.true_of(step.rule, visit.ids)
        except Unanswerable as reason:
            # compile_rule() would answer "nobody": here that would send everybody to No
            visit.hold(visit.ids, reasons.unanswerable(str(reason)))
            return
        yes = [pk for pk in visit.ids if pk in true]
        fresh = [pk for pk in visit.fresh if pk not in true]
        waiting = [pk for pk in visit.waiting if pk not in true]
        over = [pk for pk in visit.over if pk not in true]
        if not step.patience:
            fresh, waiting, over = [], [], fresh + waiting + over
        deadline = now + step.patience
        visit.rest(dict.fromkeys(fresh, deadline), ask_again=step.changes_by_time)
        visit.stay(waiting, ask_again=step.changes_by_time)
        visit.go(yes, branch=self.answers[0], outcome=self.outcomes[0])
        reason = "waited" if step.patience else ""
        visit.go(over, branch=self.answers[1], outcome=self.outcomes[1], reason=reason)


@flow.register
class Decision(Asking):
    """Yes as soon as the rule is true of the person; no when the patience has run out."""

    key = "decision"
    keywords = (
        gettext_lazy("condition"),
        gettext_lazy("rule"),
        gettext_lazy("if"),
        gettext_lazy("branch"),
    )
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


@flow.register
class WaitFor(Asking):
    """Waits until the rule is true of the person, at most so long."""

    key = "wait_for"
    keywords = (
        gettext_lazy("until"),
        gettext_lazy("condition"),
        gettext_lazy("pause"),
    )
    answers = ("true", "timed_out")
    branches = (
        ("true", gettext_lazy("It happened"), "yes"),
        ("timed_out", gettext_lazy("Time is over"), "no"),
    )

    rule = RuleBlock(label=gettext_lazy("Wait until"))
    patience = blocks.IntegerBlock(label=gettext_lazy("At most"), default=7, min_value=1, max_value=999)
    unit = blocks.ChoiceBlock(choices=UNITS, default="days", label=gettext_lazy("Unit"))

    class Meta:
        label = gettext_lazy("Wait until something is true")
        description = gettext_lazy(
            "People rest here until a rule is true of them, and go another way when the time is over."
        )
        icon = "time"
        group = gettext_lazy("Decisions")
        tone = "pink"
        form_classname = "struct-block wa-decision-form"
