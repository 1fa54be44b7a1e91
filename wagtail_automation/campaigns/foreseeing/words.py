"""A dry run in words: steps, outcomes, reasons, ways of single people."""

import datetime as dt
from types import SimpleNamespace

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_automation.campaigns import reasons
from wagtail_automation.campaigns.outcomes import Outcome
from wagtail_automation.campaigns.plan import kind_of
from wagtail_automation.campaigns.trace import reason_of
from wagtail_automation.campaigns.versions import Plan
from wagtail_automation.objects import load_labels
from wagtail_automation.rules.binding import MissingReference, bind_many, refs_in

from .ways import Note, Way

#: Why somebody at the door does not enter: code → words.
TURNED_AWAY = {
    "again": gettext_lazy("Was in the campaign already."),
    "recently": gettext_lazy("Entered too recently to enter again."),
    "not_begun": gettext_lazy("The campaign has not begun then."),
    "over": gettext_lazy("The campaign is over then."),
}


class Namer:
    """Names and sentences of the steps of a plan; a constant number of queries."""

    def __init__(self, plan: Plan):
        self.plan = plan
        blocks = {step.pk: cls() for step in plan.steps if (cls := kind_of(step.type)[1])}
        values = dict(zip(blocks, bind_many((blocks[pk], plan[pk].config) for pk in blocks), strict=True))
        found = {pk: value for pk, value in values.items() if not isinstance(value, MissingReference)}
        load_labels([ref for value in found.values() for ref in refs_in(value)])
        self.names, self.sentences, self.branches = {}, {}, {}
        for step in plan.steps:
            block, value = blocks.get(step.pk), found.get(step.pk)
            self.names[step.pk] = step.name or (str(block.label) if block else step.type)
            self.sentences[step.pk] = str(block.sentence(value)) if value is not None else ""
            if value is not None and hasattr(block, "get_branches"):
                self.branches[step.pk] = {b["key"]: str(b["label"]) for b in block.get_branches(value)}

    def title(self, step: int) -> str:
        """The name an editor gave, else what the step does."""
        named = self.plan[step].name
        return named or self.sentences[step] or self.names[step]

    def branch(self, step: int, key: str) -> str:
        return self.branches.get(step, {}).get(key, key)

    def reason(self, note: Note) -> str:
        """Why it came so, as the trace says it of people who really went this way."""
        row = SimpleNamespace(outcome=note.outcome, reason=note.reason, detail=note.detail, at=note.at)
        said = reason_of(row, self.sentences.get(note.step, ""), {}, {})
        if note.supposed and note.outcome == Outcome.YES:
            return _("Supposed: it becomes true.")
        if note.supposed:
            return _("Supposed: it does not become true.")
        return said


def moment(at: dt.datetime) -> str:
    return date_format(localtime(at), "SHORT_DATETIME_FORMAT")


def kept_reason(outcome: Outcome, reason: str) -> str:
    """Why people were kept, skipped or let out at a step, for a table."""
    if outcome == Outcome.LEFT:
        return reasons.left_words(reason)
    if outcome == Outcome.HELD:
        return _("Held: the step cannot be done.")
    return reasons.passed_words(reason) or reason


def standing(way: Way, end: dt.datetime) -> str:
    """Where a way ends, in a sentence."""
    if way.step is None:
        return reasons.left_words(way.left)
    if way.held:
        return reasons.words(way.held)
    return _("Still inside on %(day)s.") % {"day": date_format(localtime(end), "SHORT_DATE_FORMAT")}


def supposed(way: Way, namer: Namer) -> str:
    """What tells this way from the others: the answers that were supposed."""
    answers = [
        _("%(question)s: %(answer)s (%(time)s)")
        % {
            "question": namer.title(note.step),
            "answer": namer.branch(note.step, note.branch),
            "time": moment(note.at),
        }
        for note in way.notes()
        if note.supposed
    ]
    return "; ".join(answers)
